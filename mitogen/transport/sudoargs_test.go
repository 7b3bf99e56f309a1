package transport_test

import (
	"errors"
	"strings"
	"testing"

	"github.com/mitoscript/mitoscript/mitogen/transport"
	"github.com/mitoscript/mitoscript/mitogen/value"
)

// TestSudoArgs has each option that is supported, in each of its forms.
func TestSudoArgs(t *testing.T) {
	for args, want := range map[string]string{
		"":                  "-u root",
		"-E":                "-u root -E",
		"--preserve-env":    "-u root -E",
		"-H":                "-u root -H",
		"--set-home":        "-u root -H",
		"-i":                "-u root -i",
		"--login":           "-u root -i",
		"-n":                "-u root -n",
		"--non-interactive": "-u root -n",
		"-S":                "-u root", // the password has a terminal to come by
		"--stdin":           "-u root",
		"-u db":             "-u db",
		"-udb":              "-u db",
		"--user db":         "-u db",
		"--user=db":         "-u db",
		"-r role":           "-u root -r role",
		"-rrole":            "-u root -r role",
		"--role role":       "-u root -r role",
		"--role=role":       "-u root -r role",
		"-t type":           "-u root -t type",
		"-ttype":            "-u root -t type",
		"--type type":       "-u root -t type",
		"--type=type":       "-u root -t type",
		"-EHin":             "-u root -E -H -i -n",
		"-HSu db":           "-u db -H",
		"-Hudb -r x -t y":   "-u db -H -r x -t y",
		"-u a -u b":         "-u b",
		"--user= -H":        "-u root -H",
	} {
		s := &transport.Sudo{Args: strings.Fields(args)}
		argv, err := s.Command().Argv([]string{"true"})
		if got := strings.Join(argv, " "); err != nil || got != "sudo -p mitogen-sudo-prompt: "+want+" -- true" {
			t.Errorf("%s: %s, %v", args, got, err)
		}
	}
}

// TestSudoArgsThatAreRefused has sudo's other options, and what is none.
func TestSudoArgsThatAreRefused(t *testing.T) {
	for _, args := range []string{
		"-A", "--askpass", "-B", "--bell", "-b", "--background", "-C 5", "--close-from=5", "-D /", "--chdir=/", "-e", "--edit", "-g g", "--group=g",
		"-h", "--help", "-K", "--remove-timestamp", "-k", "--reset-timestamp", "-l", "--list", "-N", "--no-update", "-P", "--preserve-groups",
		"-p x", "--prompt=x", "-R /", "--chroot=/", "-s", "--shell", "-T 5", "--command-timeout=5", "-U u", "--other-user=u", "-v", "--validate", "-V", "--version",
		"--preserve-env=PATH", "--login=x", "--", "-", "true", "VAR=value", "-HA", "-u", "--user", "-r", "-t", "--typ x",
	} {
		s := &transport.Sudo{Args: strings.Fields(args)}
		_, err := s.Command().Argv([]string{"true"})
		word, _, _ := strings.Cut(args, " ")
		named := word
		if word == "-HA" {
			named = "-A"
		}
		if !errors.Is(err, value.KindStream) || !strings.HasPrefix(err.Error(), "unsupported sudo arguments: ") || !strings.Contains(err.Error(), `"`+named) {
			t.Errorf("%s: %v", args, err)
		}
	}
}
