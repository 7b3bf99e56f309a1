package nativessh

import (
	"os"
	"os/user"
	"path/filepath"
	"strconv"
	"strings"
)

// who is the account that this process runs as.
type who struct{ name, home, uid string }

func account() who {
	w := who{uid: strconv.Itoa(os.Getuid())}
	if u, err := user.Current(); err == nil {
		w.name, w.home = u.Username, u.HomeDir
	}
	if w.home == "" {
		w.home, _ = os.UserHomeDir()
	}
	return w
}

// tokens replaces the % tokens of ssh_config.
func (c *Config) tokens() *strings.Replacer {
	w := account()
	local, _ := os.Hostname()
	short, _, _ := strings.Cut(local, ".")
	alias := c.HostKeyAlias
	if alias == "" {
		alias = c.Host
	}
	return strings.NewReplacer("%%", "%", "%h", c.Hostname, "%n", c.Host, "%p", strconv.Itoa(c.Port),
		"%r", c.User, "%u", w.name, "%d", w.home, "%i", w.uid, "%l", local, "%L", short, "%k", alias)
}

// path expands a file name of the configuration: ~, ${VARIABLE} and tokens.
func (c *Config) path(name string) string {
	if rest, ok := strings.CutPrefix(name, "~/"); ok {
		name = filepath.Join(account().home, rest)
	}
	return variables(c.tokens().Replace(name))
}

// variables replaces ${NAME}; other dollars stay.
func variables(s string) string {
	var b strings.Builder
	for {
		before, rest, found := strings.Cut(s, "${")
		name, after, closed := strings.Cut(rest, "}")
		b.WriteString(before)
		if !found {
			return b.String()
		}
		if !closed {
			return b.String() + "${" + rest
		}
		b.WriteString(os.Getenv(name))
		s = after
	}
}

func (c *Config) paths(names []string) []string {
	var out []string
	for _, n := range names {
		if n = unquote(n); n != "" && !strings.EqualFold(n, "none") {
			out = append(out, c.path(n))
		}
	}
	return out
}

func unquote(s string) string {
	if len(s) >= 2 && s[0] == '"' && s[len(s)-1] == '"' {
		return s[1 : len(s)-1]
	}
	return s
}

// knownHostsFiles splits a list of paths as ssh -G prints it: without the quotes
// that paths with spaces had. What does not begin like a path continues the one
// before it.
func (c *Config) knownHostsFiles(list string) []string {
	var names []string
	for i, field := range strings.Split(list, " ") {
		if i == 0 || field != "" && strings.ContainsAny(field[:1], `/~$%"`) || strings.EqualFold(field, "none") {
			names = append(names, field)
		} else {
			names[len(names)-1] += " " + field
		}
	}
	return c.paths(names)
}
