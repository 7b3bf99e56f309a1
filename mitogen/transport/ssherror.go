package transport

import (
	"fmt"
	"strings"

	"github.com/mitoscript/mitoscript/mitogen/value"
)

// SSHError is an error of the set-up of host, with the attributes host, phase and,
// if there is something to be done about it, hint. Both engines make theirs by it.
func SSHError(host string, p Phase, kind value.Kind, format string, args ...any) *value.Error {
	return sshError(host, p, kind, Hint(p), fmt.Errorf(format, args...))
}

func sshError(host string, p Phase, kind value.Kind, hint string, what error) *value.Error {
	e := value.Errorf(kind, "ssh %s: %w", host, what).With("host", host).With("phase", string(p))
	if hint != "" {
		e = e.With("hint", hint)
	}
	return e
}

// CannotConnect is the error of a port that cannot be reached.
func CannotConnect(host, address, why string) *value.Error {
	hint := Hint(PhasePort)
	if strings.Contains(why, "refused") {
		hint = "the host is up, and nothing listens on that port: is the port right, and does sshd run?"
	}
	e := sshError(host, PhasePort, value.KindStream, hint, fmt.Errorf("cannot connect to %s: %s", address, why))
	if strings.Contains(why, "timed out") {
		e.Kind, e.Also = value.KindTimeout, []value.Kind{value.KindStream}
	}
	return e
}

// NoIdentityFile is the error of the only key that was to be tried.
func NoIdentityFile(host string, err error) *value.Error {
	return sshError(host, PhaseConfig, value.KindStream, "identity_file= names a private key on this machine; without it the agent's keys and those in ~/.ssh are tried",
		fmt.Errorf("cannot read the identity file: %w", err))
}

// CannotConnectFrom is the error of a port that the jump host cannot reach: why is its
// answer, "connect failed: Connection refused".
func CannotConnectFrom(host, address, jump, why string) *value.Error {
	why = strings.ToLower(strings.TrimPrefix(why, "connect failed: "))
	return SSHError(host, PhasePort, value.KindStream, "cannot connect to %s from %s: %s", address, jump, why)
}

// Through is the error of a jump host on the way to host: its attributes, "host" as well,
// are the jump host's.
func Through(host string, e *value.Error) *value.Error {
	c := *e
	c.Message = "ssh " + host + ": cannot get there: " + e.Message
	return &c
}

// NoKeyExchange is the error of a connection that came to no host key. said is what
// came before the first line of an ssh server, "" for nothing.
func NoKeyExchange(host, address, why, said string) *value.Error {
	if said != "" {
		why += fmt.Sprintf("; it said %q", shorten(said, 200))
	}
	return SSHError(host, PhaseKeyExchange, value.KindStream, "%s with %s: %s", PhaseKeyExchange, address, why)
}

// Hint is what helps with most failures of a phase of ssh, "" for nothing.
func Hint(p Phase) string {
	switch p {
	case PhaseConfig:
		return "does `ssh HOST true` work, and what does `ssh -G HOST` show of its configuration?"
	case PhaseName:
		return "check the spelling, or give the address as HostName in ~/.ssh/config"
	case PhasePort:
		return "is the host up, does sshd listen on that port, and does a firewall let it through?"
	case PhaseKeyExchange:
		return "is it an ssh server that listens there? sshd also closes connections over its MaxStartups: lower router.max_starts then, and a ProxyCommand must lead to one"
	case PhaseShell:
		return "does `ssh HOST true` work? The account may have no shell, or its start-up files hang"
	}
	return ""
}

// HostKeyRefusal says why the key of a host is not taken.
type HostKeyRefusal struct {
	// Host is the name as the script gave it, Name what known hosts files call it.
	Host, Name string
	// Type and Fingerprint are the key's: "ssh-ed25519", "SHA256:…"; "" if not known.
	Type, Fingerprint string
	// Reason is unknown, changed, revoked or certificate.
	Reason string
	// File and Line are where the reason stands, "" and 0 if nowhere.
	File string
	Line int
	// Files are those in which the key was looked for.
	Files []string
	// Detail ends the text for a certificate or an authority.
	Detail string
}

// Error makes the HostKeyError.
func (r *HostKeyRefusal) Error() *value.Error {
	key := strings.TrimSpace(r.Type + " " + r.Fingerprint)
	if key != "" {
		key = " (" + key + ")"
	}
	text, hint := r.words()
	e := sshError(r.Host, PhaseHostKey, value.KindHostKey, hint, fmt.Errorf("the host key of %s%s %s", r.Name, key, text))
	e = e.With("reason", r.Reason).With("key_type", r.Type).With("fingerprint", r.Fingerprint)
	if r.File != "" {
		e = e.With("file", r.File).With("line", int64(r.Line))
	}
	return e
}

func (r *HostKeyRefusal) words() (text, hint string) {
	at := fmt.Sprintf("%s:%d", r.File, r.Line)
	switch r.Reason {
	case "changed":
		return "has changed: " + at + " has another",
			fmt.Sprintf("if the host was set up anew: ssh-keygen -R '%s' -f %s; else somebody may stand between", r.Name, Quote(r.File))
	case "revoked":
		if r.File == "" {
			at = "a known hosts file"
		}
		return "is revoked by " + at, "the host needs another key: nobody should connect to this one"
	case "certificate":
		return "has a certificate of the authority at " + at + " that is not valid: " + r.Detail, "the host needs a new certificate"
	}
	where := ""
	if len(r.Files) > 0 {
		where = ": it is not in " + strings.Join(r.Files, ", ")
	}
	return "is unknown" + where, `compare the fingerprint on the host itself, then connect once by "ssh ` + r.Host +
		`", or give check_host_keys="accept"`
}

// Login says what was tried to log in.
type Login struct {
	Host, User string
	// Accepted are the methods that the server takes, Tried the keys that it was
	// offered, Notes what could not be offered, and why.
	Accepted, Tried, Notes []string
	// Sent: a password was sent. Wanted: one was asked for, and there was none.
	Sent, Wanted bool
	// LockedKey has a passphrase that nobody gave, WrongPhrase is a key that the
	// password does not decrypt; "" for none.
	LockedKey, WrongPhrase string
	// TooOpen is a key that is not used, as others could read it; "" for none.
	TooOpen string
}

// Error makes the error of a login for which nothing is left to try: a
// PasswordError, if a password could have made a difference.
func (l *Login) Error() *value.Error {
	kind, what, hint := value.KindPassword, "", ""
	switch {
	case l.Sent:
		what = "SSH password is incorrect"
		hint = "check the account's name and password; the server may also forbid passwords for this account"
	case l.WrongPhrase != "":
		what = "the password does not decrypt the key " + l.WrongPhrase
		hint = "password= also serves as the passphrase of keys"
	case l.LockedKey != "":
		what = "the key " + l.LockedKey + " is encrypted, and no passphrase was given"
		hint = "ssh-add " + Quote(l.LockedKey) + ", or give the passphrase by password="
	case l.Wanted:
		what = "SSH password was requested, but none specified"
		hint = "give password= or identity_file=, or put the public key into the account's authorized_keys"
	case l.TooOpen != "":
		kind, what = value.KindStream, "the key "+l.TooOpen+" is not used, as others may read it"
		hint = "chmod 600 " + Quote(l.TooOpen)
	default:
		kind, what = value.KindStream, "SSH authentication is incorrect"
		hint = "put the public key into the account's authorized_keys, or give username= or identity_file="
	}
	e := sshError(l.Host, PhaseAuth, kind, hint, fmt.Errorf("%s (%s)", what, l.Story()))
	if kind == value.KindPassword && !l.Sent && l.WrongPhrase == "" {
		return wanted(e)
	}
	return e
}

// Story tells what the server takes, and what it was offered.
func (l *Login) Story() string {
	var parts []string
	if l.User != "" {
		parts = append(parts, "user "+l.User)
	}
	if len(l.Accepted) > 0 {
		parts = append(parts, "the server accepts "+strings.Join(l.Accepted, ", "))
	}
	if len(l.Tried) > 0 {
		parts = append(parts, "keys tried: "+strings.Join(l.Tried, ", "))
	} else {
		parts = append(parts, "no key to try")
	}
	return strings.Join(append(parts, l.Notes...), "; ")
}
