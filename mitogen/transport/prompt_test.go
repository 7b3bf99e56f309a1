package transport_test

import (
	"errors"
	"strings"
	"testing"

	"github.com/mitoscript/mitoscript/mitogen/transport"
	"github.com/mitoscript/mitoscript/mitogen/value"
)

// said is something that a tool prints, and what is to come of it: nothing, a
// reply, or an error.
type said struct {
	text  string // ends in a newline if it is a whole line
	reply string
	kind  value.Kind
	err   string
}

func TestPrompts(t *testing.T) {
	pw := secret(t, "hunter2")
	ssh := func(o transport.OpenSSH) transport.Command { o.Hostname = "web1"; return o.Command(t.Context()) }
	accept := transport.OpenSSH{HostKeys: transport.AcceptHostKeys}
	withPW := transport.OpenSSH{Password: pw}
	const none = "ssh web1: SSH password was requested, but none specified"
	for name, c := range map[string]struct {
		cmd  transport.Command
		said []said
	}{
		"ssh password":        {ssh(withPW), []said{{text: "bob@web1's password: ", reply: "hunter2\n"}}},
		"ssh pam password":    {ssh(withPW), []said{{text: "(bob@web1) Password:", reply: "hunter2\n"}}},
		"ssh wrong password":  {ssh(withPW), []said{{text: "bob@web1's password: ", reply: "hunter2\n"}, {text: "bob@web1's password: ", kind: value.KindPassword, err: "ssh web1: SSH password is incorrect"}}},
		"ssh says wrong":      {ssh(withPW), []said{{text: "password:", reply: "hunter2\n"}, {text: "Permission denied, please try again.\n", kind: value.KindPassword, err: "ssh web1: SSH password is incorrect"}}},
		"ssh no password":     {ssh(accept), []said{{text: "bob@web1's password: ", kind: value.KindPassword, err: none}}},
		"ssh batch, password": {ssh(transport.OpenSSH{}), []said{{text: "bob@web1: Permission denied (publickey,password).\n", kind: value.KindPassword, err: none}}},
		"ssh batch, key":      {ssh(transport.OpenSSH{}), []said{{text: "bob@web1: permission denied (publickey).\n", kind: value.KindStream, err: "ssh web1: SSH authentication is incorrect (the server accepts publickey; no key to try)"}}},
		"ssh classic denial":  {ssh(transport.OpenSSH{}), []said{{text: "Permission denied (publickey).\n", kind: value.KindStream, err: "ssh web1: SSH authentication is incorrect"}}},
		"shell's denial": {ssh(withPW), []said{{text: "Could not chdir to home directory /home/bob: Permission denied\n"},
			{text: "sh: mail bob@web1: Permission denied\n"}, {text: "touch: permission denied\n"}}},
		"banner": {ssh(withPW), []said{{text: "Your password: keep it secret\n"}, {text: "Change your password:\n"}, {text: "All passwords expire at"},
			{text: "bob@web1's password: ", reply: "hunter2\n"}}},
		"passphrase": {ssh(withPW), []said{{text: "Enter passphrase for key '/k1': ", reply: "hunter2\n"}, {text: "Enter passphrase for key '/k1': ", reply: "\n"},
			{text: "Enter passphrase for key '/k2': ", reply: "hunter2\n"}, {text: "bob@web1's password: ", reply: "hunter2\n"}}},
		"passphrase, none": {ssh(accept), []said{{text: "Enter passphrase for key '/k1': ", reply: "\n"},
			{text: "Permission denied (publickey).\n", kind: value.KindPassword, err: "ssh web1: the key /k1 is encrypted, and no passphrase was given"}}},
		"host key, accept": {ssh(accept), []said{{text: "ED25519 key fingerprint is SHA256:abc.\n"},
			{text: "Are you sure you want to continue connecting (yes/no/[fingerprint])? ", reply: "yes\n"}}},
		"host key, enforce": {ssh(withPW), []said{{text: "Are you sure you want to continue connecting (yes/no)? ", kind: value.KindHostKey,
			err: "ssh web1: ssh asks whether to accept an unknown host key, which check_host_keys does not allow"}}},
		"host key unknown": {ssh(transport.OpenSSH{}), []said{{text: "No ED25519 host key is known for web1 and you have requested strict checking.\n"},
			{text: "Host key verification failed.\n", kind: value.KindHostKey, err: "ssh web1: the host key of web1 is unknown"}}},
		"host key changed": {ssh(accept), []said{{text: "debug1: Authenticating to web1:2222 as 'bob'\n"},
			{text: "debug1: Server host key: ssh-rsa SHA256:abc+/\n"}, {text: "@    WARNING: REMOTE HOST IDENTIFICATION HAS CHANGED!     @\n"},
			{text: "Offending RSA key in /a file:7\n"}, {text: "Host key verification failed.\n", kind: value.KindHostKey,
				err: "ssh web1: the host key of [web1]:2222 (ssh-rsa SHA256:abc+/) has changed: /a file:7 has another"}}},
		"sudo":           {(&transport.Sudo{Password: pw}).Command(), []said{{text: "mitogen-sudo-prompt:", reply: "hunter2\n"}, {text: "Sorry, try again.\n"}, {text: "mitogen-sudo-prompt:", kind: value.KindPassword, err: "sudo password is incorrect"}}},
		"sudo, Kerberos": {(&transport.Sudo{Password: pw}).Command(), []said{{text: "Password for bob@EXAMPLE.ORG: ", reply: "hunter2\n"}}},
		"sudo, not allowed": {(&transport.Sudo{Password: pw}).Command(), []said{{text: "Sorry, user bob is not allowed to execute '/bin/sh -c x' as root on web1.\n",
			kind: value.KindStream, err: "sudo refused: user bob is not allowed to run this as root: see the rules of sudo on that machine"}}},
		"sudo, not listed": {(&transport.Sudo{Password: pw}).Command(), []said{{text: "bob is not in the sudoers file.\n",
			kind: value.KindStream, err: "sudo refused: user bob is not in the sudoers file: see the rules of sudo on that machine"}}},
		"sudo, own prompt": {(&transport.Sudo{Password: pw}).Command(), []said{{text: "[sudo] password for bob: ", reply: "hunter2\n"}}},
		"sudo, one try": {(&transport.Sudo{Password: pw}).Command(), []said{{text: "mitogen-sudo-prompt:", reply: "hunter2\n"},
			{text: "sudo: 1 incorrect password attempt\n", kind: value.KindPassword, err: "sudo password is incorrect"}}},
		"sudo, expired": {(&transport.Sudo{Password: pw}).Command(), []said{{text: "mitogen-sudo-prompt:", reply: "hunter2\n"},
			{text: "sudo: Account or password is expired, reset your password and try again\n", kind: value.KindPassword, err: "sudo password has expired and must be changed"}}},
		"sudo, account expired": {(&transport.Sudo{Password: pw}).Command(), []said{{text: "mitogen-sudo-prompt:", reply: "hunter2\n"},
			{text: "sudo: account validation failure, is your account locked?\n", kind: value.KindPassword, err: "sudo refused: the account has expired or is locked"}}},
		"su, expired": {(&transport.Su{Password: pw}).Command(), []said{{text: "Password: ", reply: "hunter2\n"},
			{text: "You are required to change your password immediately (administrator enforced).\n", kind: value.KindPassword, err: "su password has expired and must be changed"}}},
		"su, expires soon": {(&transport.Su{Password: pw}).Command(), []said{{text: "Password: ", reply: "hunter2\n"},
			{text: "Warning: your password will expire in 3 days.\n"}}},
		"doas, account expired": {(&transport.Doas{Password: pw}).Command(), []said{{text: "doas (bob@web1) password: ", reply: "hunter2\n"},
			{text: "Your account has expired; please contact your system administrator.\n", kind: value.KindPassword, err: "doas refused: the account has expired"}}},
		"sudo, none":    {(&transport.Sudo{}).Command(), []said{{text: "mitogen-sudo-prompt:", kind: value.KindPassword, err: "sudo password is required"}}},
		"sudo -n":       {(&transport.Sudo{Password: pw}).Command(), []said{{text: "sudo: a password is required\n", kind: value.KindPassword, err: "sudo password is required"}}},
		"sudo-rs":       {(&transport.Sudo{Password: pw}).Command(), []said{{text: "[sudo: mitogen-sudo-prompt:] Password: ", reply: "hunter2\n"}}},
		"sudo, lecture": {(&transport.Sudo{Password: pw}).Command(), []said{{text: "We trust you know what a password: is\n"}, {text: "mitogen-sudo-prompt:", reply: "hunter2\n"}}},
		"su":            {(&transport.Su{Password: pw}).Command(), []said{{text: "Password: ", reply: "hunter2\n"}, {text: "su: "}, {text: "su: Authentication failure\n", kind: value.KindPassword, err: "su password is incorrect"}}},
		"su, none":      {(&transport.Su{}).Command(), []said{{text: "Password: ", kind: value.KindPassword, err: "su password is required"}}},
		"doas":          {(&transport.Doas{Password: pw}).Command(), []said{{text: "doas (bob@web1) password: ", reply: "hunter2\n"}, {text: "doas: Authentication failed\n", kind: value.KindPassword, err: "doas password is incorrect"}}},
		"doas, none":    {(&transport.Doas{}).Command(), []said{{text: "Password:", kind: value.KindPassword, err: "doas password is required"}}},
	} {
		t.Run(name, func(t *testing.T) {
			for _, s := range c.said {
				line, partial := s.text, true
				if n := len(line); line[n-1] == '\n' {
					line, partial = line[:n-1], false
				}
				reply, err := c.cmd.React([]byte(line), partial)
				if string(reply) != s.reply {
					t.Errorf("%q: typed %q, want %q", s.text, reply, s.reply)
				}
				if s.err == "" && err != nil || s.err != "" && (err == nil || !strings.HasPrefix(err.Error(), s.err) || !errors.Is(err, s.kind)) {
					t.Errorf("%q: %v, want %s", s.text, err, s.err)
				}
			}
		})
	}
}
