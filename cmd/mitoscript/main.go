//go:build !child

package main

import (
	"errors"
	"fmt"
	"os"
	"strings"

	"github.com/mitoscript/mitoscript/mitogen/fakessh"
	"github.com/mitoscript/mitoscript/mitogen/value"
)

func main() {
	// A child starts often and must start fast: nothing of the command line for it.
	if len(os.Args) > 1 && os.Args[1] == childCommand {
		os.Exit(childMain(os.Args[2:]))
	}
	if fakessh.IsClient() {
		os.Exit(fakessh.ClientMain())
	}
	os.Exit(runCommand(os.Args[1:]))
}

// The exit statuses; 128+N is for signal N.
const (
	exitOK      = 0
	exitScript  = 1
	exitUsage   = 2
	exitSyntax  = 3
	exitTimeout = 124
)

// statusError ends the program with a status. Its text, if any, is for the person.
type statusError struct {
	status int
	err    error
	hint   string
}

func (e *statusError) Error() string {
	if e.err == nil {
		return ""
	}
	return e.err.Error()
}

func (e *statusError) Unwrap() error { return e.err }

func usageError(format string, args ...any) error {
	return &statusError{status: exitUsage, err: fmt.Errorf(format, args...)}
}

// exitStatus prints why the program fails and gives its exit status.
func exitStatus(err error) int {
	if err == nil {
		return exitOK
	}
	status := &statusError{status: exitUsage, err: err}
	errors.As(err, &status)
	if text := status.Error(); text != "" {
		fmt.Fprintln(os.Stderr, "mitoscript: "+strings.TrimSpace(visible(text)))
	}
	if status.hint != "" {
		fmt.Fprintln(os.Stderr, "hint: "+visible(status.hint))
	}
	return status.status
}

// scriptFailed is the error of a script that ended by one: its traceback across
// contexts stands before the message.
func scriptFailed(err error) error {
	e := value.AsError(err)
	return &statusError{status: exitScript, hint: hintOf(e), err: errors.New(firstLine(e) + "\n" + strings.TrimRight(e.Report(), "\n"))}
}

// hintOf is what an error, or one behind it, says about what can be done.
func hintOf(e *value.Error) string {
	for ; e != nil; e = e.Cause {
		for _, a := range e.Attrs {
			if hint, ok := a.Value.(string); ok && a.Name == "hint" {
				return hint
			}
		}
	}
	return ""
}

// firstLine says what failed in one line.
func firstLine(e *value.Error) string {
	where := ""
	for e.Kind == value.KindCall && e.Context != "" && e.Cause != nil {
		where += "in context " + e.Context + ": "
		e = e.Cause
	}
	text := oneLine(e.Message)
	if e.Context != "" && !strings.Contains(text, e.Context) && !namesHost(e) {
		text = e.Context + ": " + text
	}
	return "the script failed: " + where + string(e.Kind) + ": " + text
}

// namesHost reports whether the text begins with the host's name, as ssh's errors do.
func namesHost(e *value.Error) bool {
	for _, a := range e.Attrs {
		if host, ok := a.Value.(string); ok && a.Name == "host" {
			return strings.HasPrefix(e.Message, "ssh "+host+": ")
		}
	}
	return false
}

// maxSaid bounds what firstLine tells of a far side's last lines, in bytes.
const maxSaid = 300

// oneLine is a message's first line; one that announces the lines that follow it
// is told with the last of them, where the reason stands.
func oneLine(message string) string {
	first, rest, _ := strings.Cut(message, "\n")
	if !strings.HasSuffix(first, ":") {
		return first
	}
	said := ""
	lines := strings.Split(rest, "\n")
	for i := len(lines) - 1; i >= 0; i-- {
		line := strings.TrimSpace(lines[i])
		if line == "" {
			continue
		}
		if said != "" && len(line)+len(said) > maxSaid {
			break
		}
		said = strings.TrimSuffix(line+"; "+said, "; ")
	}
	if said == "" {
		said = "it said nothing"
	}
	return first + " " + said
}
