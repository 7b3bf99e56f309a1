package yaml

import (
	"math"
	"math/big"
	"strconv"
	"strings"

	"github.com/mitoscript/mitoscript/mitogen/value"
)

// resolve reads a plain scalar by the core schema of YAML 1.2.
func resolve(s string) value.Value {
	switch s {
	case "", "~", "null", "Null", "NULL":
		return nil
	case "true", "True", "TRUE":
		return true
	case "false", "False", "FALSE":
		return false
	case ".nan", ".NaN", ".NAN":
		return math.NaN()
	}
	unsigned := strings.TrimLeft(s[:1], "+-") + s[1:]
	switch unsigned {
	case ".inf", ".Inf", ".INF":
		if s[0] == '-' {
			return math.Inf(-1)
		}
		return math.Inf(1)
	}
	if n, ok := integer(s, unsigned); ok {
		return n
	}
	if isFloat(unsigned) {
		if f, err := strconv.ParseFloat(s, 64); err == nil {
			return f
		}
	}
	return s
}

func integer(s, unsigned string) (value.Value, bool) {
	base, digits := 10, s
	switch {
	case strings.HasPrefix(s, "0o"):
		base, digits = 8, s[2:]
	case strings.HasPrefix(s, "0x"):
		base, digits = 16, s[2:]
	}
	if base == 10 && strings.Trim(unsigned, "0123456789") != "" || strings.ContainsAny(digits[min(1, len(digits)):], "+-_") {
		return nil, false
	}
	if base != 10 && strings.ContainsAny(digits, "+-") {
		return nil, false
	}
	n, ok := new(big.Int).SetString(digits, base)
	if !ok {
		return nil, false
	}
	return value.Int(n), true
}

// isFloat reports whether s has the form [0-9]*[.][0-9]*([eE][-+]?[0-9]+)? with a digit.
func isFloat(s string) bool {
	mantissa, exponent := s, ""
	if i := strings.IndexAny(s, "eE"); i >= 0 {
		mantissa, exponent = s[:i], s[i+1:]
		if exponent != "" && strings.IndexByte("+-", exponent[0]) >= 0 {
			exponent = exponent[1:]
		}
		if exponent == "" {
			return false
		}
	}
	digits := strings.Replace(mantissa, ".", "", 1)
	return digits != "" && strings.Trim(digits+exponent, "0123456789") == ""
}

// ambiguous reports whether text must be quoted, so that no reader, of YAML 1.1
// either, takes it for something else.
func ambiguous(s string) bool {
	if _, isText := resolve(s).(string); !isText {
		return true
	}
	switch strings.ToLower(s) {
	case "y", "n", "yes", "no", "on", "off", "<<", "=":
		return true
	}
	c := s[0]
	return c >= '0' && c <= '9' || (c == '+' || c == '-' || c == '.') && len(s) > 1 && s[1] >= '0' && s[1] <= '9'
}
