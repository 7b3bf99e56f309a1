package parent

import (
	"strconv"
	"time"

	"github.com/mitoscript/mitoscript/mitogen/value"
)

// The environment variables of Switches.
const (
	TraceEnv   = "MITOSCRIPT_TRACE"
	ProfileEnv = "MITOSCRIPT_PROFILE"
	StacksEnv  = "MITOSCRIPT_STACKS"
	KeepEnv    = "MITOSCRIPT_KEEP"
)

// Switches are for people in trouble. The zero value has all of them off. A context
// has those of its parent.
type Switches struct {
	// Trace and Profile are folders, made where there are none, for a file of each
	// process: all frames with what is in them, a CPU profile. "" for none.
	Trace, Profile string
	// Stacks is how often a process writes what it is at; 0 for never.
	Stacks time.Duration
	// Keep leaves the programs on targets that cache=False would have removed.
	Keep bool
}

// ReadSwitches reads the environment. What makes no sense is a ValueError that names
// the variable.
func ReadSwitches(getenv func(name string) string) (s Switches, err error) {
	s.Trace, s.Profile = getenv(TraceEnv), getenv(ProfileEnv)
	if text := getenv(StacksEnv); text != "" {
		secs, err := strconv.ParseFloat(text, 64)
		if err != nil || !(secs >= 0.01 && secs <= 1e6) {
			return s, value.Errorf(value.KindValue, "%s=%s: want seconds, from 0.01 to 1000000", StacksEnv, text)
		}
		s.Stacks = time.Duration(secs * float64(time.Second))
	}
	if text := getenv(KeepEnv); text != "" {
		if s.Keep, err = strconv.ParseBool(text); err != nil {
			return s, value.Errorf(value.KindValue, "%s=%s: want 1 or 0", KeepEnv, text)
		}
	}
	return s, nil
}

// fields are those of a Config.
func (s *Switches) fields() []value.Field {
	return []value.Field{
		{Name: "trace", Value: s.Trace}, {Name: "profile", Value: s.Profile},
		{Name: "stacks", Value: s.Stacks}, {Name: "keep", Value: s.Keep},
	}
}

func decodeSwitches(d *value.Dict) Switches {
	s := Switches{Trace: text(d, "trace"), Profile: text(d, "profile"), Keep: flag(d, "keep")}
	if v, ok := d.Get("stacks"); ok {
		s.Stacks, _ = v.(time.Duration)
	}
	return s
}
