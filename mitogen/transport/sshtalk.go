package transport

import (
	"net"
	"strconv"
	"strings"

	"github.com/mitoscript/mitoscript/mitogen/value"
)

// sshTalk is what ssh has said at LogLevel DEBUG1 about the connection. The far
// side's command can write such lines too: they decide nothing but texts.
type sshTalk struct {
	enter func(p Phase, detail string)
	phase Phase

	address string   // "127.0.0.1:22"
	before  []string // lines before the ssh server's first one
	key     HostKeyRefusal
	login   Login

	// proxied: a command of ssh's leads to the host. jump is the host that it connects
	// to, "" if that is not known, target the address that it is to reach from there.
	proxied      bool
	jump, target string
	// Each ssh that tells, those of the way too where ssh_args have -v, says which
	// version it speaks, and then which one the server does.
	local, remote int
}

// onTheWay reports that another ssh than ours may be the one that speaks and asks: a
// jump host is none of those for whom the password and the policy are.
func (t *sshTalk) onTheWay() bool { return t.proxied && (t.remote == 0 || t.remote < t.local) }

const debug = "debug1: "

// chatty reports the lines that are of use in a log only.
func chatty(line []byte) bool {
	text := string(line)
	for _, p := range []string{debug, "debug2: ", "debug3: ", "Authenticated to ", "Transferred: ", "Bytes per second: "} {
		if strings.HasPrefix(text, p) {
			return true
		}
	}
	return false
}

func (t *sshTalk) at(p Phase, detail string) {
	if t.phase != p {
		t.phase = p
		t.enter(p, detail)
	}
}

// learn takes down a whole line.
func (t *sshTalk) learn(text string) {
	if said, ok := strings.CutPrefix(text, debug); ok {
		t.learnProgress(said)
		return
	}
	words := strings.Fields(text)
	switch {
	case strings.Contains(text, "HOST IDENTIFICATION HAS CHANGED"):
		t.key.Reason = "changed"
	case strings.Contains(text, "REVOKED HOST KEY DETECTED"):
		t.key.Reason = "revoked"
	case strings.HasPrefix(text, "Permissions ") && strings.HasSuffix(text, " are too open."): // "0644 for 'PATH'"
		_, path, _ := strings.Cut(text, "'")
		t.login.TooOpen, _, _ = strings.Cut(path, "'")
	case strings.HasPrefix(text, "Offending ") && len(words) > 4:
		_, at, _ := strings.Cut(text, " in ")
		if file, line, ok := cutLast(at, ":"); ok {
			t.key.File = file
			t.key.Line, _ = strconv.Atoi(line)
		}
	}
}

// learnProgress follows the connection; what a line means is the same in all
// versions since 7.0, as scripts and people rely on it.
func (t *sshTalk) learnProgress(said string) {
	switch {
	case strings.HasPrefix(said, "Connecting to "):
		t.address = connectingTo(strings.TrimSuffix(strings.TrimPrefix(said, "Connecting to "), "."))
		t.at(PhasePort, t.address)
	case strings.HasPrefix(said, "kex_exchange_identification: banner line "):
		_, line, _ := strings.Cut(strings.TrimPrefix(said, "kex_exchange_identification: banner line "), ": ")
		t.before = append(t.before, line)
	case strings.HasPrefix(said, "Setting implicit ProxyCommand from ProxyJump: "):
		_, t.jump, _ = cutLast(said, " ")
	case strings.HasPrefix(said, "Executing proxy command: "):
		t.proxied = true
		_, t.target, _ = strings.Cut(said, " -W '[")
		t.target, _, _ = strings.Cut(strings.Replace(t.target, "]:", ":", 1), "'")
	case strings.HasPrefix(said, "Remote protocol version "):
		t.remote++
	case strings.HasPrefix(said, "Connection established"):
		t.at(PhaseKeyExchange, t.address)
	case strings.HasPrefix(said, "Local version string"):
		t.local++
		t.at(PhaseKeyExchange, t.address)
	case strings.HasPrefix(said, "Authenticating to "):
		who := strings.TrimPrefix(said, "Authenticating to ")
		address, user, _ := strings.Cut(who, " as ")
		t.address, t.login.User = address, strings.Trim(user, "'")
	case strings.HasPrefix(said, "Server host "): // "key: TYPE SHA256:…", or "certificate: …"
		if words := strings.Fields(said); len(words) > 4 {
			t.key.Type, t.key.Fingerprint = words[3], strings.TrimSuffix(words[4], ",")
		}
		t.at(PhaseHostKey, strings.TrimPrefix(said, "Server host key: "))
	case strings.HasPrefix(said, "SSH2_MSG_NEWKEYS received"):
		if t.phase == PhaseHostKey || t.phase == PhaseKeyExchange { // else keys are renewed
			t.at(PhaseAuth, "")
		}
	case strings.HasPrefix(said, "Authentications that can continue: "):
		t.login.Accepted = strings.Split(strings.TrimPrefix(said, "Authentications that can continue: "), ",")
	case strings.HasPrefix(said, "Offering public key: "):
		t.login.Tried = append(t.login.Tried, offered(strings.TrimPrefix(said, "Offering public key: ")))
	case strings.HasPrefix(said, "Sending command: "):
		t.at(PhaseShell, "")
	case t.phase == PhaseConfig:
		if !strings.HasPrefix(said, "Reading configuration") && !strings.Contains(said, "Applying options") {
			t.at(PhaseName, "")
		}
	}
}

// offered shortens "/home/me/.ssh/id ED25519 SHA256:… explicit".
func offered(said string) string {
	path, rest, ok := strings.Cut(said, " SHA256:")
	if !ok {
		return said
	}
	path, typ, _ := cutLast(path, " ")
	if strings.Contains(rest, " agent") {
		path += " in the agent"
	}
	return path + " (" + typ + ")"
}

// failed gives the error that a line tells of, nil if it tells of none.
func (t *sshTalk) failed(host, text string) error {
	if t.onTheWay() && t.jump != "" {
		return t.failedOnTheWay(host, text)
	}
	return t.failedAt(host, text)
}

// failedOnTheWay is for lines of the ssh that reaches the jump host: ours has none to
// tell of names and ports.
func (t *sshTalk) failedOnTheWay(host, text string) error {
	if why, ok := strings.CutPrefix(text, "channel 0: open failed: "); ok {
		return CannotConnectFrom(host, t.target, t.jump, why)
	}
	if strings.HasPrefix(text, "ssh: ") {
		return throughJump(host, t.failedAt(t.jump, text))
	}
	return t.failedAt(host, text)
}

// throughJump is the error of a jump host, if there is one, as that of host.
func throughJump(host string, err error) error {
	if err == nil {
		return nil
	}
	return Through(host, value.AsError(err))
}

func (t *sshTalk) failedAt(host, text string) error {
	if why, ok := strings.CutPrefix(text, "ssh: Could not resolve hostname "); ok {
		name, why, _ := strings.Cut(why, ": ")
		return SSHError(host, PhaseName, value.KindStream, "cannot resolve %s: %s", name, why)
	}
	if why, ok := strings.CutPrefix(text, "ssh: connect to host "); ok {
		where, why, _ := strings.Cut(why, ": ")
		name, port, _ := strings.Cut(where, " port ")
		if strings.Contains(name, ":") {
			name = "[" + name + "]"
		}
		return CannotConnect(host, name+":"+port, strings.ToLower(why))
	}
	if strings.Contains(text, "Bad configuration option") || strings.HasPrefix(text, "Can't open user config file") {
		return SSHError(host, PhaseConfig, value.KindStream, "cannot read the configuration: %s", text)
	}
	if t.phase == PhaseShell || !endsConnection(text) {
		return nil
	}
	at := t.phase
	if at == PhasePort || at == PhaseName || at == PhaseConfig {
		at = PhaseKeyExchange // of a ProxyCommand's connection ssh does not tell
	}
	if at == PhaseAuth {
		return SSHError(host, at, value.KindStream, "%s: %s (%s)", at, plainEnd(text), t.login.Story())
	}
	return NoKeyExchange(host, or(t.address, "the host"), plainEnd(text), strings.TrimSpace(strings.Join(t.before, "\n")))
}

// connectingTo shortens "web1 [10.0.0.1] port 22".
func connectingTo(said string) string {
	name, rest, ok := strings.Cut(said, " [")
	_, port, ok2 := cutLast(rest, " port ")
	if !ok || !ok2 {
		return said
	}
	return net.JoinHostPort(name, port)
}

// plainEnd says in the other engine's words that a server has hung up.
func plainEnd(text string) string {
	for _, p := range []string{"kex_exchange_identification: ", "ssh_exchange_identification: ", "banner exchange: ", "read: "} {
		text = strings.TrimPrefix(text, p)
	}
	for _, p := range []string{"Connection closed by ", "Connection reset by ", "client sent invalid protocol"} {
		if strings.HasPrefix(text, p) {
			return "the server closed the connection"
		}
	}
	return text
}

// endsConnection knows the last words of ssh about a connection.
func endsConnection(text string) bool {
	for _, p := range []string{"kex_exchange_identification: ", "Unable to negotiate with ", "ssh_dispatch_run_fatal: ",
		"Connection closed by ", "Connection reset by ", "banner exchange: ", "ssh_exchange_identification: ",
		"Bad packet length", "Received disconnect from ", "Protocol major versions differ", "Timeout, server ",
		"Connection timed out during banner exchange"} {
		if strings.HasPrefix(text, p) {
			return true
		}
	}
	return strings.HasPrefix(text, "Connection to ") && strings.HasSuffix(text, " timed out")
}

func cutLast(s, sep string) (before, after string, found bool) {
	i := strings.LastIndex(s, sep)
	if i < 0 {
		return s, "", false
	}
	return s[:i], s[i+len(sep):], true
}
