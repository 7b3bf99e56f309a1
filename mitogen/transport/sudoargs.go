package transport

import (
	"strings"

	"github.com/mitoscript/mitoscript/mitogen/value"
)

// sudoOptions is what sudo_args may say.
type sudoOptions struct {
	flags           string // letters of E, H, i, n, S
	user, role, typ string
}

func (o *sudoOptions) has(flag byte) bool { return strings.IndexByte(o.flags, flag) >= 0 }

// longSudo maps long options to short ones; those of sudoValued take a value.
// -S (password from stdin) is accepted and dropped: stdin is the link, and
// the password has a terminal to come by.
var longSudo = map[string]byte{
	"preserve-env": 'E', "set-home": 'H', "login": 'i', "non-interactive": 'n',
	"stdin": 'S', "role": 'r', "type": 't', "user": 'u',
}

const (
	sudoFlags  = "EHinS"
	sudoValued = "rtu"
)

// parseSudoArgs reads options in the manner of getopt. The error is a
// StreamError that names the first that is not supported.
func parseSudoArgs(args []string) (*sudoOptions, error) {
	o := &sudoOptions{}
	for len(args) > 0 {
		arg := args[0]
		args = args[1:]
		var err error
		switch {
		case strings.HasPrefix(arg, "--") && len(arg) > 2:
			args, err = o.long(arg[2:], args)
		case strings.HasPrefix(arg, "-") && len(arg) > 1 && arg != "--":
			args, err = o.short(arg[1:], args)
		default:
			err = unsupportedSudo(arg)
		}
		if err != nil {
			return nil, err
		}
	}
	return o, nil
}

// long reads "name" or "name=value", and returns the arguments that are left.
func (o *sudoOptions) long(text string, rest []string) ([]string, error) {
	name, val, hasValue := strings.Cut(text, "=")
	opt, known := longSudo[name]
	valued := strings.IndexByte(sudoValued, opt) >= 0
	if !known || hasValue && !valued {
		return nil, unsupportedSudo("--" + text)
	}
	if valued && !hasValue {
		if len(rest) == 0 {
			return nil, missingSudo("--" + name)
		}
		val, rest = rest[0], rest[1:]
	}
	o.set(opt, val)
	return rest, nil
}

// short reads a cluster of letters, the last of which may take the remainder, or
// the next argument, as its value.
func (o *sudoOptions) short(cluster string, rest []string) ([]string, error) {
	for i := range len(cluster) {
		opt := cluster[i]
		if strings.IndexByte(sudoFlags, opt) >= 0 {
			o.set(opt, "")
			continue
		}
		if strings.IndexByte(sudoValued, opt) < 0 {
			return nil, unsupportedSudo("-" + string(opt))
		}
		val := cluster[i+1:]
		if val == "" {
			if len(rest) == 0 {
				return nil, missingSudo("-" + string(opt))
			}
			val, rest = rest[0], rest[1:]
		}
		o.set(opt, val)
		break
	}
	return rest, nil
}

func (o *sudoOptions) set(opt byte, val string) {
	switch opt {
	case 'r':
		o.role = val
	case 't':
		o.typ = val
	case 'u':
		o.user = val
	default:
		o.flags += string(opt)
	}
}

func unsupportedSudo(arg string) error {
	return badSudo("%q", arg)
}

func missingSudo(arg string) error {
	return badSudo("%q lacks its value", arg)
}

func badSudo(format string, arg string) error {
	return value.Errorf(value.KindStream, "unsupported sudo arguments: "+format, arg).With("phase", string(PhaseConfig)).
		With("hint", "sudo_args takes -E -H -i -n -S -r -t -u and their long forms; others would break the link")
}
