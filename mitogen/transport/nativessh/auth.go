package nativessh

import (
	"context"
	"errors"
	"fmt"
	"net"
	"slices"
	"strings"

	"golang.org/x/crypto/ssh"
	"golang.org/x/crypto/ssh/agent"

	"github.com/mitoscript/mitoscript/mitogen/transport"
)

// authenticator chooses the attempts of one login, one at a time, and remembers
// them for the error. It is used by the handshake's goroutine only.
type authenticator struct {
	ctx   context.Context // the set-up's
	cfg   *Config
	agent net.Conn // nil if there is none

	keys     []candidate // still to be offered
	unlocked map[*identity]ssh.Signer

	done  map[string]bool
	login transport.Login   // what was tried, for the error
	asked map[string]string // replies of a person, by prompt
}

// newAuthenticator connects to the agent, if the configuration has one; close
// must be called.
func newAuthenticator(ctx context.Context, cfg *Config) *authenticator {
	a := &authenticator{ctx: ctx, cfg: cfg, unlocked: map[*identity]ssh.Signer{}, done: map[string]bool{}, asked: map[string]string{}}
	a.login.Host, a.login.User = cfg.Host, cfg.User
	a.keys = candidates(cfg, a.dialAgent(ctx), a.unlock)
	for _, id := range cfg.identities {
		if id.ignored != "" {
			a.login.Notes = append(a.login.Notes, id.path+" is ignored: "+id.ignored)
			a.login.TooOpen = id.path
		}
	}
	return a
}

func (a *authenticator) dialAgent(ctx context.Context) []ssh.Signer {
	if a.cfg.Agent == "" || !slices.Contains(a.cfg.Methods, "publickey") {
		return nil
	}
	var d net.Dialer
	conn, err := d.DialContext(ctx, "unix", a.cfg.Agent)
	if err != nil {
		a.login.Notes = append(a.login.Notes, "no agent at "+a.cfg.Agent+": "+plain(err))
		return nil
	}
	a.agent = conn
	// An agent that does not answer must not outlast the set-up.
	stop := context.AfterFunc(ctx, func() { _ = conn.Close() })
	defer stop()
	signers, err := agent.NewClient(conn).Signers()
	if err != nil {
		a.login.Notes = append(a.login.Notes, "the agent at "+a.cfg.Agent+" gives no keys: "+plain(err))
	}
	return signers
}

func (a *authenticator) close() {
	if a.agent != nil {
		_ = a.agent.Close()
	}
}

// next gives the attempt that comes after those before, or the error that ends
// the login.
func (a *authenticator) next(c *ssh.ClientAuthContext) (ssh.AuthMethod, error) {
	for _, m := range a.cfg.Methods {
		if !slices.Contains(c.AllowedMethods, m) {
			continue
		}
		if attempt := a.attempt(m); attempt != nil {
			return attempt, nil
		}
	}
	return nil, a.failure(c.AllowedMethods)
}

func (a *authenticator) attempt(method string) ssh.AuthMethod {
	if method == "publickey" {
		return a.nextKey()
	}
	if a.done[method] {
		return nil
	}
	a.done[method] = true
	if !a.canAnswer() {
		a.login.Wanted = true
		if method == "password" {
			return nil
		}
	}
	if method == "password" {
		return ssh.PasswordCallback(a.password)
	}
	// Without a password too: some servers ask nothing.
	return ssh.KeyboardInteractive(a.challenge)
}

func (a *authenticator) nextKey() ssh.AuthMethod {
	for len(a.keys) > 0 {
		k := a.keys[0]
		a.keys = a.keys[1:]
		if k.signer == nil {
			signer, err := a.unlock(k.identity)
			if err != nil {
				continue
			}
			k.signer = signer
		}
		a.login.Tried = append(a.login.Tried, fmt.Sprintf("%s (%s)", k.name, k.signer.PublicKey().Type()))
		return ssh.PublicKeys(k.signer)
	}
	return nil
}

// unlock decrypts the key, once, by the password or by asking.
func (a *authenticator) unlock(id *identity) (ssh.Signer, error) {
	if s := a.unlocked[id]; s != nil {
		return s, nil
	}
	phrase := a.given()
	if phrase == "" {
		var err error
		if phrase, err = a.ask(fmt.Sprintf("Enter passphrase for key '%s': ", id.path)); err != nil || phrase == "" {
			a.login.LockedKey = id.path
			return nil, errNoSecret
		}
	}
	s, err := ssh.ParsePrivateKeyWithPassphrase(id.locked, []byte(phrase))
	if err != nil {
		a.login.WrongPhrase = id.path
		return nil, err
	}
	a.unlocked[id] = s
	return s, nil
}

var errNoSecret = errors.New("there is no password, and nobody to ask")

func (a *authenticator) given() string { return a.cfg.opts.Password.Text() }

func (a *authenticator) canAnswer() bool {
	return a.given() != "" || a.cfg.opts.Ask != nil && !a.cfg.BatchMode
}

// ask asks a person once per prompt.
func (a *authenticator) ask(prompt string) (string, error) {
	if a.cfg.opts.Ask == nil || a.cfg.BatchMode {
		return "", errNoSecret
	}
	if reply, ok := a.asked[prompt]; ok {
		return reply, nil
	}
	reply, err := a.cfg.opts.Ask(a.ctx, printable(prompt))
	if err == nil {
		a.asked[prompt] = reply
	}
	return reply, err
}

func (a *authenticator) password() (string, error) {
	p := a.given()
	if p == "" {
		var err error
		if p, err = a.ask(fmt.Sprintf("%s@%s's password: ", a.cfg.User, a.cfg.Host)); err != nil {
			a.login.Wanted = true
			return "", err
		}
	}
	a.login.Sent = true
	return p, nil
}

// challenge answers the first hidden question with the password, the others by
// asking.
func (a *authenticator) challenge(_, instruction string, questions []string, echos []bool) ([]string, error) {
	answers := make([]string, len(questions))
	for i, q := range questions {
		if p := a.given(); p != "" && !echos[i] && !a.login.Sent {
			answers[i], a.login.Sent = p, true
			continue
		}
		reply, err := a.ask(strings.TrimLeft(instruction+"\n"+q, "\n"))
		if err != nil {
			a.login.Wanted = !a.login.Sent
			return nil, err
		}
		answers[i], a.login.Sent = reply, true
	}
	return answers, nil
}

// failure is the error of a login for which nothing is left to try.
func (a *authenticator) failure(accepted []string) error {
	a.login.Accepted = nil
	for _, m := range accepted {
		a.login.Accepted = append(a.login.Accepted, printable(m))
	}
	return a.login.Error()
}
