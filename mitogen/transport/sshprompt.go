package transport

import (
	"bytes"
	"context"
	"strings"

	"github.com/mitoscript/mitoscript/mitogen/value"
)

// sshCommand is one run of ssh and what it has said so far.
type sshCommand struct {
	ssh OpenSSH
	// ctx is the set-up's: its end ends a question to a person.
	ctx context.Context

	talk     sshTalk
	answered map[string]bool // prompts that were answered: one for each key
}

// React reads ssh's messages and answers its questions.
func (c *sshCommand) React(line []byte, partial bool) ([]byte, error) {
	text := string(bytes.TrimSpace(line))
	if partial {
		return c.answer(text)
	}
	c.talk.learn(text)
	switch {
	case strings.HasPrefix(text, debug):
		return nil, nil
	case hasPrefixFold(text, "host key verification failed"):
		return nil, c.hostKeyError()
	case c.talk.phase != PhaseShell && deniesPermission(text):
		return nil, c.denied(text)
	}
	return nil, c.talk.failed(c.ssh.Hostname, text)
}

// answer takes an unfinished line for a question only if it ends like one, so
// that a banner may mention passwords.
func (c *sshCommand) answer(text string) ([]byte, error) {
	lower := strings.ToLower(text)
	switch {
	case strings.Contains(lower, "are you sure you want to continue connecting"):
		return c.answerHostKey()
	case strings.Contains(lower, "enter passphrase for") && strings.HasSuffix(lower, ":"):
		return c.answerPassphrase(text)
	case asksPassword(lower):
		return c.answerPassword(text)
	}
	return nil, nil
}

func (c *sshCommand) answerHostKey() ([]byte, error) {
	if c.talk.onTheWay() {
		return nil, SSHError(c.ssh.Hostname, PhaseHostKey, value.KindHostKey, "cannot get there: ssh asks whether to accept "+
			"an unknown host key of %s: connect once by \"ssh %s\"", c.jump(), c.ssh.Hostname)
	}
	if c.ssh.HostKeys == AcceptHostKeys {
		return []byte("yes\n"), nil
	}
	return nil, SSHError(c.ssh.Hostname, PhaseHostKey, value.KindHostKey, "ssh asks whether to accept an unknown host key, "+
		"which check_host_keys does not allow; ssh_args may contradict it")
}

// answerPassphrase tries the password once for each key; then it gives an empty
// line, on which ssh goes on to the next key, and at last to passwords.
func (c *sshCommand) answerPassphrase(prompt string) ([]byte, error) {
	_, path, _ := strings.Cut(prompt, "'")
	path, _, _ = strings.Cut(path, "'")
	if c.answered[prompt] {
		c.talk.login.WrongPhrase = path
		return []byte("\n"), nil
	}
	reply, err := c.secret(prompt)
	if err != nil || reply == "" {
		c.talk.login.LockedKey = path
		return []byte("\n"), nil
	}
	return []byte(reply + "\n"), nil
}

func (c *sshCommand) answerPassword(prompt string) ([]byte, error) {
	if c.talk.onTheWay() {
		reply, err := c.secret(prompt)
		if err != nil {
			l := Login{Host: c.jump(), Wanted: true}
			return nil, Through(c.ssh.Hostname, l.Error())
		}
		return []byte(reply + "\n"), nil
	}
	if c.talk.login.Sent {
		return nil, c.talk.login.Error()
	}
	reply, err := c.secret(prompt)
	if err != nil {
		c.talk.login.Wanted = true
		return nil, c.talk.login.Error()
	}
	c.talk.login.Sent = true
	return []byte(reply + "\n"), nil
}

// jump is what is known of the host on the way.
func (c *sshCommand) jump() string { return or(c.talk.jump, "the ProxyCommand") }

// secret is the password, or what a person types at the prompt. The password is for
// the host alone, not for those on the way to it.
func (c *sshCommand) secret(prompt string) (string, error) {
	if c.answered == nil {
		c.answered = map[string]bool{}
	}
	c.answered[prompt] = true
	if p := c.ssh.Password.Text(); p != "" && !c.talk.onTheWay() {
		return p, nil
	}
	if c.ssh.Ask == nil {
		return "", value.Errorf(value.KindPassword, "there is nobody to ask")
	}
	return c.ssh.Ask(c.ctx, prompt+" ")
}

// deniesPermission matches at the start of a line only, as shells say the same
// of files; ssh may put "user@host: " before it.
func deniesPermission(text string) bool {
	const denied = "permission denied"
	if hasPrefixFold(text, denied) {
		return true
	}
	who, what, ok := strings.Cut(text, ": ")
	return ok && strings.Contains(who, "@") && !strings.Contains(who, " ") && hasPrefixFold(what, denied)
}

// denied is for "Permission denied (publickey,password)." and, between two tries
// of a password, "Permission denied, please try again.".
func (c *sshCommand) denied(text string) error {
	l := &c.talk.login
	if c.talk.onTheWay() {
		l = &Login{Host: c.jump(), Sent: len(c.answered) > 0}
		if user, _, ok := strings.Cut(text, "@"); ok {
			l.User = user
		}
		return Through(c.ssh.Hostname, c.deniedTo(l, text))
	}
	return c.deniedTo(l, text)
}

func (c *sshCommand) deniedTo(l *Login, text string) *value.Error {
	if _, accepted, ok := strings.Cut(text, "("); ok && len(l.Accepted) == 0 {
		l.Accepted = strings.Split(strings.TrimRight(accepted, ")."), ",")
	}
	for _, m := range l.Accepted {
		l.Wanted = l.Wanted || m == "password" || m == "keyboard-interactive"
	}
	if c.ssh.Password.Text() != "" && !c.talk.onTheWay() {
		l.Wanted = false
	}
	return l.Error()
}

func (c *sshCommand) hostKeyError() error {
	k := c.talk.key
	if c.talk.onTheWay() {
		k.Host, k.Name, k.Reason = c.jump(), c.jump(), or(k.Reason, "unknown")
		return Through(c.ssh.Hostname, k.Error())
	}
	k.Host = c.ssh.Hostname
	k.Reason = or(k.Reason, "unknown")
	k.Name = knownName(or(c.talk.address, c.ssh.Hostname))
	return k.Error()
}

// knownName is an address as known hosts files have it.
func knownName(address string) string {
	host, port, ok := cutLast(address, ":")
	switch {
	case !ok:
		return address
	case port == "22":
		return host
	}
	return "[" + host + "]:" + port
}
