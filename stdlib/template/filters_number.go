package template

import (
	"math"
	"math/big"
	"strconv"
	"strings"

	"github.com/mitoscript/mitoscript/mitogen/value"
)

func numberFilters() map[string]function {
	return map[string]function{
		"int": {params: []string{"default", "base"}, impl: asInt},
		"float": {params: []string{"default"}, impl: func(c *call) (value.Value, error) {
			if f, ok := float(c.in); ok {
				return f, nil
			}
			if s, ok := c.in.(string); ok {
				if f, err := strconv.ParseFloat(strings.TrimSpace(s), 64); err == nil {
					return f, nil
				}
			}
			if c.given("default") {
				return c.args["default"], nil
			}
			return 0.0, nil
		}},
		"abs": {impl: func(c *call) (value.Value, error) {
			if f, ok := c.in.(float64); ok {
				return math.Abs(f), nil
			}
			i, ok := integer(c.in)
			if !ok {
				return nil, c.fail("want a number, got %s", typeName(c.in))
			}
			return value.Int(new(big.Int).Abs(i)), nil
		}},
		"round": {params: []string{"precision", "method"}, impl: round},
	}
}

func toInt(f float64) value.Value {
	if math.IsNaN(f) || math.IsInf(f, 0) {
		return nil
	}
	i, _ := big.NewFloat(f).Int(nil)
	return value.Int(i)
}

func asInt(c *call) (value.Value, error) {
	switch v := c.in.(type) {
	case float64:
		if i := toInt(v); i != nil {
			return i, nil
		}
	case string:
		base, err := c.int("base", 10)
		if err != nil || base < 0 || base == 1 || base > 36 {
			return nil, c.fail("base must be 0 or from 2 to 36")
		}
		text := strings.TrimSpace(v)
		lower := strings.ToLower(text)
		for prefix, b := range map[string]int{"0x": 16, "0o": 8, "0b": 2} {
			if base == b {
				text = text[len(text)-len(strings.TrimPrefix(lower, prefix)):]
			}
		}
		if i, ok := new(big.Int).SetString(text, base); ok && len(text) < 10000 {
			return value.Int(i), nil
		}
		if f, err := strconv.ParseFloat(text, 64); err == nil && base == 10 && toInt(f) != nil {
			return toInt(f), nil
		}
	}
	if i, ok := integer(c.in); ok {
		return value.Int(i), nil
	}
	if c.given("default") {
		return c.args["default"], nil
	}
	return int64(0), nil
}

func round(c *call) (value.Value, error) {
	f, ok := float(c.in)
	if !ok {
		return nil, c.fail("want a number, got %s", typeName(c.in))
	}
	digits, err := c.int("precision", 0)
	if err != nil || digits > 300 || digits < -300 {
		return nil, c.fail("precision must be a small int")
	}
	how, err := c.text("method", "common")
	if err != nil {
		return nil, err
	}
	scale := math.Pow10(digits)
	switch how {
	case "common":
		if digits >= 0 { // exactly as Python: by the decimal digits
			f, err = strconv.ParseFloat(strconv.FormatFloat(f, 'f', digits, 64), 64)
			return f, err
		}
		return math.RoundToEven(f*scale) / scale, nil
	case "ceil":
		return math.Ceil(f*scale) / scale, nil
	case "floor":
		return math.Floor(f*scale) / scale, nil
	}
	return nil, c.fail("method must be common, ceil or floor")
}
