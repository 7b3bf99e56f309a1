package fakessh

import (
	"fmt"
	"strings"
)

// request is what an ssh command line asks for.
type request struct {
	// host is the name that was given; every name means the same context.
	host string
	// subsystem says that command is the name of one.
	subsystem bool
	command   string
	// noInput says that stdin is not to be read (-n).
	noInput bool
	// probe says that nothing is to be run (-G, -V).
	probe bool
}

// usageError says what is wrong with a command line of ssh, as ssh says it.
type usageError string

func (e usageError) Error() string { return string(e) }

func usagef(format string, args ...any) error { return usageError(fmt.Sprintf(format, args...)) }

// The options of OpenSSH's ssh, as in getopt.
const (
	withArgument    = "BbcDEeFIiJLlmOoPpQRSWw"
	withoutArgument = "1246AaCfGgKkMNnqsTtVvXxYy"
)

// parseArgs reads the arguments of ssh, without its name. Options for which there
// is no use here are accepted.
func parseArgs(args []string) (request, error) {
	var q request
	var words []string
	for len(args) > 0 {
		arg := args[0]
		args = args[1:]
		switch {
		case arg == "--" && q.host == "":
			if len(args) > 0 {
				q.host, args = args[0], args[1:]
			}
			words, args = args, nil
		case arg == "--":
			words, args = args, nil
		case len(arg) > 1 && arg[0] == '-':
			rest, err := q.options(arg[1:], args)
			if err != nil {
				return q, err
			}
			args = rest
		case q.host == "":
			q.host = arg // options may follow it
		default:
			words, args = append([]string{arg}, args...), nil
		}
	}
	q.command = strings.Join(words, " ")
	switch {
	case q.probe:
	case q.host == "":
		return q, usageError("Missing hostname")
	case q.command == "":
		return q, usageError("login mode not supported and no command specified")
	}
	return q, nil
}

// options reads a group of letters; args are the arguments behind it.
func (q *request) options(group string, args []string) ([]string, error) {
	for i, letter := range group {
		switch {
		case strings.ContainsRune(withArgument, letter):
			if letter == 'W' || letter == 'Q' || letter == 'O' {
				return nil, usagef("option -%c is not supported: there is no connection of ssh here", letter)
			}
			if i+1 < len(group) {
				return args, nil
			}
			if len(args) == 0 {
				return nil, usagef("option requires an argument -- %c", letter)
			}
			return args[1:], nil
		case !strings.ContainsRune(withoutArgument, letter):
			return nil, usagef("unknown option -- %c", letter)
		case letter == 's':
			q.subsystem = true
		case letter == 'n':
			q.noInput = true
		case letter == 'G', letter == 'V':
			q.probe = true
		}
	}
	return args, nil
}
