package nativessh

import (
	"context"
	"os"
	"path/filepath"
	"strconv"
	"strings"
	"time"

	"github.com/mitoscript/mitoscript/mitogen/transport"
	"github.com/mitoscript/mitoscript/mitogen/value"
)

// Config is the effective configuration of one host. It is not changed after
// Resolve, and may be used by several goroutines.
type Config struct {
	// Host is the name as given, Hostname the one that is connected to.
	Host, Hostname string
	User           string
	Port           int
	// Source says where this is from: "/usr/bin/ssh -G", or files.
	Source string

	// IdentityFiles and CertificateFiles are in the order in which they are
	// offered; they need not exist.
	IdentityFiles, CertificateFiles []string
	// IdentitiesOnly leaves out the agent's keys that no IdentityFile names.
	IdentitiesOnly bool
	// Agent is the agent's socket, "" for none.
	Agent string
	// Methods are the ways of authentication that are allowed, in their order.
	Methods []string
	// BatchMode forbids asking a person.
	BatchMode bool

	CheckHostKeys HostKeyPolicy
	// HostKeyAlias stands for the name in known hosts files, "" for Hostname.
	HostKeyAlias string
	// UserKnownHosts may get new keys (the first one), GlobalKnownHosts never.
	UserKnownHosts, GlobalKnownHosts []string
	HashKnownHosts                   bool

	// Jump is the host that this one is reached through, nil for none.
	Jump *Config
	// ProxyCommand is shell text whose stdio is the connection, "" for none.
	ProxyCommand string
	// Network is "tcp", "tcp4" or "tcp6".
	Network     string
	BindAddress string
	// ConnectTimeout bounds what comes before the host's key; 0 leaves it to the context.
	ConnectTimeout time.Duration
	// ConnectionAttempts is how often to try to connect, a second apart.
	ConnectionAttempts int

	// KeyExchanges, Ciphers, MACs, HostKeyAlgorithms and PubkeyAlgorithms are
	// what the account chose; nil where it chose nothing.
	KeyExchanges, Ciphers, MACs, HostKeyAlgorithms, PubkeyAlgorithms []string
	// RekeyBytes is the traffic after which keys are changed, 0 for the default.
	RekeyBytes uint64
	// Env are the variables to be sent, "NAME=VALUE".
	Env []string

	opts        Options
	identities  []identity
	unsupported string
}

// maxHops bounds a chain of ProxyJumps, so that a loop of them ends.
const maxHops = 16

// Resolve gives the effective configuration of the host. A wrong option is a
// ValueError, what cannot be read a StreamError.
func Resolve(ctx context.Context, o Options) (*Config, error) {
	if err := o.validate(); err != nil {
		return nil, err
	}
	if o.depth > maxHops {
		return nil, transport.SSHError(o.Host, transport.PhaseConfig, value.KindStream, "more than %d hosts to jump through", maxHops)
	}
	if o.depth == 0 {
		transport.Enter(ctx, transport.PhaseConfig, "")
	}
	s, err := effective(ctx, &o)
	if err != nil {
		return nil, err
	}
	c := &Config{Host: o.Host, opts: o, Source: s.source}
	if err := c.fill(s); err != nil {
		return nil, err
	}
	if err := c.resolveProxy(ctx, s); err != nil {
		return nil, err
	}
	if err := c.checkIdentityFile(); err != nil {
		return nil, err
	}
	c.loadIdentities()
	c.unsupported = c.findUnsupported(s)
	return c, nil
}

func (c *Config) fill(s *settings) error {
	c.Hostname, c.User = s.first("hostname"), s.first("user")
	port, err := strconv.ParseUint(s.first("port"), 10, 16)
	if err != nil || port == 0 || c.Hostname == "" {
		return transport.SSHError(c.Host, transport.PhaseConfig, value.KindStream, "the configuration gives host name %q and port %q", c.Hostname, s.first("port"))
	}
	c.Port = int(port)
	c.BatchMode = s.on("batchmode")
	c.fillNetwork(s)
	c.fillHostKeys(s)
	c.fillAuth(s)
	c.fillAlgorithms(s)
	c.fillEnv(s)
	return nil
}

func (c *Config) fillNetwork(s *settings) {
	c.Network = map[string]string{"inet": "tcp4", "inet6": "tcp6"}[s.first("addressfamily")]
	if c.Network == "" {
		c.Network = "tcp"
	}
	c.BindAddress = s.first("bindaddress")
	if n, err := strconv.Atoi(s.first("connecttimeout")); err == nil && n > 0 {
		c.ConnectTimeout = time.Duration(n) * time.Second
	}
	attempts, _ := strconv.Atoi(s.first("connectionattempts"))
	c.ConnectionAttempts = max(1, attempts)
	first, _, _ := strings.Cut(s.first("rekeylimit"), " ")
	c.RekeyBytes, _ = strconv.ParseUint(first, 10, 64)
}

func (c *Config) fillHostKeys(s *settings) {
	c.HostKeyAlias = strings.ToLower(s.first("hostkeyalias"))
	c.HashKnownHosts = s.on("hashknownhosts")
	c.UserKnownHosts = c.knownHostsFiles(s.first("userknownhostsfile"))
	c.GlobalKnownHosts = c.knownHostsFiles(s.first("globalknownhostsfile"))
	if c.CheckHostKeys = c.opts.CheckHostKeys; c.CheckHostKeys != "" {
		return
	}
	switch strings.ToLower(s.first("stricthostkeychecking")) {
	case "no", "false", "off":
		c.CheckHostKeys = Ignore
	case "accept-new":
		c.CheckHostKeys = Accept
	default:
		c.CheckHostKeys = Enforce
	}
}

func (c *Config) fillAuth(s *settings) {
	c.Methods = methods(s)
	if c.opts.IdentityFile != "" {
		c.IdentityFiles = []string{c.path(c.opts.IdentityFile)}
		c.IdentitiesOnly = true
		return
	}
	c.IdentityFiles = c.paths(s.values["identityfile"])
	c.CertificateFiles = c.paths(s.values["certificatefile"])
	c.IdentitiesOnly = s.on("identitiesonly")
	c.Agent = c.agentSocket(unquote(s.first("identityagent")))
}

func (c *Config) agentSocket(v string) string {
	switch {
	case v == "" || v == "SSH_AUTH_SOCK":
		return os.Getenv("SSH_AUTH_SOCK")
	case strings.EqualFold(v, "none"):
		return ""
	case strings.HasPrefix(v, "$") && !strings.HasPrefix(v, "${"):
		return os.Getenv(v[1:])
	}
	return c.path(v)
}

// methods are those of this engine's that the configuration allows.
func methods(s *settings) []string {
	preferred := s.first("preferredauthentications")
	if preferred == "" {
		preferred = "publickey,keyboard-interactive,password"
	}
	keys := map[string]string{
		"publickey":            "pubkeyauthentication",
		"keyboard-interactive": "kbdinteractiveauthentication",
		"password":             "passwordauthentication",
	}
	var out []string
	for _, m := range strings.Split(preferred, ",") {
		key, ours := keys[strings.TrimSpace(m)]
		if ours && (len(s.values[key]) == 0 || s.on(key)) {
			out = append(out, strings.TrimSpace(m))
		}
	}
	return out
}

func (c *Config) fillAlgorithms(s *settings) {
	list := func(keys ...string) []string {
		for _, key := range keys {
			if s.chosen(key) {
				return strings.Split(s.first(key), ",")
			}
		}
		return nil
	}
	c.KeyExchanges = list("kexalgorithms")
	c.Ciphers = list("ciphers")
	c.MACs = list("macs")
	c.HostKeyAlgorithms = list("hostkeyalgorithms")
	c.PubkeyAlgorithms = list("pubkeyacceptedalgorithms", "pubkeyacceptedkeytypes")
}

// fillEnv gathers SetEnv, which wins, and what SendEnv's patterns match here.
func (c *Config) fillEnv(s *settings) {
	seen := map[string]bool{}
	add := func(entry string) {
		if name, _, ok := strings.Cut(entry, "="); ok && !seen[name] {
			seen[name] = true
			c.Env = append(c.Env, entry)
		}
	}
	for _, entry := range s.values["setenv"] {
		add(entry)
	}
	for _, entry := range os.Environ() {
		name, _, _ := strings.Cut(entry, "=")
		for _, pattern := range strings.Fields(strings.Join(s.values["sendenv"], " ")) {
			if ok, _ := filepath.Match(pattern, name); ok {
				add(entry)
			}
		}
	}
}

// HostPort is the address that is connected to, "web1:22".
func (c *Config) HostPort() string { return hostPort(c.Hostname, c.Port) }
