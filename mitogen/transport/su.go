package transport

import (
	"context"
	"os"
	"runtime"
	"strings"

	"github.com/mitoscript/mitoscript/mitogen/value"
)

// Su reaches another account of this machine by su. Since su asks on its stdin,
// that is a terminal, and the data comes on descriptors 3 and 4.
type Su struct {
	// Username is the account; "" for root.
	Username string
	// Path is the su program; "" for "su".
	Path     string
	Password value.Secret
	Spawn    SpawnOptions
}

// Name is "su.USER".
func (s *Su) Name() string { return "su." + or(s.Username, "root") }

// Direct reports that a first stage is needed.
func (s *Su) Direct() bool { return false }

// Open starts boot under the account.
func (s *Su) Open(ctx context.Context, boot []string) (Link, error) {
	o := s.Spawn
	// The question in a language that we know; suStage takes it back. (The prompts
	// of su are translated, and unlike sudo it cannot be told what to say.)
	o.Env = append(append([]string(nil), o.Env...), "LC_ALL=C")
	return Run(ctx, s.Name(), s.Command(), boot, o)
}

// Command is one run of su.
func (s *Su) Command() Command {
	return &suCommand{
		passwords: passwords{tool: "su", password: s.Password, asked: asksPassword, refused: suRefused},
		su:        *s,
	}
}

var suRefused = prefixedBy("su: sorry", "su: authentication failure", "su: incorrect password",
	"su: authentication is denied", "su: permission denied", "authentication is denied")

type suCommand struct {
	passwords
	su Su
}

// TTY is AllTTY.
func (c *suCommand) TTY() TTYMode { return AllTTY }

// Argv gives su a command that any login shell understands: a single sh, which
// puts the data where boot expects it.
func (c *suCommand) Argv(boot []string) ([]string, error) {
	user := or(c.su.Username, "root")
	if err := requireWord("the name of the account", user); err != nil {
		return nil, err
	}
	argv := []string{or(c.su.Path, "su"), user}
	if runtime.GOOS == "linux" && closesDescriptors(user) {
		argv = append(argv, "-s", "/bin/sh")
	}
	return append(argv, "-c", suStage(boot)), nil
}

// closesDescriptors reports whether the account's login shell is a csh, which
// closes the descriptors that the data comes on when it starts.
func closesDescriptors(user string) bool {
	accounts, err := os.ReadFile("/etc/passwd")
	if err != nil {
		return false
	}
	for line := range strings.Lines(string(accounts)) {
		if strings.HasPrefix(line, user+":") {
			return strings.HasSuffix(strings.TrimSpace(line), "csh")
		}
	}
	return false
}

func suStage(boot []string) string {
	locale := "unset LC_ALL;"
	if v, ok := os.LookupEnv("LC_ALL"); ok {
		locale = "LC_ALL=" + Quote(v) + ";"
	}
	stage := locale + `exec "$@" <&3 >&4 3<&- 4>&-`
	return Quote(append([]string{"sh", "-c", stage, "sh"}, boot...)...)
}
