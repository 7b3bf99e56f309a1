package template

import (
	"math"
	"math/big"
	"strings"

	"github.com/mitoscript/mitoscript/interp"
	"github.com/mitoscript/mitoscript/mitogen/value"
)

// maxBits bounds integers.
const maxBits = 1 << 16

func truth(v value.Value) bool {
	switch v := v.(type) {
	case nil, undefined:
		return false
	case bool:
		return v
	case int64:
		return v != 0
	case float64:
		return v != 0
	case value.Secret:
		return v.Text() != ""
	case interp.Sized:
		return v.Len() > 0
	}
	if n, ok := length(v); ok {
		return n > 0
	}
	return true
}

func integer(v value.Value) (*big.Int, bool) {
	switch v := v.(type) {
	case int64:
		return big.NewInt(v), true
	case *big.Int:
		return v, true
	case bool:
		if v {
			return big.NewInt(1), true
		}
		return new(big.Int), true
	}
	return nil, false
}

func float(v value.Value) (float64, bool) {
	if f, ok := v.(float64); ok {
		return f, true
	}
	i, ok := integer(v)
	if !ok {
		return 0, false
	}
	f, _ := new(big.Float).SetInt(i).Float64()
	return f, true
}

// arithmetic does + - * / // % ** on numbers, and + * % on text and lists.
func (s *state) arithmetic(op string, a, b value.Value) (value.Value, error) {
	x, ok1 := integer(a)
	y, ok2 := integer(b)
	if ok1 && ok2 && (op != "/") && (op != "**" || y.Sign() >= 0) {
		return integers(op, x, y)
	}
	f, ok1 := float(a)
	g, ok2 := float(b)
	if ok1 && ok2 {
		return floats(op, f, g)
	}
	if v, ok, err := s.sequences(op, a, b); ok || err != nil {
		return v, err
	}
	return nil, fail("%s does not work on %s and %s", op, typeName(a), typeName(b))
}

func integers(op string, x, y *big.Int) (value.Value, error) {
	z := new(big.Int)
	switch op {
	case "+":
		z.Add(x, y)
	case "-":
		z.Sub(x, y)
	case "*":
		z.Mul(x, y)
	case "**":
		if x.BitLen() > 1 && (!y.IsInt64() || y.Int64() > maxBits || int64(x.BitLen())*y.Int64() > maxBits) {
			return nil, fail("the number is too large")
		}
		if x.BitLen() <= 1 { // -1, 0, 1: only whether y is odd or 0 counts
			y = big.NewInt(int64(y.Bit(0)) + 2*int64(y.Sign()))
		}
		z.Exp(x, y, nil)
	default:
		if y.Sign() == 0 {
			return nil, fail("division by zero")
		}
		m := new(big.Int)
		z.QuoRem(x, y, m)
		if m.Sign() != 0 && m.Sign() != y.Sign() { // Python rounds down
			z.Sub(z, big.NewInt(1))
			m.Add(m, y)
		}
		if op == "%" {
			z = m
		}
	}
	if z.BitLen() > maxBits {
		return nil, fail("the number is too large")
	}
	return value.Int(z), nil
}

func floats(op string, x, y float64) (value.Value, error) {
	if y == 0 && (op == "/" || op == "//" || op == "%") {
		return nil, fail("division by zero")
	}
	switch op {
	case "+":
		return x + y, nil
	case "-":
		return x - y, nil
	case "*":
		return x * y, nil
	case "/":
		return x / y, nil
	case "//":
		return math.Floor(x / y), nil
	case "**":
		return math.Pow(x, y), nil
	}
	m := math.Mod(x, y)
	if m != 0 && (m < 0) != (y < 0) {
		m += y
	}
	return m, nil
}

func (s *state) sequences(op string, a, b value.Value) (value.Value, bool, error) {
	switch {
	case op == "%":
		if text, ok := a.(string); ok {
			args := []value.Value{b}
			if t, ok := b.(value.Tuple); ok {
				args = t
			}
			out, err := s.format(text, args)
			return out, true, err
		}
	case op == "*":
		if n, ok := a.(int64); ok {
			return s.repeat(b, n)
		}
		if n, ok := b.(int64); ok {
			return s.repeat(a, n)
		}
	case op == "+":
		if isText(a) && isText(b) {
			v, err := s.concat(a, b)
			return v, true, err
		}
		x, ok1 := sequence(a)
		y, ok2 := sequence(b)
		if ok1 && ok2 {
			if len(x)+len(y) > maxItems {
				return nil, true, fail("the list is too long")
			}
			return value.List(append(append([]value.Value(nil), x...), y...)), true, nil
		}
	}
	return nil, false, nil
}

func (s *state) repeat(v value.Value, n int64) (value.Value, bool, error) {
	n = max(n, 0)
	if text, ok := v.(string); ok {
		if text != "" && n > int64(maxOutput/len(text)) {
			return nil, true, fail("the text is too long")
		}
		return strings.Repeat(text, int(n)), true, nil
	}
	items, ok := sequence(v)
	if !ok {
		return nil, false, nil
	}
	if len(items) > 0 && n > int64(maxItems/len(items)) {
		return nil, true, fail("the list is too long")
	}
	out := value.List{}
	for range n {
		if len(items) == 0 {
			break
		}
		out = append(out, items...)
	}
	return out, true, nil
}

func isText(v value.Value) bool {
	switch v.(type) {
	case string, value.Bytes, value.Blob, value.Secret:
		return true
	}
	return false
}

func sequence(v value.Value) ([]value.Value, bool) {
	switch v := v.(type) {
	case value.List:
		return v, true
	case value.Tuple:
		return v, true
	}
	return nil, false
}

func (s *state) concat(a, b value.Value) (value.Value, error) {
	x, err := s.text(a)
	if err != nil {
		return nil, err
	}
	y, err := s.text(b)
	if err != nil {
		return nil, err
	}
	if len(x)+len(y) > maxOutput {
		return nil, fail("the text is too long")
	}
	return x + y, nil
}
