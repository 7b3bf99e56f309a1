package transport

import (
	"context"
	"errors"
	"fmt"
	"os"
	"strconv"
	"strings"
	"time"

	"github.com/mitoscript/mitoscript/mitogen/value"
)

// HostKeys says what to do about the key that a host shows.
type HostKeys string

const (
	// EnforceHostKeys refuses unknown and changed keys. "" means it too.
	EnforceHostKeys HostKeys = "enforce"
	// AcceptHostKeys records new keys and refuses changed ones.
	AcceptHostKeys HostKeys = "accept"
	// IgnoreHostKeys takes any key.
	IgnoreHostKeys HostKeys = "ignore"
)

// OpenSSH reaches another machine by the ssh program.
type OpenSSH struct {
	Hostname string
	// Username and Port are left to ssh's configuration when "" and 0.
	Username string
	Port     int
	// Password also serves a key's passphrase.
	Password value.Secret
	// IdentityFile, if given, is used without an agent.
	IdentityFile string
	HostKeys     HostKeys
	// Compression asks for a link that compresses (see Compressor); ssh does not then.
	Compression bool
	// KeepaliveInterval is 15 s when 0, rounded up to seconds; negative is never.
	KeepaliveInterval time.Duration
	// KeepaliveCount is 3 when 0.
	KeepaliveCount int
	// Path is the ssh program; "" for "ssh".
	Path string
	// Args are further options for it; those that come before them win.
	Args []string
	// ConfigFile takes the place of ssh's configuration files.
	ConfigFile string
	// Ask gets a password or a passphrase from a person where Password is none; nil
	// if there is nobody. It returns when ctx, the set-up's, ends.
	Ask   func(ctx context.Context, prompt string) (string, error)
	Spawn SpawnOptions
}

// Name is "ssh.HOST" or "ssh.HOST:PORT"; the usual port is left out.
func (s *OpenSSH) Name() string {
	if s.Port != 0 && s.Port != 22 {
		return fmt.Sprintf("ssh.%s:%d", s.Hostname, s.Port)
	}
	return "ssh." + s.Hostname
}

// Compress is the Compression that was asked for.
func (s *OpenSSH) Compress() bool { return s.Compression }

// Direct reports that a first stage is needed.
func (s *OpenSSH) Direct() bool { return false }

// Open starts boot on the host.
func (s *OpenSSH) Open(ctx context.Context, boot []string) (Link, error) {
	o := s.Spawn
	// A graphical program must not ask in the terminal's place.
	o.Env = append(append([]string(nil), o.Env...), "SSH_ASKPASS_REQUIRE=never")
	o.Hide = chatty
	Enter(ctx, PhaseConfig, "")
	if err := s.checkIdentityFile(); err != nil {
		return nil, err
	}
	l, err := Run(ctx, s.Name(), s.Command(ctx), boot, o)
	if err != nil {
		return nil, err
	}
	return &sshLink{Process: l.(*Process), host: s.Hostname}, nil
}

// sshLink is ssh's process, which can tell its own end from that of the far side.
type sshLink struct {
	*Process
	host string
}

// statusLost is what ssh exits with for reasons of its own.
const statusLost = 255

// Lost is for the function of that name.
func (l *sshLink) Lost() string {
	var exit *ExitError
	if !errors.As(l.Wait(), &exit) || l.signaled.Load() || exit.Code != statusLost || exit.Signal != 0 {
		return l.Process.Lost()
	}
	lines := strings.Split(l.Diagnostics(), "\n")
	why := strings.TrimSuffix(lines[len(lines)-1], ".")
	return fmt.Sprintf("ssh %s: connection lost: %s", l.host, or(why, "ssh "+exit.Error()))
}

// checkIdentityFile finds fault with a key that is the only one.
func (s *OpenSSH) checkIdentityFile() error {
	path := s.IdentityFile
	if path == "" || strings.HasPrefix(path, "~") || strings.ContainsAny(path, "%$") { // ssh expands these
		return nil
	}
	f, err := os.Open(path)
	if err != nil {
		return NoIdentityFile(s.Hostname, err)
	}
	return f.Close()
}

// Command is one run of ssh, for the set-up of ctx.
func (s *OpenSSH) Command(ctx context.Context) Command {
	c := &sshCommand{ssh: *s, ctx: ctx}
	c.talk.phase = PhaseConfig
	c.talk.enter = func(p Phase, detail string) { Enter(ctx, p, detail) }
	c.talk.login.Host = s.Hostname
	return c
}

// asks reports whether ssh will have a question that we can answer.
func (s *OpenSSH) asks() bool {
	return s.Password.Text() != "" || s.Ask != nil || s.HostKeys == AcceptHostKeys
}

func (s *OpenSSH) check() error {
	switch s.HostKeys {
	case "", EnforceHostKeys, AcceptHostKeys, IgnoreHostKeys:
	default:
		return value.Errorf(value.KindValue,
			`check_host_keys is "enforce", "accept" or "ignore", not %q`, string(s.HostKeys))
	}
	if s.Port < 0 || s.Port > 65535 {
		return value.Errorf(value.KindValue, "port %d is not between 1 and 65535", s.Port)
	}
	return requireWord("the host name", s.Hostname)
}

// TTY is a terminal only where ssh will ask: their number is limited.
func (c *sshCommand) TTY() TTYMode {
	if c.ssh.asks() {
		return StderrTTY
	}
	return NoTTY
}

// Argv gives options, the host, and one word of shell text.
func (c *sshCommand) Argv(boot []string) ([]string, error) {
	s := &c.ssh
	if err := s.check(); err != nil {
		return nil, err
	}
	// No terminal there: nothing needs one. At this level ssh tells its phases.
	argv := []string{or(s.Path, "ssh"), "-T", "-o", "LogLevel DEBUG1"}
	for _, f := range []struct{ flag, val string }{
		{"-F", s.ConfigFile}, {"-l", s.Username}, {"-p", portText(s.Port)}, {"-i", s.IdentityFile},
	} {
		if f.val != "" {
			argv = append(argv, f.flag, f.val)
		}
	}
	for _, o := range s.settings() {
		argv = append(argv, "-o", o)
	}
	argv = append(argv, s.Args...)
	return append(argv, s.Hostname, Quote(boot...)), nil
}

func portText(port int) string {
	if port == 0 {
		return ""
	}
	return strconv.Itoa(port)
}

func (s *OpenSSH) settings() []string {
	var out []string
	if s.IdentityFile != "" {
		out = append(out, "IdentitiesOnly yes", "IdentityAgent none")
	} else if s.Password.Text() != "" {
		out = append(out, "IdentitiesOnly yes") // else an agent's keys use up the attempts
	}
	out = append(out, s.keepalive()...)
	if !s.asks() {
		out = append(out, "BatchMode yes")
	}
	switch s.HostKeys {
	case AcceptHostKeys:
		out = append(out, "StrictHostKeyChecking ask")
	case IgnoreHostKeys:
		out = append(out, "StrictHostKeyChecking no",
			"UserKnownHostsFile /dev/null", "GlobalKnownHostsFile /dev/null")
	default:
		out = append(out, "StrictHostKeyChecking yes")
	}
	return out
}

func (s *OpenSSH) keepalive() []string {
	if s.KeepaliveInterval < 0 {
		return nil
	}
	interval, count := s.KeepaliveInterval, s.KeepaliveCount
	if interval == 0 {
		interval = 15 * time.Second
	}
	if count <= 0 {
		count = 3
	}
	secs := (interval + time.Second - 1) / time.Second
	return []string{
		"ServerAliveInterval " + strconv.Itoa(int(secs)),
		"ServerAliveCountMax " + strconv.Itoa(count),
	}
}
