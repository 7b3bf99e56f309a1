package clock

import (
	"fmt"
	"strconv"
	"strings"
	"time"

	"github.com/mitoscript/mitoscript/mitogen/value"
)

// shorthands are directives that stand for several.
func shorthand(c byte) string {
	switch c {
	case 'c':
		return "%a %b %e %H:%M:%S %Y"
	case 'D', 'x':
		return "%m/%d/%y"
	case 'F':
		return "%Y-%m-%d"
	case 'R':
		return "%H:%M"
	case 'T', 'X':
		return "%H:%M:%S"
	case 'r':
		return "%I:%M:%S %p"
	}
	return ""
}

// Format writes t by a strftime layout; %-d and the like leave out the padding. An
// unknown directive is a ValueError.
func Format(t time.Time, layout string) (string, error) {
	var b strings.Builder
	for i := 0; i < len(layout); i++ {
		if layout[i] != '%' {
			b.WriteByte(layout[i])
			continue
		}
		if i++; i == len(layout) {
			return "", value.Errorf(value.KindValue, "the layout %q ends in %%", layout)
		}
		bare := layout[i] == '-' && i+1 < len(layout)
		if bare || strings.HasPrefix(layout[i:], ":z") {
			i++
		}
		if long := shorthand(layout[i]); long != "" {
			s, err := Format(t, long)
			if err != nil {
				return "", err
			}
			b.WriteString(s)
			continue
		}
		s, ok := directive(t, layout[i])
		if !ok {
			return "", value.Errorf(value.KindValue, "unknown directive %%%c in the layout %q", layout[i], layout)
		}
		switch {
		case bare:
			s = strings.TrimLeft(s[:len(s)-1], "0 ") + s[len(s)-1:]
		case layout[i-1] == ':':
			s = s[:3] + ":" + s[3:]
		}
		b.WriteString(s)
	}
	return b.String(), nil
}

func directive(t time.Time, c byte) (string, bool) {
	switch c {
	case 'Y':
		return fmt.Sprintf("%04d", t.Year()), true
	case 'y':
		return pad(t.Year()%100, 2), true
	case 'C':
		return pad(t.Year()/100, 2), true
	case 'm':
		return pad(int(t.Month()), 2), true
	case 'd':
		return pad(t.Day(), 2), true
	case 'e':
		return fmt.Sprintf("%2d", t.Day()), true
	case 'j':
		return pad(t.YearDay(), 3), true
	case 'H':
		return pad(t.Hour(), 2), true
	case 'k':
		return fmt.Sprintf("%2d", t.Hour()), true
	case 'I':
		return pad((t.Hour()+11)%12+1, 2), true
	case 'l':
		return fmt.Sprintf("%2d", (t.Hour()+11)%12+1), true
	case 'M':
		return pad(t.Minute(), 2), true
	case 'S':
		return pad(t.Second(), 2), true
	case 'f':
		return pad(t.Nanosecond()/1000, 6), true
	case 's':
		return strconv.FormatInt(t.Unix(), 10), true
	case 'n':
		return "\n", true
	case 't':
		return "\t", true
	case '%':
		return "%", true
	}
	return named(t, c)
}

// named formats what is told by names, zones and weeks.
func named(t time.Time, c byte) (string, bool) {
	switch c {
	case 'a', 'A', 'b', 'h', 'B', 'p', 'P', 'z', 'Z':
		return t.Format(map[byte]string{'a': "Mon", 'A': "Monday", 'b': "Jan", 'h': "Jan", 'B': "January",
			'p': "PM", 'P': "pm", 'z': "-0700", 'Z': "MST"}[c]), true
	case 'u':
		return strconv.Itoa((int(t.Weekday())+6)%7 + 1), true
	case 'w':
		return strconv.Itoa(int(t.Weekday())), true
	case 'U':
		return pad((t.YearDay()+6-int(t.Weekday()))/7, 2), true
	case 'W':
		return pad((t.YearDay()+6-(int(t.Weekday())+6)%7)/7, 2), true
	case 'G', 'g', 'V':
		year, week := t.ISOWeek()
		switch c {
		case 'G':
			return strconv.Itoa(year), true
		case 'g':
			return pad(year%100, 2), true
		}
		return pad(week, 2), true
	}
	return "", false
}

func pad(n, width int) string { return fmt.Sprintf("%0*d", width, n) }
