package transport

import (
	"context"
	"strings"

	"github.com/mitoscript/mitoscript/mitogen/value"
)

// sudoPrompt is what sudo is told to ask with, so that its language does not matter.
const sudoPrompt = "mitogen-sudo-prompt:"

// Sudo reaches another account of this machine by sudo. The data stays on pipes;
// sudo has a terminal of its own for its question.
type Sudo struct {
	// Username is the account; "" for root.
	Username string
	// Path is the sudo program; "" for "sudo".
	Path     string
	Password value.Secret

	SetHome, PreserveEnv, Login bool
	SELinuxRole, SELinuxType    string
	// Args are further options. They are parsed, and those that would break the
	// link are refused.
	Args  []string
	Spawn SpawnOptions
}

// Name is "sudo.USER".
func (s *Sudo) Name() string { return "sudo." + s.user() }

// Direct reports that a first stage is needed.
func (s *Sudo) Direct() bool { return false }

// Open starts boot under the account.
func (s *Sudo) Open(ctx context.Context, boot []string) (Link, error) {
	return Run(ctx, s.Name(), s.Command(), boot, s.Spawn)
}

// Command is one run of sudo.
func (s *Sudo) Command() Command {
	return &sudoCommand{
		passwords: passwords{tool: "sudo", password: s.Password, asked: asksSudo, refused: sudoRefused},
		sudo:      *s,
	}
}

func (s *Sudo) user() string {
	if o, err := parseSudoArgs(s.Args); err == nil && o.user != "" {
		return o.user
	}
	return or(s.Username, "root")
}

// asksSudo also knows sudo-rs, which puts our prompt into a frame of its own,
// and modules of PAM that insist on theirs.
func asksSudo(prompt string) bool {
	return strings.Contains(prompt, sudoPrompt) || asksPassword(prompt)
}

// sudoRefused knows what sudo says when it does not ask again.
func sudoRefused(line string) bool {
	return hasPrefixFold(line, "sudo: ") && strings.Contains(line, "incorrect password attempt")
}

type sudoCommand struct {
	passwords
	sudo Sudo
}

// React also knows what sudo says when it may not ask (-n), in which case nobody is
// asked, and when its rules do not allow what is to be run, which it would quote.
func (c *sudoCommand) React(line []byte, partial bool) ([]byte, error) {
	text := string(line)
	who, _, notAllowed := strings.Cut(text, " is not allowed to ")
	unknown, _, notListed := strings.Cut(text, " is not in the sudoers file")
	switch {
	case partial:
	case hasPrefixFold(text, "sudo: a password is required"):
		return nil, authError(value.KindPassword, "sudo_args has -n, which forbids sudo to ask: give password= without it, or allow the account to use sudo with NOPASSWD", "sudo password is required")
	case notAllowed && hasPrefixFold(who, "Sorry, user "):
		return nil, c.forbids(who[len("Sorry, user "):] + " is not allowed to run this as " + c.sudo.user())
	case notListed && !strings.Contains(unknown, " "):
		return nil, c.forbids(unknown + " is not in the sudoers file")
	}
	return c.passwords.React(line, partial)
}

func (c *sudoCommand) forbids(what string) error {
	return authError(value.KindStream, "`sudo -l` as that user shows what is allowed there; a set-up runs sh, so the rule must be for ALL or for sh",
		"sudo refused: user %s: see the rules of sudo on that machine", escape([]byte(what)))
}

// TTY is StderrTTY: sudo asks on /dev/tty.
func (c *sudoCommand) TTY() TTYMode { return StderrTTY }

// Argv gives short options only: old versions have no others.
func (c *sudoCommand) Argv(boot []string) ([]string, error) {
	s := c.sudo
	o, err := parseSudoArgs(s.Args)
	if err != nil {
		return nil, err
	}
	argv := []string{or(s.Path, "sudo"), "-p", sudoPrompt, "-u", s.user()}
	flags := []struct {
		on   bool
		flag string
	}{
		{s.PreserveEnv || o.has('E'), "-E"}, {s.SetHome || o.has('H'), "-H"},
		{s.Login || o.has('i'), "-i"}, {o.has('n'), "-n"},
	}
	for _, f := range flags {
		if f.on {
			argv = append(argv, f.flag)
		}
	}
	if role := or(o.role, s.SELinuxRole); role != "" {
		argv = append(argv, "-r", role)
	}
	if typ := or(o.typ, s.SELinuxType); typ != "" {
		argv = append(argv, "-t", typ)
	}
	return append(append(argv, "--"), boot...), nil
}
