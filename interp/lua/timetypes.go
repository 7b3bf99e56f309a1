package lua

import (
	"math"
	"math/big"
	"time"

	glua "github.com/yuin/gopher-lua"

	"github.com/mitoscript/mitoscript/mitogen/value"
)

// floatOp computes with floating point numbers.
func floatOp(name string, a, b value.Value) (value.Value, bool) {
	x, ok1 := toFloat(a)
	y, ok2 := toFloat(b)
	if !ok1 || !ok2 {
		return nil, false
	}
	switch name {
	case "add":
		return x + y, true
	case "sub":
		return x - y, true
	case "mul":
		return x * y, true
	case "div":
		return x / y, true
	case "mod":
		return x - math.Floor(x/y)*y, true
	case "pow":
		return math.Pow(x, y), true
	}
	return nil, false
}

func toFloat(v value.Value) (float64, bool) {
	switch v := v.(type) {
	case int64:
		return float64(v), true
	case float64:
		return v, true
	case *big.Int:
		f, _ := new(big.Float).SetInt(v).Float64()
		return f, true
	}
	return 0, false
}

func (in *Interp) timeMeta() *glua.LTable {
	mt := in.newMeta(func(v any) string { return v.(time.Time).String() })
	in.setOrder(mt, func(a, b any) (int, bool) {
		x, ok1 := a.(time.Time)
		y, ok2 := b.(time.Time)
		return x.Compare(y), ok1 && ok2
	})
	in.setArithmetic(mt, timeOp)
	format := in.root.NewFunction(func(L *glua.LState) int {
		t, _ := L.CheckUserData(1).Value.(time.Time)
		L.Push(glua.LString(t.Format(L.CheckString(2))))
		return 1
	})
	location := in.root.NewFunction(func(L *glua.LState) int {
		t, _ := L.CheckUserData(1).Value.(time.Time)
		loc, err := time.LoadLocation(L.CheckString(2))
		if err != nil {
			in.throw(L, value.Errorf(value.KindValue, "cannot find the time zone %q: %w", L.CheckString(2), err))
		}
		L.Push(in.toLua(t.In(loc)))
		return 1
	})
	in.setIndex(mt, func(_ *glua.LState, ud *glua.LUserData, name string) (glua.LValue, bool) {
		t, _ := ud.Value.(time.Time)
		switch name {
		case "format":
			return format, true
		case "in_location":
			return location, true
		}
		n, ok := timePart(t, name)
		return glua.LNumber(n), ok
	})
	return mt
}

func timePart(t time.Time, name string) (float64, bool) {
	switch name {
	case "year":
		return float64(t.Year()), true
	case "month":
		return float64(t.Month()), true
	case "day":
		return float64(t.Day()), true
	case "hour":
		return float64(t.Hour()), true
	case "minute":
		return float64(t.Minute()), true
	case "second":
		return float64(t.Second()), true
	case "nanosecond":
		return float64(t.Nanosecond()), true
	case "unix":
		return float64(t.Unix()), true
	case "unix_nano":
		return float64(t.UnixNano()), true
	}
	return 0, false
}

// timeOp is the arithmetic of moments: moment ± span, moment - moment.
func timeOp(name string, a, b value.Value) (value.Value, bool) {
	switch x := a.(type) {
	case time.Time:
		switch y := b.(type) {
		case time.Duration:
			if name == "sub" {
				y = -y
			}
			return x.Add(y), name == "add" || name == "sub"
		case time.Time:
			return x.Sub(y), name == "sub"
		}
	case time.Duration:
		if y, ok := b.(time.Time); ok {
			return y.Add(x), name == "add"
		}
	}
	return nil, false
}

func (in *Interp) durationMeta() *glua.LTable {
	mt := in.newMeta(func(v any) string { return v.(time.Duration).String() })
	in.setOrder(mt, func(a, b any) (int, bool) {
		x, ok1 := a.(time.Duration)
		y, ok2 := b.(time.Duration)
		switch {
		case x < y:
			return -1, ok1 && ok2
		case x > y:
			return 1, ok1 && ok2
		}
		return 0, ok1 && ok2
	})
	in.setArithmetic(mt, durationOp)
	in.setIndex(mt, func(_ *glua.LState, ud *glua.LUserData, name string) (glua.LValue, bool) {
		d, _ := ud.Value.(time.Duration)
		n, ok := durationPart(d, name)
		return glua.LNumber(n), ok
	})
	return mt
}

func durationPart(d time.Duration, name string) (float64, bool) {
	switch name {
	case "hours":
		return d.Hours(), true
	case "minutes":
		return d.Minutes(), true
	case "seconds":
		return d.Seconds(), true
	case "milliseconds":
		return float64(d.Milliseconds()), true
	case "microseconds":
		return float64(d.Microseconds()), true
	case "nanoseconds":
		return float64(d.Nanoseconds()), true
	}
	return 0, false
}

// durationOp is the arithmetic of spans: span ± span, span * number, span / number,
// span / span, and span + moment.
func durationOp(name string, a, b value.Value) (value.Value, bool) {
	x, isSpan := a.(time.Duration)
	if _, isMoment := b.(time.Time); isMoment {
		return timeOp(name, a, b)
	}
	if name == "unm" {
		return -x, isSpan
	}
	y, both := b.(time.Duration)
	switch {
	case isSpan && both && name == "add":
		return x + y, true
	case isSpan && both && name == "sub":
		return x - y, true
	case isSpan && both && name == "div":
		return float64(x) / float64(y), y != 0
	case both && !isSpan && name == "mul":
		n, ok := toFloat(a)
		return time.Duration(n * float64(y)), ok
	}
	n, ok := toFloat(b)
	if !isSpan || !ok {
		return nil, false
	}
	switch name {
	case "mul":
		return time.Duration(float64(x) * n), true
	case "div":
		return time.Duration(float64(x) / n), n != 0
	}
	return nil, false
}
