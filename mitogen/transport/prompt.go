package transport

import (
	"bytes"
	"slices"
	"strings"

	"github.com/mitoscript/mitoscript/mitogen/value"
)

// passwords answers a tool that asks for one password, once.
type passwords struct {
	tool     string       // for the texts of errors: "sudo"
	password value.Secret // empty: there is none
	asked    func(prompt string) bool
	refused  func(line string) bool // whether a line tells that it was wrong; may be nil
	sent     bool
}

// React types the password on the first question and fails on the second.
func (p *passwords) React(line []byte, partial bool) ([]byte, error) {
	text := string(bytes.TrimSpace(line))
	if !partial {
		if why := accountTrouble(text); why != "" {
			return nil, authError(value.KindPassword, "`chage -l ACCOUNT` on that machine shows when it expires, and passwd changes the password", "%s %s", p.tool, why)
		}
		if p.refused != nil && p.refused(text) {
			return nil, p.wrong()
		}
		return nil, nil
	}
	if !p.asked(text) {
		return nil, nil
	}
	if p.password.Text() == "" || p.sent {
		return nil, p.wrong()
	}
	p.sent = true
	return typed(p.password), nil
}

func (p *passwords) wrong() error {
	whose := "it is that of the account that calls " + p.tool
	if p.tool == "su" {
		whose = "it is that of the account to become"
	}
	if p.password.Text() == "" {
		return wanted(authError(value.KindPassword, "give password= ("+whose+"), or let the rules of "+p.tool+" ask for none", "%s password is required", p.tool))
	}
	return authError(value.KindPassword, whose+", unless the rules of "+p.tool+" say otherwise", "%s password is incorrect", p.tool)
}

// authError is the error of a change of account that was refused, with what can be done.
func authError(kind value.Kind, hint, format string, args ...any) *value.Error {
	return value.Errorf(kind, format, args...).With("phase", string(PhaseAuth)).With("hint", hint)
}

// wanted marks the error for a password that was asked for and not given.
func wanted(e *value.Error) *value.Error { return e.With(wantsPassword, true) }

const wantsPassword = "password_wanted"

// WantsPassword reports whether a set-up failed for want of a password, so that
// it may succeed with one.
func WantsPassword(err error) bool {
	e := value.AsError(err)
	return e.IsA(value.KindPassword) && slices.Contains(e.Attrs, value.Field{Name: wantsPassword, Value: true})
}

func typed(s value.Secret) []byte { return []byte(s.Text() + "\n") }

// asksPassword tells a prompt from other text that mentions passwords: it is an
// unfinished line (which the caller has seen to) with the word password that ends
// in a colon: "Password:", "[sudo] password for bob:", "Password for bob@EXAMPLE.ORG:".
func asksPassword(prompt string) bool {
	return strings.HasSuffix(prompt, ":") && strings.Contains(strings.ToLower(prompt), "password")
}

// accountTrouble says what a line of PAM or of sudo tells of an account whose
// password would not help, "" if nothing: what follows is a question for a new
// password, or a refusal that blames the password.
func accountTrouble(line string) string {
	line = strings.ToLower(line)
	for _, t := range []struct{ has, means string }{
		{"required to change your password", "password has expired and must be changed"},
		{"account or password is expired", "password has expired and must be changed"},
		{"your account has expired", "refused: the account has expired"},
		{"account validation failure", "refused: the account has expired or is locked"},
	} {
		if strings.Contains(line, t.has) {
			return t.means
		}
	}
	return ""
}

func hasPrefixFold(s, prefix string) bool {
	return len(s) >= len(prefix) && strings.EqualFold(s[:len(prefix)], prefix)
}

// prefixedBy gives a function that reports whether a line starts with any of the
// prefixes, in any case.
func prefixedBy(prefixes ...string) func(string) bool {
	return func(line string) bool {
		for _, p := range prefixes {
			if hasPrefixFold(line, p) {
				return true
			}
		}
		return false
	}
}
