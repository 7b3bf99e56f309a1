package clock

import (
	"context"
	"math"
	"time"

	"github.com/mitoscript/mitoscript/interp"
	"github.com/mitoscript/mitoscript/mitogen/value"
)

// Module makes the module time.
func Module() *interp.Module {
	start := time.Now()
	m := &interp.Module{
		Name:  "time",
		Doc:   "Moments and spans of time. Layouts are those of strftime.",
		Merge: true,
		Funcs: []*interp.Func{
			{Name: "now", Doc: "Returns the present moment.", Impl: func(context.Context, *interp.Args) (value.Value, error) { return time.Now().Round(0), nil }},
			{Name: "unix", Doc: "Returns the seconds since 1970 as a float.",
				Impl: func(context.Context, *interp.Args) (value.Value, error) {
					return float64(time.Now().UnixNano()) / 1e9, nil
				}},
			{Name: "monotonic", Doc: "Returns seconds of a clock that is never set; only differences mean something.",
				Impl: func(context.Context, *interp.Args) (value.Value, error) { return time.Since(start).Seconds(), nil }},
			{Name: "sleep", Doc: "Waits.", Blocking: true,
				Params: []interp.Param{{Name: "seconds", Doc: "Seconds or a duration.", Required: true}}, Impl: sleep},
			{Name: "parse", Doc: "Reads a moment from text.",
				Params: []interp.Param{{Name: "text", Doc: "The text.", Required: true},
					{Name: "layout", Doc: "A strftime layout; ISO 8601 if left out."}}, Impl: parse},
			{Name: "format", Doc: "Writes a moment as text.",
				Params: []interp.Param{{Name: "t", Doc: "A moment, or seconds since 1970.", Required: true},
					{Name: "layout", Doc: "A strftime layout.", Default: "%Y-%m-%dT%H:%M:%S%z"}}, Impl: format},
			{Name: "duration", Doc: "Reads a span from text like \"1h30m\", or from seconds.",
				Params: []interp.Param{{Name: "text", Doc: "Text or seconds.", Required: true}}, Impl: duration},
		},
	}
	starlarkNames(m)
	return m
}

func sleep(ctx context.Context, a *interp.Args) (value.Value, error) {
	d, ok, err := a.Timeout("seconds")
	if err != nil {
		return nil, err
	}
	if !ok {
		return nil, a.Errorf("argument seconds: want a number, got null")
	}
	s, _ := a.Float("seconds")
	if span, _ := a.Value("seconds").(time.Duration); s < 0 || math.IsNaN(s) || span < 0 {
		return nil, value.Errorf(value.KindValue, "cannot sleep for a time that is less than 0")
	}
	t := time.NewTimer(d)
	defer t.Stop()
	select {
	case <-t.C:
		return nil, nil
	case <-ctx.Done():
		return nil, value.AsError(context.Cause(ctx))
	}
}

// isoLayouts are the forms of ISO 8601 that parse reads without a layout.
func isoLayouts() []string {
	var out []string
	for _, date := range []string{"%Y-%m-%dT", "%Y-%m-%d "} {
		for _, clock := range []string{"%H:%M:%S.%f%z", "%H:%M:%S%z", "%H:%M:%S.%f", "%H:%M:%S", "%H:%M%z", "%H:%M"} {
			out = append(out, date+clock)
		}
	}
	return append(out, "%Y-%m-%d", "%Y%m%dT%H%M%S%z", "%Y%m%dT%H%M%S")
}

func parse(_ context.Context, a *interp.Args) (value.Value, error) {
	text, err := a.String("text")
	if err != nil {
		return nil, err
	}
	if a.Value("layout") != nil {
		layout, err := a.String("layout")
		if err != nil {
			return nil, err
		}
		return moment(Parse(text, layout))
	}
	for _, layout := range isoLayouts() {
		if t, err := Parse(text, layout); err == nil {
			return t, nil
		}
	}
	return nil, value.Errorf(value.KindValue, "cannot read %q as a time in ISO 8601", text)
}

func moment(t time.Time, err error) (value.Value, error) {
	if err != nil {
		return nil, err
	}
	return t, nil
}

// endOfYears is the begin of the year 10000 in seconds since 1970.
const endOfYears = 253402300800

func format(_ context.Context, a *interp.Args) (value.Value, error) {
	t, ok := a.Value("t").(time.Time)
	if !ok {
		s, err := a.Float("t")
		if err != nil {
			return nil, a.Errorf("argument t: want a time, got %s", value.TypeName(a.Value("t")))
		}
		if math.IsNaN(s) || math.Abs(s) >= endOfYears {
			return nil, value.Errorf(value.KindValue, "%v seconds since 1970 are not in a year of four digits", s)
		}
		whole := math.Floor(s)
		t = time.Unix(int64(whole), int64(math.Round((s-whole)*1e9))).UTC()
	}
	layout, err := a.String("layout")
	if err != nil {
		return nil, err
	}
	s, err := Format(t, layout)
	if err != nil {
		return nil, err
	}
	return s, nil
}

func duration(_ context.Context, a *interp.Args) (value.Value, error) {
	text, ok := a.Value("text").(string)
	if !ok {
		if d, ok := a.Value("text").(time.Duration); ok {
			return d, nil
		}
		s, err := a.Float("text")
		if err != nil {
			return nil, err
		}
		return value.Seconds(s), nil
	}
	d, err := time.ParseDuration(text)
	if err != nil {
		return nil, value.Errorf(value.KindValue, "cannot read %q as a duration (want the like of \"1h30m\" or \"2.5s\")", text)
	}
	return d, nil
}
