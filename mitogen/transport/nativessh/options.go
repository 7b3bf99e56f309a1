package nativessh

import (
	"context"
	"strings"
	"time"

	"github.com/mitoscript/mitoscript/mitogen/value"
)

// HostKeyPolicy says what becomes of host keys that are not known.
type HostKeyPolicy string

// The policies; the empty one is what the configuration says.
const (
	// Enforce refuses unknown and changed keys.
	Enforce HostKeyPolicy = "enforce"
	// Accept records unknown keys and refuses changed ones.
	Accept HostKeyPolicy = "accept"
	// Ignore takes every key.
	Ignore HostKeyPolicy = "ignore"
)

// Options is what a script asked for; it wins over the configuration.
type Options struct {
	// Host is the name as given: configuration is looked up by it. Required.
	Host string
	// Username is the remote account; "" leaves it to the configuration.
	Username string
	// Port is 0 to leave it to the configuration.
	Port int
	// Password answers password prompts, and those for keys' passphrases. The
	// zero Secret means none.
	Password value.Secret
	// IdentityFile is the only key that is used, without the agent; "" leaves
	// keys to the configuration.
	IdentityFile string
	// CheckHostKeys is "" to leave it to the configuration, where asking means
	// Enforce.
	CheckHostKeys HostKeyPolicy
	// ConfigFile is read instead of the usual files; "" for those.
	ConfigFile string
	// Compression asks for a link that compresses (see transport.Compressor).
	Compression bool
	// KeepaliveInterval is the time between two keep-alives; 0 sends none.
	KeepaliveInterval time.Duration
	// KeepaliveCount is how many intervals may pass without an answer until the
	// connection is given up; 0 means 3.
	KeepaliveCount int
	// Ask gets a secret from a person when Password is none; nil if there is
	// nobody. It must return when ctx, the set-up's, ends.
	Ask func(ctx context.Context, prompt string) (string, error)
	// Program is the ssh program that knows the configuration: "" searches ssh
	// on PATH. If there is no such program, the files are read without it.
	Program string
	// Cache keeps the answers of Program; nil asks each time.
	Cache *Cache

	// jump is what ProxyJump leaves for this host, which is one of its hops.
	jump string
	// depth counts the hops that lead to this one.
	depth int
}

func (o *Options) validate() error {
	if o.Host == "" || strings.HasPrefix(o.Host, "-") {
		return value.Errorf(value.KindValue, "ssh: %q is not a host name", o.Host)
	}
	if strings.HasPrefix(o.Username, "-") {
		return value.Errorf(value.KindValue, "ssh %s: %q is not a user name", o.Host, o.Username)
	}
	if o.Port < 0 || o.Port > 65535 {
		return value.Errorf(value.KindValue, "ssh %s: %d is not a port", o.Host, o.Port)
	}
	switch o.CheckHostKeys {
	case "", Enforce, Accept, Ignore:
		return nil
	}
	return value.Errorf(value.KindValue, "ssh %s: check_host_keys is %q, not one of enforce, accept, ignore", o.Host, o.CheckHostKeys)
}

func (o *Options) keepaliveCount() int {
	if o.KeepaliveCount <= 0 {
		return 3
	}
	return o.KeepaliveCount
}
