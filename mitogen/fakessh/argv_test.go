package fakessh

import (
	"strings"
	"testing"
)

func TestCommandLinesOfPrograms(t *testing.T) {
	for line, want := range map[string]request{
		// As rsync 3.5.0, OpenSSH 9.2 and git 2.39 have them, the words after bars.
		"host|rsync|--server|-logDtpre.iLsfxCIvu|.|/dst/":    {host: "host", command: "rsync --server -logDtpre.iLsfxCIvu . /dst/"},
		"-l|user|host|rsync|--server|--sender":               {host: "host", command: "rsync --server --sender"},
		"-p|2222|-o|Foo=bar|host|rsync|--server":             {host: "host", command: "rsync --server"},
		"host|-p|2222|rsync|-a|-l":                           {host: "host", command: "rsync -a -l"},
		"-x|-oRequestTTY=no|-oForwardAgent=no|-s|--|h|sftp":  {host: "h", subsystem: true, command: "sftp"},
		"-x|-i|key|-C|-p|2222|-l|u|-s|--|h|sftp":             {host: "h", subsystem: true, command: "sftp"},
		"-x|-oForwardAgent=no|--|h|scp -t /tmp/":             {host: "h", command: "scp -t /tmp/"},
		"-x|-oClearAllForwardings=yes|-n|--|h|scp|/a|h2:/b":  {host: "h", noInput: true, command: "scp /a h2:/b"},
		"-oForwardX11 no|-oPort 2222|-s|--|h|sftp":           {host: "h", subsystem: true, command: "sftp"},
		"-o|SendEnv=GIT_PROTOCOL|-4|h|git-upload-pack 'a b'": {host: "h", command: "git-upload-pack 'a b'"},
		"-G|-o|SendEnv=GIT_PROTOCOL|-p|2222|h":               {host: "h", probe: true},
		"-xCp2222|h|true":                                    {host: "h", command: "true"},
		"::1|ls|--|-l":                                       {host: "::1", command: "ls -- -l"},
	} {
		got, err := parseArgs(strings.Split(line, "|"))
		if err != nil || got != want {
			t.Errorf("%s: got %+v and %v, want %+v", line, got, err, want)
		}
	}
}

func TestCommandLinesThatAreWrong(t *testing.T) {
	for line, want := range map[string]string{
		"-l|user":          "Missing hostname",
		"-l|user|--":       "Missing hostname",
		"host":             "login mode not supported and no command specified",
		"-N|host":          "login mode not supported and no command specified",
		"-Z|host|true":     "unknown option -- Z",
		"--frob|host|true": "unknown option -- -",
		"host|-p":          "option requires an argument -- p",
		"-W|a:22|host":     "option -W is not supported: there is no connection of ssh here",
		"-O|check|host":    "option -O is not supported: there is no connection of ssh here",
	} {
		if _, err := parseArgs(strings.Split(line, "|")); err == nil || err.Error() != want {
			t.Errorf("%s: got %v, want %s", line, err, want)
		}
	}
}
