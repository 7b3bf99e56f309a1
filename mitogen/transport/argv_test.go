package transport_test

import (
	"errors"
	"os"
	"os/exec"
	"strings"
	"testing"

	"github.com/mitoscript/mitoscript/mitogen/transport"
	"github.com/mitoscript/mitoscript/mitogen/value"
)

type argver interface {
	Argv(boot []string) ([]string, error)
}

func secret(t *testing.T, s string) value.Secret {
	t.Helper()
	v, err := value.NewSecret(s)
	if err != nil {
		t.Fatal(err)
	}
	return v
}

func TestArgv(t *testing.T) {
	pw := secret(t, "hunter2")
	const boot = "|sh|-c|echo hi"
	const alive = "-o|ServerAliveInterval 15|-o|ServerAliveCountMax 3"
	t.Setenv("LC_ALL", "de_DE.UTF-8")
	for _, c := range []struct {
		cmd  argver
		want string
	}{
		{(&transport.OpenSSH{Hostname: "web1"}).Command(t.Context()),
			"ssh|-T|-o|LogLevel DEBUG1|" + alive + "|-o|BatchMode yes|-o|StrictHostKeyChecking yes|web1|sh -c 'echo hi'"},
		{(&transport.OpenSSH{Hostname: "web1", Username: "bob", Port: 2222, Password: pw, Compression: true,
			KeepaliveInterval: -1, Path: "/opt/ssh", Args: []string{"-J", "gate"}, ConfigFile: "/c"}).Command(t.Context()),
			"/opt/ssh|-T|-o|LogLevel DEBUG1|-F|/c|-l|bob|-p|2222|-o|IdentitiesOnly yes|" +
				"-o|StrictHostKeyChecking yes|-J|gate|web1|sh -c 'echo hi'"},
		{(&transport.OpenSSH{Hostname: "web1", IdentityFile: "key", HostKeys: transport.AcceptHostKeys}).Command(t.Context()),
			"ssh|-T|-o|LogLevel DEBUG1|-i|key|-o|IdentitiesOnly yes|-o|IdentityAgent none|" + alive +
				"|-o|StrictHostKeyChecking ask|web1|sh -c 'echo hi'"},
		{(&transport.OpenSSH{Hostname: "web1", HostKeys: transport.IgnoreHostKeys, KeepaliveInterval: 1, KeepaliveCount: 9}).Command(t.Context()),
			"ssh|-T|-o|LogLevel DEBUG1|-o|ServerAliveInterval 1|-o|ServerAliveCountMax 9|-o|BatchMode yes|" +
				"-o|StrictHostKeyChecking no|-o|UserKnownHostsFile /dev/null|-o|GlobalKnownHostsFile /dev/null|web1|sh -c 'echo hi'"},
		{(&transport.Sudo{}).Command(), "sudo|-p|mitogen-sudo-prompt:|-u|root|--" + boot},
		{(&transport.Sudo{Username: "db", SetHome: true, PreserveEnv: true, Login: true, SELinuxRole: "serole", SELinuxType: "setype"}).Command(),
			"sudo|-p|mitogen-sudo-prompt:|-u|db|-E|-H|-i|-r|serole|-t|setype|--" + boot},
		{(&transport.Sudo{Args: []string{"--type", "x", "--role=y", "--user", "u", "-HSn"}}).Command(),
			"sudo|-p|mitogen-sudo-prompt:|-u|u|-H|-n|-r|y|-t|x|--" + boot},
		{(&transport.Sudo{Args: []string{"-Eub", "-r", "y"}}).Command(),
			"sudo|-p|mitogen-sudo-prompt:|-u|b|-E|-r|y|--" + boot},
		{(&transport.Su{Username: "db"}).Command(),
			`su|db|-c|sh -c 'LC_ALL=de_DE.UTF-8;exec "$@" <&3 >&4 3<&- 4>&-' sh sh -c 'echo hi'`},
		{(&transport.Doas{}).Command(), "doas|-u|root|--" + boot},
		{&transport.Docker{Container: "c"}, "docker|exec|--interactive|c" + boot},
		{&transport.Docker{Image: "i", Username: "u"}, "docker|run|--interactive|--rm|--entrypoint=|--user=u|i" + boot},
		{&transport.Podman{Container: "c", Username: "u", Path: "/p"}, "/p|exec|--interactive|--user=u|c" + boot},
		{&transport.Buildah{Container: "c", Username: "u"}, "buildah|run|--user=u|--|c" + boot},
		{&transport.Kubectl{Pod: "p", Args: []string{"-n", "ns"}}, "kubectl|-n|ns|exec|-i|p|--" + boot},
		{&transport.LXC{Container: "c"}, "lxc-attach|--clear-env|--name|c|--" + boot},
		{&transport.LXD{Container: "c"}, "lxc|exec|--mode=non-interactive|c|--" + boot},
		{&transport.Incus{Container: "c"}, "incus|exec|--mode=non-interactive|c|--" + boot},
		{&transport.Jail{Container: "c", Username: "u"}, "jexec|-U|u|c" + boot},
	} {
		got, err := c.cmd.Argv([]string{"sh", "-c", "echo hi"})
		if err != nil || strings.Join(got, "|") != c.want {
			t.Errorf("%v\ngot  %s\nwant %s", err, strings.Join(got, "|"), c.want)
		}
	}
}

func TestArgvErrors(t *testing.T) {
	for _, c := range []struct {
		cmd  argver
		kind value.Kind
		want string
	}{
		{(&transport.OpenSSH{Hostname: "-oProxyCommand=evil"}).Command(t.Context()), value.KindValue, "starts with a dash"},
		{(&transport.OpenSSH{}).Command(t.Context()), value.KindValue, "host name is empty"},
		{(&transport.OpenSSH{Hostname: "web1", HostKeys: "maybe"}).Command(t.Context()), value.KindValue, `not "maybe"`},
		{(&transport.OpenSSH{Hostname: "web1", Port: 70000}).Command(t.Context()), value.KindValue, "70000"},
		{(&transport.Sudo{Args: []string{"-b"}}).Command(), value.KindStream, `unsupported sudo arguments: "-b"`},
		{(&transport.Sudo{Args: []string{"--edit"}}).Command(), value.KindStream, `"--edit"`},
		{(&transport.Sudo{Args: []string{"--login=x"}}).Command(), value.KindStream, `"--login=x"`},
		{(&transport.Sudo{Args: []string{"ls"}}).Command(), value.KindStream, `"ls"`},
		{(&transport.Sudo{Args: []string{"-u"}}).Command(), value.KindStream, "lacks its value"},
		{(&transport.Su{Username: "-s"}).Command(), value.KindValue, "starts with a dash"},
		{&transport.Docker{}, value.KindValue, "exactly one"},
		{&transport.Docker{Container: "c", Image: "i"}, value.KindValue, "exactly one"},
		{&transport.Podman{Image: "--privileged"}, value.KindValue, "starts with a dash"},
		{&transport.Kubectl{}, value.KindValue, "is empty"},
	} {
		_, err := c.cmd.Argv([]string{"true"})
		if err == nil || !errors.Is(err, c.kind) || !strings.Contains(err.Error(), c.want) {
			t.Errorf("%v, want %s with %s", err, c.kind, c.want)
		}
	}
}

func TestNames(t *testing.T) {
	for _, c := range []struct {
		tr   transport.Transport
		want string
	}{
		{&transport.OpenSSH{Hostname: "web1"}, "ssh.web1"},
		{&transport.OpenSSH{Hostname: "web1", Port: 22}, "ssh.web1"},
		{&transport.OpenSSH{Hostname: "web1", Port: 2222}, "ssh.web1:2222"},
		{&transport.Sudo{}, "sudo.root"}, {&transport.Sudo{Username: "db"}, "sudo.db"},
		{&transport.Su{}, "su.root"}, {&transport.Doas{Username: "db"}, "doas.db"},
		{&transport.Docker{Container: "c"}, "docker.c"}, {&transport.Podman{Image: "i"}, "podman.i"},
		{&transport.Buildah{Container: "c"}, "buildah.c"}, {&transport.Kubectl{Pod: "p"}, "kubectl.p"},
		{&transport.LXC{Container: "c"}, "lxc.c"}, {&transport.LXD{Container: "c"}, "lxd.c"},
		{&transport.Incus{Container: "c"}, "incus.c"}, {&transport.Jail{Container: "c"}, "jail.c"},
		{&transport.Local{}, "local.%d"}, {&transport.Forker{}, "fork.%d"},
	} {
		if c.tr.Name() != c.want {
			t.Errorf("%s, want %s", c.tr.Name(), c.want)
		}
	}
}

// ssh's terminal is for its questions only: their number is limited.
func TestTerminalOnlyForQuestions(t *testing.T) {
	pw := secret(t, "hunter2")
	for _, c := range []struct {
		ssh  transport.OpenSSH
		want transport.TTYMode
	}{
		{transport.OpenSSH{}, transport.NoTTY},
		{transport.OpenSSH{HostKeys: transport.IgnoreHostKeys}, transport.NoTTY},
		{transport.OpenSSH{HostKeys: transport.AcceptHostKeys}, transport.StderrTTY},
		{transport.OpenSSH{Password: pw}, transport.StderrTTY},
	} {
		if got := c.ssh.Command(t.Context()).TTY(); got != c.want {
			t.Errorf("%+v: %d, want %d", c.ssh, got, c.want)
		}
	}
}

// Every login shell must give the words back as they were.
func TestQuote(t *testing.T) {
	words := []string{"plain", "", "two words", "it's", `back\slash`, `\`, `\\`, `\'`, `\!`, "a!b", "!!", "$HOME `id` \"$@\"",
		"~", "*", "=ls", "#x", "a;b&c|d<e>f(g){h}", "%", "@", "^", "-n", "é☃", `end\`, "tab\there", `\n`, "[a]", "?"}
	for _, shell := range []string{"sh", "bash", "dash", "mksh", "zsh", "csh", "tcsh", "fish"} {
		t.Run(shell, func(t *testing.T) {
			need(t, shell)
			cmd := exec.Command(shell, "-c", transport.Quote(append([]string{"/usr/bin/printf", `<%s>\n`}, words...)...))
			cmd.Env = append(os.Environ(), "HOME="+t.TempDir(), "LC_ALL=C.UTF-8")
			out, err := cmd.CombinedOutput()
			if want := "<" + strings.Join(words, ">\n<") + ">\n"; err != nil || string(out) != want {
				t.Errorf("%v: got\n%s\nwant\n%s", err, out, want)
			}
		})
	}
}
