package path

import (
	"os"
	"strings"

	"github.com/mitoscript/mitoscript/interp"
	"github.com/mitoscript/mitoscript/stdlib/user"
)

// Arg returns the path in an argument, with "~" expanded; None is "".
func Arg(a *interp.Args, name string) (string, error) {
	p, err := a.Data(name)
	if err != nil {
		return "", err
	}
	return Home(p), nil
}

// Home expands a leading "~" or "~user". That of an unknown user stays as it
// stands, since "~name" may be a file's own name.
func Home(p string) string {
	if !strings.HasPrefix(p, "~") {
		return p
	}
	name, rest := p[1:], ""
	if i := strings.IndexByte(p, '/'); i >= 0 {
		name, rest = p[1:i], p[i:]
	}
	home := ""
	if name == "" {
		home = OwnHome()
	} else {
		acc, err := user.Database{}.Account(name)
		if err != nil {
			return p
		}
		home = acc.Home
	}
	if joined := strings.TrimRight(home, "/") + rest; joined != "" {
		return joined
	}
	return "/"
}

// OwnHome is the home folder of this process's user: $HOME, else the account's.
func OwnHome() string {
	if h := os.Getenv("HOME"); h != "" {
		return h
	}
	return user.Database{}.Current().Home
}

// expandVars replaces $NAME and ${NAME}; an unset variable is left as it stands.
func expandVars(p string) string {
	var b strings.Builder
	for {
		i := strings.IndexByte(p, '$')
		if i < 0 {
			b.WriteString(p)
			return b.String()
		}
		b.WriteString(p[:i])
		name, length := varName(p[i:])
		if v, ok := os.LookupEnv(name); ok && name != "" {
			b.WriteString(v)
		} else {
			b.WriteString(p[i : i+length])
		}
		p = p[i+length:]
	}
}

// varName reads the variable at the start of p, which begins with "$", and the
// length of its mention.
func varName(p string) (name string, length int) {
	if strings.HasPrefix(p, "${") {
		if end := strings.IndexByte(p, '}'); end > 0 {
			return p[2:end], end + 1
		}
		return "", 2
	}
	n := 1
	for n < len(p) && (p[n] == '_' || p[n]|0x20 >= 'a' && p[n]|0x20 <= 'z' || n > 1 && p[n] >= '0' && p[n] <= '9') {
		n++
	}
	return p[1:n], n
}
