package transport

import (
	"context"

	"github.com/mitoscript/mitoscript/mitogen/value"
)

// TTYMode says which descriptors of a tool are on a pseudo-terminal.
type TTYMode int

const (
	// NoTTY: pipes only. The tool cannot ask for anything.
	NoTTY TTYMode = iota
	// StderrTTY: data on pipes at 0 and 1; stderr is a pseudo-terminal, which is
	// the controlling one too. For tools that ask on /dev/tty: ssh, sudo, doas.
	StderrTTY
	// AllTTY: 0, 1 and 2 are the controlling pseudo-terminal; data comes on pipes
	// at descriptors 3 (to read) and 4 (to write). For su, which asks on stdin.
	AllTTY
)

// Command is one run of a tool: an argv, whether it needs a terminal, and what
// to make of its output. It is used once and by one goroutine.
type Command interface {
	// Argv is what to run so that boot runs on the far side.
	Argv(boot []string) ([]string, error)
	// TTY says whether the tool needs a terminal for its questions.
	TTY() TTYMode
	// React is given each line that the tool prints on stderr or its terminal, and
	// each unfinished last line (partial) after which it fell silent. The reply,
	// if not nil, is typed. An error is what went wrong: it goes to Link.Failure.
	React(line []byte, partial bool) (reply []byte, err error)
}

// Run starts boot by way of the command. The error is a *value.Error of kind
// StreamError or ValueError, or tells that ctx has ended.
func Run(ctx context.Context, name string, c Command, boot []string, o SpawnOptions) (Link, error) {
	argv, err := c.Argv(boot)
	if err != nil {
		return nil, err
	}
	return link(Spawn(ctx, name, argv, c.TTY(), c.React, o))
}

// silent is embedded by tools that never ask for anything.
type silent struct{}

// TTY is NoTTY.
func (silent) TTY() TTYMode { return NoTTY }

// React takes no notice.
func (silent) React([]byte, bool) ([]byte, error) { return nil, nil }

// Direct reports that the tool needs a first stage.
func (silent) Direct() bool { return false }

// requireWord refuses what a tool could take for an option, or for nothing.
func requireWord(what, word string) error {
	if word == "" {
		return value.Errorf(value.KindValue, "%s is empty", what)
	}
	if word[0] == '-' {
		return value.Errorf(value.KindValue, "%s %q starts with a dash", what, word)
	}
	return nil
}

// or gives word, or its default.
func or(word, def string) string {
	if word == "" {
		return def
	}
	return word
}
