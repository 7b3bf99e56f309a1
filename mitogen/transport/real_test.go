package transport_test

import (
	"errors"
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"testing"

	"github.com/mitoscript/mitoscript/mitogen/transport"
	"github.com/mitoscript/mitoscript/mitogen/transport/sshdtest"
	"github.com/mitoscript/mitoscript/mitogen/value"
)

func TestRealSudo(t *testing.T) {
	need(t, "sudo")
	if err := exec.Command("sudo", "-n", "true").Run(); err != nil {
		t.Skipf("sudo wants a password here: %v", err)
	}
	checkDescriptors(t)
	echo(t, open(t, &transport.Sudo{}, "sh", "-c", "exec cat"), tenMB())
}

func TestRealSu(t *testing.T) {
	need(t, "su")
	if os.Geteuid() != 0 {
		t.Skip("su asks everybody but root for a password")
	}
	checkDescriptors(t)
	t.Setenv("LC_ALL", "C.UTF-8")
	l := open(t, &transport.Su{}, "sh", "-c", `test "$LC_ALL" = C.UTF-8 && exec cat`)
	echo(t, l, tenMB())
}

// A wrong password, and the question for it, as the real tools put them.
func TestRealRefusals(t *testing.T) {
	if os.Geteuid() == 0 {
		t.Skip("root is asked for no password")
	}
	pw := secret(t, "certainly not this one")
	for name, tr := range map[string]transport.Transport{
		"su password is incorrect": &transport.Su{Password: pw}, "sudo password is incorrect": &transport.Sudo{Password: pw},
		"su password is required": &transport.Su{}, "sudo password is required": &transport.Sudo{},
	} {
		t.Run(name, func(t *testing.T) {
			tool, _, _ := strings.Cut(name, " ")
			need(t, tool)
			if tool == "sudo" && exec.Command("sudo", "-n", "true").Run() == nil {
				t.Skip("sudo wants no password here")
			}
			checkDescriptors(t)
			l := open(t, tr, "sh", "-c", "echo up")
			if err := failure(t, l); err == nil || err.Error() != name {
				t.Error(err)
			}
			// Waiting for an answer, and root: only its terminal's end can end it.
			if err := transport.End(t.Context(), l, 0); err != nil {
				t.Error(err)
			}
		})
	}
}

func realSSH(s *sshdtest.Server) *transport.OpenSSH {
	return &transport.OpenSSH{
		Hostname: sshdtest.Host, ConfigFile: s.Config, IdentityFile: s.IdentityFile,
	}
}

func TestRealSSH(t *testing.T) {
	need(t, "ssh")
	s := sshdtest.Start(t)
	for name, keys := range map[string]transport.HostKeys{
		"pipes": transport.EnforceHostKeys, "terminal": transport.AcceptHostKeys,
	} {
		t.Run(name, func(t *testing.T) {
			checkDescriptors(t)
			tr := realSSH(s)
			tr.HostKeys = keys
			echo(t, open(t, tr, "sh", "-c", `printf "it\047s up!\n" >&2; exec cat`), tenMB())
		})
	}
}

func TestRealSSHFailures(t *testing.T) {
	need(t, "ssh")
	s := sshdtest.Start(t, "PasswordAuthentication yes")
	empty := filepath.Join(t.TempDir(), "known_hosts")
	other := filepath.Join(t.TempDir(), "id")
	if out, err := exec.Command("ssh-keygen", "-q", "-t", "ed25519", "-N", "other", "-f", other).CombinedOutput(); err != nil {
		t.Skipf("cannot make a key: %v: %s", err, out)
	}
	for name, c := range map[string]struct {
		change func(*transport.OpenSSH)
		kind   value.Kind
		want   string
	}{
		"unknown key": {func(o *transport.OpenSSH) { o.Args = []string{"-o", "UserKnownHostsFile " + empty} },
			value.KindHostKey, "ssh web1: the host key of ["},
		"no password": {func(o *transport.OpenSSH) { o.IdentityFile, o.ConfigFile = other, without(t, s.Config, "IdentityFile") },
			value.KindPassword, "ssh web1: SSH password was requested, but none specified"},
		"wrong password": {func(o *transport.OpenSSH) {
			o.IdentityFile, o.ConfigFile = other, without(t, s.Config, "IdentityFile")
			o.Password = secret(t, "wrong")
		}, value.KindPassword, "ssh web1: SSH password is incorrect"},
	} {
		t.Run(name, func(t *testing.T) {
			checkDescriptors(t)
			tr := realSSH(s)
			c.change(tr)
			l := open(t, tr, "cat")
			err := failure(t, l)
			if err == nil || !strings.HasPrefix(err.Error(), c.want) || !errors.Is(err, c.kind) {
				t.Errorf("%v, want %s; diagnostics: %s", err, c.want, l.Diagnostics())
			}
		})
	}
}

// A key's passphrase is the password, too.
func TestRealSSHPassphrase(t *testing.T) {
	need(t, "ssh-keygen")
	s := sshdtest.Start(t)
	if out, err := exec.Command("ssh-keygen", "-q", "-p", "-P", "", "-N", "open sesame", "-f", s.IdentityFile).CombinedOutput(); err != nil {
		t.Fatalf("%v: %s", err, out)
	}
	checkDescriptors(t)
	tr := realSSH(s)
	tr.Password = secret(t, "open sesame")
	echo(t, open(t, tr, "cat"), []byte("hi"))
}

// without copies a client's configuration, leaving out one keyword.
func without(t *testing.T, config, keyword string) string {
	t.Helper()
	text, err := os.ReadFile(config)
	if err != nil {
		t.Fatal(err)
	}
	var keep []string
	for line := range strings.Lines(string(text)) {
		if !strings.HasPrefix(strings.TrimSpace(line), keyword) {
			keep = append(keep, line)
		}
	}
	path := filepath.Join(t.TempDir(), "config")
	if err := os.WriteFile(path, []byte(strings.Join(keep, "")), 0o600); err != nil {
		t.Fatal(err)
	}
	return path
}
