package transport

import "context"

// Phase is a step of the set-up of a context, as errors and logs name it.
type Phase string

// The phases, in their order; a transport goes through those that it has.
const (
	// PhaseConfig reads the configuration of the tool.
	PhaseConfig Phase = "configuration"
	// PhaseName looks the host's name up, PhasePort opens a connection to its port.
	PhaseName Phase = "name"
	PhasePort Phase = "port"
	// PhaseKeyExchange agrees on keys, PhaseHostKey judges the host's, and
	// PhaseAuth logs in.
	PhaseKeyExchange Phase = "key exchange"
	PhaseHostKey     Phase = "host key"
	PhaseAuth        Phase = "authentication"
	// PhaseImage fetches the image of a container; it is entered again whenever
	// something of it has come.
	PhaseImage Phase = "image"
	// PhaseShell starts the first stage, until it answers.
	PhaseShell Phase = "shell"
	// PhaseCache is the answer whether the target has the program, PhasePush sends
	// it, and PhaseStart lasts from its start until the context is ready.
	PhaseCache Phase = "cache"
	PhasePush  Phase = "push"
	PhaseStart Phase = "start"
)

type phaseKey struct{}

// WithPhases gives a context for a set-up: fn is told of each phase that begins,
// by whichever goroutine gets there. The detail is for people, and may be "".
func WithPhases(ctx context.Context, fn func(p Phase, detail string)) context.Context {
	return context.WithValue(ctx, phaseKey{}, fn)
}

// Enter tells who observes ctx that the phase begins.
func Enter(ctx context.Context, p Phase, detail string) {
	if fn, ok := ctx.Value(phaseKey{}).(func(Phase, string)); ok {
		fn(p, detail)
	}
}
