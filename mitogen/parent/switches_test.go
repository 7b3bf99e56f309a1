package parent_test

import (
	"strings"
	"testing"
	"time"

	"github.com/mitoscript/mitoscript/mitogen/parent"
)

func TestSwitchesOfTheEnvironment(t *testing.T) {
	all := parent.Switches{Trace: "/t", Profile: "/p", Stacks: 1500 * time.Millisecond, Keep: true}
	for _, c := range []struct {
		env  map[string]string
		want parent.Switches
		err  string
	}{
		{nil, parent.Switches{}, ""},
		{map[string]string{parent.TraceEnv: "/t", parent.ProfileEnv: "/p", parent.StacksEnv: "1.5", parent.KeepEnv: "1"}, all, ""},
		{map[string]string{parent.KeepEnv: "0"}, parent.Switches{}, ""},
		{map[string]string{parent.StacksEnv: "soon"}, parent.Switches{}, "MITOSCRIPT_STACKS=soon: want seconds"},
		{map[string]string{parent.StacksEnv: "0"}, parent.Switches{}, "MITOSCRIPT_STACKS=0: want seconds"},
		{map[string]string{parent.StacksEnv: "NaN"}, parent.Switches{}, "want seconds"},
		{map[string]string{parent.KeepEnv: "all"}, parent.Switches{}, "MITOSCRIPT_KEEP=all: want 1 or 0"},
	} {
		got, err := parent.ReadSwitches(func(name string) string { return c.env[name] })
		if c.err != "" {
			if err == nil || !strings.Contains(err.Error(), c.err) {
				t.Errorf("%v: %v, want %s", c.env, err, c.err)
			}
			continue
		}
		if err != nil || got != c.want {
			t.Errorf("%v: %+v, %v", c.env, got, err)
		}
	}
	data, err := (&parent.Config{Build: "b", Switches: all}).Encode()
	if err != nil {
		t.Fatal(err)
	}
	if cfg, err := parent.DecodeConfig(data); err != nil || cfg.Switches != all {
		t.Errorf("a child is told %+v, %v", cfg, err)
	}
}
