package fs

import (
	"io/fs"
	"strconv"
	"strings"
	"syscall"

	"github.com/mitoscript/mitoscript/interp"
	"github.com/mitoscript/mitoscript/mitogen/value"
)

// Mode computes a file's new permission bits from those that it has. A nil Mode
// keeps them.
type Mode func(old uint32, dir bool) uint32

func (m Mode) apply(info fs.FileInfo) uint32 {
	old := bits(info)
	if m == nil {
		return old
	}
	return m(old, info.IsDir())
}

// bits are a file's twelve permission bits.
func bits(info fs.FileInfo) uint32 {
	return uint32(info.Sys().(*syscall.Stat_t).Mode) & 0o7777
}

// ParseMode reads "0644" or "u+x,g=r". An unreadable one is a ValueError.
func ParseMode(s string) (Mode, error) {
	if n, err := strconv.ParseUint(strings.TrimPrefix(s, "0o"), 8, 32); err == nil && n <= 0o7777 {
		return fixedMode(uint32(n)), nil
	}
	var steps []Mode
	for clause := range strings.SplitSeq(s, ",") {
		step, ok := parseClause(clause)
		if !ok {
			return nil, value.Errorf(value.KindValue, "cannot read the mode %q (want 0o644, \"0644\" or \"u+x\")", s)
		}
		steps = append(steps, step...)
	}
	return func(old uint32, dir bool) uint32 {
		for _, step := range steps {
			old = step(old, dir)
		}
		return old
	}, nil
}

func fixedMode(n uint32) Mode { return func(uint32, bool) uint32 { return n } }

// parseClause reads "[ugoa]*" and then one or more of "[+-=][rwxXst]*".
func parseClause(s string) (steps []Mode, ok bool) {
	n := len(s) - len(strings.TrimLeft(s, "ugoa"))
	who := s[:n]
	if who == "" || strings.Contains(who, "a") {
		who = "ugo"
	}
	for s = s[n:]; s != ""; {
		op := s[0]
		if !strings.ContainsRune("+-=", rune(op)) {
			return nil, false
		}
		s = s[1:]
		perms := s[:len(s)-len(strings.TrimLeft(s, "rwxXst"))]
		s = s[len(perms):]
		steps = append(steps, clauseStep(who, op, perms))
	}
	return steps, len(steps) > 0
}

func clauseStep(who string, op byte, perms string) Mode {
	return func(old uint32, dir bool) uint32 {
		set, all := uint32(0), uint32(0)
		for _, w := range who {
			shift := map[rune]uint32{'u': 6, 'g': 3, 'o': 0}[w]
			special := map[rune]uint32{'u': 0o4000, 'g': 0o2000, 'o': 0}[w]
			all |= 0o7<<shift | special
			for _, p := range perms {
				set |= permBits(p, shift, special, old, dir)
			}
		}
		switch op {
		case '+':
			return old | set
		case '-':
			return old &^ set
		}
		return old&^all | set
	}
}

func permBits(p rune, shift, special, old uint32, dir bool) uint32 {
	switch p {
	case 'r':
		return 4 << shift
	case 'w':
		return 2 << shift
	case 'x':
		return 1 << shift
	case 'X':
		if dir || old&0o111 != 0 {
			return 1 << shift
		}
	case 's':
		return special
	case 't':
		return 0o1000
	}
	return 0
}

// ModeArg returns the mode in an argument: a number or text. None is a nil Mode.
func ModeArg(a *interp.Args, name string) (Mode, error) {
	switch v := a.Value(name).(type) {
	case nil:
		return nil, nil
	case string:
		return ParseMode(v)
	}
	n, err := a.Int(name)
	if err != nil {
		return nil, err
	}
	if n < 0 || n > 0o7777 {
		return nil, value.Errorf(value.KindValue, "%d is not a mode of a file (0 to 0o7777)", n)
	}
	return fixedMode(uint32(n)), nil
}
