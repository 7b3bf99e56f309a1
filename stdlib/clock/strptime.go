package clock

import (
	"strings"
	"time"

	"github.com/mitoscript/mitoscript/mitogen/value"
)

// parsed collects the fields of a time while it is read.
type parsed struct {
	year, month, day, yearDay int
	hour, min, sec, nano      int
	pm, hasPM                 bool
	unix                      int64
	hasUnix                   bool
	zone                      *time.Location
}

// Parse reads text by a strptime layout. A time without a zone is in UTC. What
// does not fit is a ValueError.
func Parse(text, layout string) (time.Time, error) {
	p := &parsed{year: 1900, month: 1, day: 1, zone: time.UTC}
	rest, ok := p.read(text, layout)
	t, valid := p.time()
	if !ok || strings.TrimSpace(rest) != "" || !valid {
		return time.Time{}, value.Errorf(value.KindValue, "the time %q does not fit the layout %q", text, layout)
	}
	return t, nil
}

// time is the moment read; ok is false for the like of 30 February.
func (p *parsed) time() (t time.Time, ok bool) {
	if p.hasUnix {
		return time.Unix(p.unix, 0).In(p.zone), true
	}
	if p.hasPM {
		if p.hour < 1 || p.hour > 12 {
			return t, false
		}
		if p.hour %= 12; p.pm {
			p.hour += 12
		}
	}
	if p.yearDay > 0 {
		t = time.Date(p.year, 1, p.yearDay, p.hour, p.min, p.sec, p.nano, p.zone)
		return t, t.Year() == p.year
	}
	t = time.Date(p.year, time.Month(p.month), p.day, p.hour, p.min, p.sec, p.nano, p.zone)
	return t, t.Day() == p.day && int(t.Month()) == p.month
}

// read reads what layout says and returns the rest of text.
func (p *parsed) read(text, layout string) (rest string, ok bool) {
	for i := 0; i < len(layout); i++ {
		c := layout[i]
		switch {
		case c == ' ' || c == '\t' || c == '\n':
			text = strings.TrimLeft(text, " \t\n")
			continue
		case c != '%':
			if text == "" || text[0] != c {
				return text, false
			}
			text = text[1:]
			continue
		}
		if i++; i == len(layout) {
			return text, false
		}
		if long := shorthand(layout[i]); long != "" {
			text, ok = p.read(text, long)
		} else {
			text, ok = p.directive(text, layout[i])
		}
		if !ok {
			return text, false
		}
	}
	return text, true
}

func (p *parsed) directive(s string, c byte) (rest string, ok bool) {
	switch c {
	case 'Y':
		return number(s, 4, 1, 9999, &p.year)
	case 'm':
		return number(s, 2, 1, 12, &p.month)
	case 'd', 'e':
		return number(strings.TrimLeft(s, " "), 2, 1, 31, &p.day)
	case 'j':
		return number(s, 3, 1, 366, &p.yearDay)
	case 'H', 'I':
		return number(s, 2, 0, 23, &p.hour)
	case 'M':
		return number(s, 2, 0, 59, &p.min)
	case 'S':
		return number(s, 2, 0, 60, &p.sec)
	case 'y':
		rest, ok = number(s, 2, 0, 99, &p.year)
		if p.year += 1900; p.year < 1969 {
			p.year += 100
		}
		return rest, ok
	case '%':
		return strings.CutPrefix(s, "%")
	case 'n', 't':
		return strings.TrimLeft(s, " \t\n"), true
	}
	return p.other(s, c)
}

func (p *parsed) other(s string, c byte) (rest string, ok bool) {
	var ignored int
	switch c {
	case 'f':
		return fraction(s, &p.nano)
	case 's':
		rest, ok = number(s, 12, 0, 1<<40, &p.unix)
		p.hasUnix = true
		return rest, ok
	case 'B', 'b', 'h':
		rest, ok = name(s, func(i int) string { return time.Month(i + 1).String() }, 12, &p.month)
		p.month++
		return rest, ok
	case 'A', 'a':
		return name(s, func(i int) string { return time.Weekday(i).String() }, 7, &ignored)
	case 'p':
		p.hasPM = true
		var i int
		rest, ok = name(s, func(i int) string { return []string{"AM", "PM"}[i] }, 2, &i)
		p.pm = i == 1
		return rest, ok
	case 'z':
		return p.offset(s)
	case 'Z':
		for _, z := range []string{"UTC", "GMT", "Z"} {
			if rest, ok := strings.CutPrefix(s, z); ok {
				return rest, true
			}
		}
	}
	return s, false
}

// number reads up to width digits.
func number[T int | int64](s string, width int, low, high T, to *T) (rest string, ok bool) {
	var n T
	i := 0
	for i < len(s) && i < width && s[i] >= '0' && s[i] <= '9' {
		n = n*10 + T(s[i]-'0')
		i++
	}
	*to = n
	return s[i:], i > 0 && n >= low && n <= high
}

// fraction reads digits after a point, as nanoseconds.
func fraction(s string, to *int) (rest string, ok bool) {
	n, i := 0, 0
	for scale := int(1e8); i < len(s) && s[i] >= '0' && s[i] <= '9'; i++ {
		n += int(s[i]-'0') * scale
		scale /= 10
	}
	*to = n
	return s[i:], i > 0
}

// name reads one of n names, whole or its first three letters, in any case.
func name(s string, of func(int) string, n int, to *int) (rest string, ok bool) {
	for i := range n {
		for _, want := range []string{of(i), of(i)[:min(3, len(of(i)))]} {
			if len(s) >= len(want) && strings.EqualFold(s[:len(want)], want) {
				*to = i
				return s[len(want):], true
			}
		}
	}
	return s, false
}

// offset reads Z, +01:00, +0100 or +01.
func (p *parsed) offset(s string) (rest string, ok bool) {
	if rest, ok := strings.CutPrefix(s, "Z"); ok {
		return rest, true
	}
	if s == "" || (s[0] != '+' && s[0] != '-') {
		return s, false
	}
	sign := 1
	if s[0] == '-' {
		sign = -1
	}
	var h, m int
	rest, ok = number(s[1:], 2, 0, 23, &h)
	if !ok {
		return s, false
	}
	after := strings.TrimPrefix(rest, ":")
	if r, ok := number(after, 2, 0, 59, &m); ok {
		rest = r
	} else {
		m = 0
	}
	p.zone = time.FixedZone("", sign*(h*3600+m*60))
	if h == 0 && m == 0 {
		p.zone = time.UTC
	}
	return rest, true
}
