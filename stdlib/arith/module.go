package arith

import (
	"context"
	"math"
	"math/big"

	"github.com/mitoscript/mitoscript/interp"
	"github.com/mitoscript/mitoscript/mitogen/value"
)

// Module makes the module math.
func Module() *interp.Module {
	m := &interp.Module{Name: "math", Doc: "Functions of numbers.", Only: "starlark", Merge: true,
		AttrNames: []string{"e", "inf", "nan", "pi"}, Attr: constant}
	m.Funcs = append(m.Funcs,
		&interp.Func{Name: "ceil", Doc: "Returns the least integer that is not less than x.", Params: numbers("x"), Impl: whole(math.Ceil)},
		&interp.Func{Name: "floor", Doc: "Returns the greatest integer that is not greater than x.", Params: numbers("x"), Impl: whole(math.Floor)},
		&interp.Func{Name: "log", Doc: "Returns the logarithm of x, the natural one by default.",
			Params: append(numbers("x"), interp.Param{Name: "base", Doc: "Its base.", Default: math.E}), Impl: logarithm},
	)
	for _, f := range unaries() {
		m.Funcs = append(m.Funcs, &interp.Func{Name: f.name, Doc: f.doc, Params: numbers("x"),
			Impl: func(_ context.Context, a *interp.Args) (value.Value, error) {
				x, err := a.Float("x")
				return f.fn(x), err
			}})
	}
	for _, f := range binaries() {
		m.Funcs = append(m.Funcs, &interp.Func{Name: f.name, Doc: f.doc, Params: numbers("x", "y"),
			Impl: func(_ context.Context, a *interp.Args) (value.Value, error) {
				x, err := a.Float("x")
				if err != nil {
					return nil, err
				}
				y, err := a.Float("y")
				return f.fn(x, y), err
			}})
	}
	return m
}

func numbers(names ...string) []interp.Param {
	out := make([]interp.Param, len(names))
	for i, n := range names {
		out[i] = interp.Param{Name: n, Doc: "A number.", Required: true}
	}
	return out
}

func constant(_ context.Context, name string) (value.Value, bool) {
	v, ok := map[string]float64{"e": math.E, "inf": math.Inf(1), "nan": math.NaN(), "pi": math.Pi}[name]
	return v, ok
}

// whole rounds to an integer of any size.
func whole(round func(float64) float64) func(context.Context, *interp.Args) (value.Value, error) {
	return func(_ context.Context, a *interp.Args) (value.Value, error) {
		switch v := a.Value("x").(type) {
		case int64, *big.Int:
			return v, nil
		}
		x, err := a.Float("x")
		if err != nil {
			return nil, err
		}
		if math.IsNaN(x) || math.IsInf(x, 0) {
			return nil, value.Errorf(value.KindValue, "cannot convert %v to an integer", x)
		}
		i, _ := big.NewFloat(round(x)).Int(nil)
		return value.Int(i), nil
	}
}

func logarithm(_ context.Context, a *interp.Args) (value.Value, error) {
	x, err := a.Float("x")
	if err != nil {
		return nil, err
	}
	base, err := a.Float("base")
	if err != nil {
		return nil, err
	}
	switch base {
	case math.E:
		return math.Log(x), nil
	case 1:
		return nil, value.Errorf(value.KindValue, "there is no logarithm of base 1")
	}
	return math.Log(x) / math.Log(base), nil
}

type unary struct {
	name, doc string
	fn        func(float64) float64
}

func unaries() []unary {
	return []unary{
		{"fabs", "Returns the size of x without its sign.", math.Abs},
		{"round", "Returns the nearest whole number as a float; halves go away from 0.", math.Round},
		{"exp", "Returns e to the power of x.", math.Exp},
		{"sqrt", "Returns the square root of x.", math.Sqrt},
		{"acos", "Returns the arc cosine of x in radians.", math.Acos},
		{"asin", "Returns the arc sine of x in radians.", math.Asin},
		{"atan", "Returns the arc tangent of x in radians.", math.Atan},
		{"cos", "Returns the cosine of x radians.", math.Cos},
		{"sin", "Returns the sine of x radians.", math.Sin},
		{"tan", "Returns the tangent of x radians.", math.Tan},
		{"degrees", "Returns x radians in degrees.", func(x float64) float64 { return x * 180 / math.Pi }},
		{"radians", "Returns x degrees in radians.", func(x float64) float64 { return x * math.Pi / 180 }},
		{"acosh", "Returns the inverse hyperbolic cosine of x.", math.Acosh},
		{"asinh", "Returns the inverse hyperbolic sine of x.", math.Asinh},
		{"atanh", "Returns the inverse hyperbolic tangent of x.", math.Atanh},
		{"cosh", "Returns the hyperbolic cosine of x.", math.Cosh},
		{"sinh", "Returns the hyperbolic sine of x.", math.Sinh},
		{"tanh", "Returns the hyperbolic tangent of x.", math.Tanh},
		{"gamma", "Returns the Gamma function of x.", math.Gamma},
	}
}

type binary struct {
	name, doc string
	fn        func(x, y float64) float64
}

func binaries() []binary {
	return []binary{
		{"copysign", "Returns the size of x with the sign of y.", math.Copysign},
		{"mod", "Returns the remainder of x by y, with the sign of x.", math.Mod},
		{"pow", "Returns x to the power of y.", math.Pow},
		{"remainder", "Returns the IEEE 754 remainder of x by y.", math.Remainder},
		{"atan2", "Returns the angle of the point (y, x) in radians.", math.Atan2},
		{"hypot", "Returns the distance of the point (x, y) from the origin.", math.Hypot},
	}
}
