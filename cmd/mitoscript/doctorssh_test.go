//go:build !child

package main

import (
	"net"
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"testing"

	"github.com/mitoscript/mitoscript/mitogen/transport/sshdtest"
)

// Hosts that are reached by ssh, and are not.
func TestDoctorOfSSH(t *testing.T) {
	examine(t, []fault{
		{name: "no such name", phase: "name", says: `no-such-host\.invalid`, hint: "check the spelling",
			inject: func(w *ward) []string { return []string{"no-such-host.invalid"} }},
		{name: "no such name, by OpenSSH", phase: "name", says: `cannot resolve no-such-host\.invalid`, hint: "check the spelling",
			inject: func(w *ward) []string { return w.openSSH([]string{"no-such-host.invalid"}) }},
		{name: "nobody listens", phase: "port", says: `127\.0\.0\.1:1: connection refused`, hint: "nothing listens on that port",
			inject: func(w *ward) []string { return []string{"127.0.0.1:1"} }},
		{name: "nobody listens, by OpenSSH", phase: "port", says: `127\.0\.0\.1:1: connection refused`, hint: "nothing listens on that port",
			inject: func(w *ward) []string { return w.openSSH([]string{"-p", "1", "127.0.0.1"}) }},
		{name: "another server", phase: "key exchange", says: `220 mail ready`, hint: "is it an ssh server",
			inject: func(w *ward) []string { return []string{"127.0.0.1:" + w.listener(mail)} }},
		{name: "another server, by OpenSSH", phase: "key exchange", says: `220 mail ready`, hint: "is it an ssh server",
			inject: func(w *ward) []string { return w.openSSH([]string{"127.0.0.1:" + w.listener(mail)}) }},
		{name: "it hangs up", phase: "key exchange", says: `closed the connection`, hint: "MaxStartups",
			inject: func(w *ward) []string { return []string{"127.0.0.1:" + w.listener(hangUp)} }},
		{name: "it is silent", phase: "key exchange", says: `timed out`, hint: "is it an ssh server", hangs: true,
			inject: func(w *ward) []string { return []string{"127.0.0.1:" + w.listener(func(net.Conn) {})} }},
		{name: "bad configuration", phase: "configuration", says: `(?i)bogus`, hint: "ssh -G",
			inject: func(w *ward) []string { return []string{"-F", w.file("config", "Host web1\n  Bogus yes\n"), "web1"} }},
		{name: "no configuration", phase: "configuration", says: `(?i)no such file`, hint: "ssh -G",
			inject: func(w *ward) []string { return []string{"-F", w.path("none"), "web1"} }},
		{name: "no ssh", phase: "configuration", says: `\[Errno 2\].*/no/ssh`, hint: `is it installed`,
			inject: func(w *ward) []string { return w.inventory("web1 ansible_ssh_executable=/no/ssh") }},
		{name: "a jump host that is down", phase: "port", says: `127\.0\.0\.1:1: connection refused`, hint: "nothing listens",
			inject: func(w *ward) []string {
				return []string{"-F", w.file("config", "Host web1\n  ProxyJump 127.0.0.1:1\n"), "web1"}
			}},
		{name: "a proxy command that ends", phase: "key exchange", says: `closed the connection`, hint: "ProxyCommand",
			inject: func(w *ward) []string {
				return []string{"-F", w.file("config", "Host web1\n  ProxyCommand false\n"), "web1"}
			}},
	})
}

func mail(c net.Conn)   { _, _ = c.Write([]byte("220 mail ready\r\n")); hangUp(c) }
func hangUp(c net.Conn) { _ = c.Close() }

// The host's key and the login.
func TestDoctorOfLogin(t *testing.T) {
	examine(t, []fault{
		{name: "unknown key", phase: "host key", says: `is unknown: it is not in .*known_hosts`, hint: "compare the fingerprint",
			inject: func(w *ward) []string { return w.sshdKnown("") }},
		{name: "unknown key, by OpenSSH", phase: "host key", says: `is unknown`, hint: "compare the fingerprint",
			inject: func(w *ward) []string { return w.openSSH(w.sshdKnown("")) }},
		{name: "changed key", phase: "host key", says: `has changed: .*known_hosts:1 has another`, hint: "ssh-keygen -R",
			inject: func(w *ward) []string { return w.sshdKnown(w.key("other")) }},
		{name: "changed key, by OpenSSH", phase: "host key", says: `has changed: .*known_hosts:1 has another`, hint: "ssh-keygen -R",
			inject: func(w *ward) []string { return w.openSSH(w.sshdKnown(w.key("other"))) }},
		{name: "revoked key", phase: "host key", says: `is revoked by .*known_hosts`, hint: "needs another key",
			inject: func(w *ward) []string { return w.sshdKnown("@revoked") }},
		{name: "revoked key, by OpenSSH", phase: "host key", says: `is revoked by a known hosts file`, hint: "needs another key",
			inject: func(w *ward) []string { return w.openSSH(w.sshdKnown("@revoked")) }},
		{name: "wrong key", phase: "authentication", says: `authentication is incorrect .*the server accepts publickey; keys tried: .*other`, hint: "authorized_keys",
			inject: func(w *ward) []string {
				w.key("other")
				return w.sshdVars("ansible_ssh_private_key_file="+w.path("other"), "")
			}},
		{name: "no method is left", phase: "authentication", says: `authentication is incorrect`, hint: "authorized_keys",
			inject: func(w *ward) []string { return w.sshd("PubkeyAuthentication no", "GSSAPIAuthentication yes") }},
		{name: "the account may not log in", phase: "authentication", says: `authentication is incorrect`, hint: "authorized_keys",
			inject: func(w *ward) []string { return w.sshd("DenyUsers *") }},
		{name: "wrong password", phase: "authentication", says: `SSH password is incorrect`, hint: "check the account's name and password",
			inject: func(w *ward) []string {
				return w.sshdVars("ansible_password=wrong", "", "PubkeyAuthentication no", "PasswordAuthentication yes")
			}},
		{name: "wrong password, by OpenSSH", phase: "authentication", says: `SSH password is incorrect`, hint: "check the account's name and password",
			inject: func(w *ward) []string {
				return w.openSSH(w.sshdVars("ansible_password=wrong", "", "PubkeyAuthentication no", "PasswordAuthentication yes"))
			}},
		{name: "no password", phase: "authentication", says: `password was requested, but none specified`, hint: "give password=.* by -k$",
			inject: func(w *ward) []string { return w.sshd("PubkeyAuthentication no", "PasswordAuthentication yes") }},
		{name: "no identity file", phase: "configuration", says: `cannot read the identity file: .*/no/id`, hint: "identity_file",
			inject: func(w *ward) []string { return w.sshdVars("ansible_ssh_private_key_file=/no/id", "") }},
		{name: "no identity file, by OpenSSH", phase: "configuration", says: `cannot read the identity file: .*/no/id`, hint: "identity_file",
			inject: func(w *ward) []string { return w.openSSH(w.sshdVars("ansible_ssh_private_key_file=/no/id", "")) }},
		{name: "a key that all may read", phase: "authentication", says: `id_ed25519 is not used, as others may read it`, hint: "chmod 600",
			inject: func(w *ward) []string { return w.sshdVars("", "chmod 644 id_ed25519") }},
		{name: "a key that all may read, by OpenSSH", phase: "authentication", says: `id_ed25519 is not used, as others may read it`, hint: "chmod 600",
			inject: func(w *ward) []string { return w.openSSH(w.sshdVars("", "chmod 644 id_ed25519")) }},
		{name: "no key", phase: "authentication", says: `id_ed25519`, hint: "identity_file",
			inject: func(w *ward) []string { return w.sshdVars("", "echo garbage >id_ed25519") }},
		{name: "a key with a passphrase", phase: "authentication", says: `id_ed25519 is encrypted`, hint: "ssh-add",
			inject: func(w *ward) []string { return w.sshdVars("", "ssh-keygen -q -p -P '' -N secret -f id_ed25519") }},
		{name: "a wrong passphrase", phase: "authentication", says: `does not decrypt the key`, hint: "password= also serves",
			inject: func(w *ward) []string {
				return w.sshdVars("ansible_password=wrong", "ssh-keygen -q -p -P '' -N secret -f id_ed25519")
			}},
	})
}

// key makes a key in the ward and gives its public half.
func (w *ward) key(name string) string {
	w.Helper()
	if out, err := exec.Command("ssh-keygen", "-q", "-t", "ed25519", "-N", "", "-f", w.path(name)).CombinedOutput(); err != nil {
		w.Fatalf("ssh-keygen: %v: %s", err, out)
	}
	text, err := os.ReadFile(w.path(name + ".pub"))
	if err != nil {
		w.Fatal(err)
	}
	return string(text)
}

// sshdKnown is sshd, of which known_hosts has nothing, another key, or the right one
// with the mark.
func (w *ward) sshdKnown(key string) []string {
	w.Helper()
	need(w, "ssh")
	s := startSSHD(w, w.dir)
	text := ""
	switch {
	case key == "@revoked":
		text = "@revoked [127.0.0.1]:" + portOf(s) + " " + s.HostKey + "\n"
	case key != "":
		text = "[127.0.0.1]:" + portOf(s) + " " + key
	}
	if err := os.WriteFile(s.KnownHosts, []byte(text), 0o600); err != nil {
		w.Fatal(err)
	}
	return []string{"-F", s.Config, sshdtest.Host}
}

func portOf(s *sshdtest.Server) string { return s.Addr[strings.LastIndexByte(s.Addr, ':')+1:] }

// sshdVars is sshd with variables of an inventory, after a command in the folder of
// its files.
func (w *ward) sshdVars(vars, command string, lines ...string) []string {
	w.Helper()
	need(w, "ssh")
	s := startSSHD(w, w.dir, lines...)
	if command != "" {
		cmd := exec.Command("sh", "-c", command)
		cmd.Dir = filepath.Dir(s.Config)
		if out, err := cmd.CombinedOutput(); err != nil {
			w.Fatalf("%s: %v: %s", command, err, out)
		}
	}
	return append([]string{"-F", s.Config}, w.inventory(sshdtest.Host+" "+vars)...)
}
