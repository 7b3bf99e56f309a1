package transport

import (
	"context"

	"github.com/mitoscript/mitoscript/mitogen/value"
)

// Doas reaches another account of this machine by doas.
type Doas struct {
	// Username is the account; "" for root.
	Username string
	// Path is the doas program; "" for "doas".
	Path     string
	Password value.Secret
	Spawn    SpawnOptions
}

// Name is "doas.USER".
func (d *Doas) Name() string { return "doas." + or(d.Username, "root") }

// Direct reports that a first stage is needed.
func (d *Doas) Direct() bool { return false }

// Open starts boot under the account.
func (d *Doas) Open(ctx context.Context, boot []string) (Link, error) {
	return Run(ctx, d.Name(), d.Command(), boot, d.Spawn)
}

// Command is one run of doas.
func (d *Doas) Command() Command {
	return &doasCommand{
		passwords: passwords{tool: "doas", password: d.Password, asked: asksPassword, refused: doasRefused},
		doas:      *d,
	}
}

var doasRefused = prefixedBy("doas: authentication failed", "doas: authorization failed",
	"doas: a tty is required", "doas: authentication required")

type doasCommand struct {
	passwords
	doas Doas
}

// TTY is StderrTTY: doas asks on /dev/tty.
func (c *doasCommand) TTY() TTYMode { return StderrTTY }

// Argv is "doas -u USER -- BOOT".
func (c *doasCommand) Argv(boot []string) ([]string, error) {
	argv := []string{or(c.doas.Path, "doas"), "-u", or(c.doas.Username, "root"), "--"}
	return append(argv, boot...), nil
}
