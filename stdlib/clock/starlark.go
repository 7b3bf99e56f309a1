package clock

import (
	"context"
	"sort"
	"time"

	"github.com/mitoscript/mitoscript/interp"
	"github.com/mitoscript/mitoscript/mitogen/value"
)

// starlarkNames adds what Starlark's own module time has, so that scripts
// written for it run in both languages.
func starlarkNames(m *interp.Module) {
	units := map[string]time.Duration{
		"nanosecond": time.Nanosecond, "microsecond": time.Microsecond, "millisecond": time.Millisecond,
		"second": time.Second, "minute": time.Minute, "hour": time.Hour,
	}
	for name := range units {
		m.AttrNames = append(m.AttrNames, name)
	}
	sort.Strings(m.AttrNames)
	m.Attr = func(_ context.Context, name string) (value.Value, bool) {
		d, ok := units[name]
		return d, ok
	}
	zone := func(name string, def string) interp.Param {
		return interp.Param{Name: name, Doc: "The zone's name.", Default: def}
	}
	m.Funcs = append(m.Funcs,
		&interp.Func{Name: "parse_duration", Doc: "Reads a span from text like \"1h30m\".",
			Params: []interp.Param{{Name: "text", Doc: "The text.", Required: true}}, Impl: duration},
		&interp.Func{Name: "parse_time", Doc: "Reads a moment by one of Go's layouts.",
			Params: []interp.Param{{Name: "x", Doc: "The text.", Required: true},
				{Name: "format", Doc: "Go's layout.", Default: time.RFC3339}, zone("location", "UTC")}, Impl: parseTime},
		&interp.Func{Name: "from_timestamp", Doc: "Returns the moment that is so long after 1970.",
			Params: []interp.Param{{Name: "sec", Doc: "Seconds.", Required: true},
				{Name: "nsec", Doc: "Nanoseconds.", Default: int64(0)}}, Impl: fromTimestamp},
		&interp.Func{Name: "is_valid_timezone", Doc: "Reports whether there is a zone of that name.",
			Params: []interp.Param{{Name: "loc", Doc: "Like \"Europe/Berlin\".", Required: true}}, Impl: validZone},
		&interp.Func{Name: "time", Doc: "Makes a moment of its parts.",
			Params: append(dateParams(), zone("location", "UTC")), Impl: newTime},
	)
}

func dateParams() []interp.Param {
	var out []interp.Param
	for _, n := range []string{"year", "month", "day", "hour", "minute", "second", "nanosecond"} {
		out = append(out, interp.Param{Name: n, Doc: "The " + n + ".", Default: int64(0)})
	}
	return out
}

func zoneArg(a *interp.Args, name string) (*time.Location, error) {
	text, err := a.String(name)
	if err != nil {
		return nil, err
	}
	loc, err := time.LoadLocation(text)
	if err != nil {
		return nil, value.Errorf(value.KindValue, "there is no time zone %q on this machine", text)
	}
	return loc, nil
}

func parseTime(_ context.Context, a *interp.Args) (value.Value, error) {
	text, err := a.String("x")
	if err != nil {
		return nil, err
	}
	layout, err := a.String("format")
	if err != nil {
		return nil, err
	}
	loc, err := zoneArg(a, "location")
	if err != nil {
		return nil, err
	}
	t, err := time.ParseInLocation(layout, text, loc)
	if err != nil {
		return nil, value.Errorf(value.KindValue, "the time %q does not fit the layout %q", text, layout)
	}
	return t, nil
}

func fromTimestamp(_ context.Context, a *interp.Args) (value.Value, error) {
	if f, ok := a.Value("sec").(float64); ok {
		return time.Unix(0, 0).Add(value.Seconds(f)), nil
	}
	sec, err := a.Int("sec")
	if err != nil {
		return nil, err
	}
	nsec, err := a.Int("nsec")
	if err != nil {
		return nil, err
	}
	return time.Unix(sec, nsec), nil
}

func validZone(_ context.Context, a *interp.Args) (value.Value, error) {
	_, err := zoneArg(a, "loc")
	return err == nil, nil
}

func newTime(_ context.Context, a *interp.Args) (value.Value, error) {
	n := map[string]int{}
	for _, p := range dateParams() {
		v, err := a.Int(p.Name)
		if err != nil {
			return nil, err
		}
		n[p.Name] = int(v)
	}
	loc, err := zoneArg(a, "location")
	if err != nil {
		return nil, err
	}
	return time.Date(n["year"], time.Month(n["month"]), n["day"], n["hour"], n["minute"], n["second"], n["nanosecond"], loc), nil
}
