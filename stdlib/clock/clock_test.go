package clock_test

import (
	"context"
	"errors"
	"testing"
	"time"

	"github.com/mitoscript/mitoscript/mitogen/value"
	"github.com/mitoscript/mitoscript/stdlib/clock"
)

func call(ctx context.Context, t *testing.T, name string, args ...value.Value) (value.Value, error) {
	t.Helper()
	for _, f := range clock.Module().Funcs {
		if f.Name == name {
			return f.CallGo(ctx, args, nil)
		}
	}
	t.Fatalf("no function %s", name)
	return nil, nil
}

func TestFormat(t *testing.T) {
	at := time.Date(2024, 2, 9, 15, 4, 5, 678e6, time.FixedZone("CET", 3600))
	for layout, want := range map[string]string{
		"%Y-%m-%d %H:%M:%S.%f %z %Z": "2024-02-09 15:04:05.678000 +0100 CET",
		"%a %A %b %B %e %I%p %j":     "Fri Friday Feb February  9 03PM 040",
		"%F %T %D %R 100%%":          "2024-02-09 15:04:05 02/09/24 15:04 100%",
		"%s %u %w %U %W %G-%V":       "1707487445 5 5 05 06 2024-06",
		"%-d.%-m.%Y %k %l%P %g %:z":  "9.2.2024 15  3pm 24 +01:00",
		"%-H %-j %-y":                "15 40 24",
	} {
		if got, err := call(context.Background(), t, "format", at, layout); got != want {
			t.Errorf("%s: %v, %v", layout, got, err)
		}
	}
	for _, bad := range []string{"%Q", "%-", "%:", "%-Q"} {
		if s, err := call(context.Background(), t, "format", at, bad); !errors.Is(err, value.KindValue) {
			t.Errorf("%s: %v, %v", bad, s, err)
		}
	}
	for seconds, want := range map[value.Value]string{
		0.25: "1970-01-01 00:00:00.250000", -1.5: "1969-12-31 23:59:58.500000", int64(1e10): "2286-11-20 17:46:40.000000",
	} {
		if got, err := call(context.Background(), t, "format", seconds, "%F %T.%f"); got != want {
			t.Errorf("%v: %v, %v", seconds, got, err)
		}
	}
	if s, err := call(context.Background(), t, "format", 1e18, "%F"); !errors.Is(err, value.KindValue) {
		t.Errorf("%v, %v", s, err)
	}
}

func TestParse(t *testing.T) {
	zone := time.FixedZone("", 5*3600+1800)
	for _, tc := range []struct {
		text   string
		layout value.Value
		want   time.Time
	}{
		{"2024-02-09", nil, time.Date(2024, 2, 9, 0, 0, 0, 0, time.UTC)},
		{"2024-02-09T15:04:05Z", nil, time.Date(2024, 2, 9, 15, 4, 5, 0, time.UTC)},
		{"2024-02-09 15:04:05.25+05:30", nil, time.Date(2024, 2, 9, 15, 4, 5, 25e7, zone)},
		{"9 Feb 24 3:04 PM", "%d %b %y %I:%M %p", time.Date(2024, 2, 9, 15, 4, 0, 0, time.UTC)},
		{"Friday, february 09 2024 12:00 AM", "%A, %B %d %Y %I:%M %p", time.Date(2024, 2, 9, 0, 0, 0, 0, time.UTC)},
		{"2024-060", "%Y-%j", time.Date(2024, 2, 29, 0, 0, 0, 0, time.UTC)},
		{"1707487445", "%s", time.Unix(1707487445, 0)},
	} {
		got, err := call(context.Background(), t, "parse", tc.text, tc.layout)
		if err != nil || !got.(time.Time).Equal(tc.want) {
			t.Errorf("%q: %v, %v", tc.text, got, err)
		}
	}
	for _, bad := range []string{"2024-02-30", "2024-13-01", "today", "2024-02-09x"} {
		if v, err := call(context.Background(), t, "parse", bad, "%Y-%m-%d"); !errors.Is(err, value.KindValue) {
			t.Errorf("%q: %v, %v", bad, v, err)
		}
	}
}

func TestSleepIsCancelled(t *testing.T) {
	ctx, cancel := context.WithCancel(context.Background())
	cancel()
	if _, err := call(ctx, t, "sleep", 1000.0); !errors.Is(err, context.Canceled) {
		t.Errorf("got %v", err)
	}
}

func FuzzParse(f *testing.F) {
	f.Add("2024-02-09T15:04:05.5+01:00", "%Y-%m-%dT%H:%M:%S.%f%z")
	f.Fuzz(func(t *testing.T, text, layout string) { _, _ = clock.Parse(text, layout) })
}
