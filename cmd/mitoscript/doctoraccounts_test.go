//go:build !child

package main

import (
	"fmt"
	"os"
	"os/user"
	"strings"
	"testing"
)

// Accounts that a host does not let one become.
func TestDoctorOfAccounts(t *testing.T) {
	for _, tool := range []string{"root", "ssh", "sudo", "su", "doas", "runuser", "useradd", "chpasswd"} {
		need(t, tool)
	}
	number := os.Getpid()
	alice, bob, carol := fmt.Sprintf("mtda%d", number), fmt.Sprintf("mtdb%d", number), fmt.Sprintf("mtdc%d", number)
	for _, name := range []string{alice, bob, carol} {
		addAccount(t, name, name+"-secret")
	}
	// sudo takes no file with a dot in its name.
	sudoers := "/etc/sudoers.d/" + alice
	t.Cleanup(func() { _ = os.Remove(sudoers) })
	rules := fmt.Sprintf("%s ALL=(ALL:ALL) ALL\n%s ALL=(root) /bin/true\nDefaults:%s,%s timestamp_timeout=0\n", alice, bob, alice, bob)
	if err := os.WriteFile(sudoers, []byte(rules), 0o440); err != nil {
		t.Fatal(err)
	}
	allowDoas(t, fmt.Sprintf("permit %s as %s\n", alice, bob))
	become := func(caller, vars string) func(w *ward) []string {
		return func(w *ward) []string { return w.as(caller, "ansible_become=yes "+vars) }
	}
	faults := []fault{
		{name: "all is well", inject: become(alice, "ansible_become_user="+bob+" ansible_become_password="+alice+"-secret")},
		{name: "sudo, no password", phase: "authentication", says: "sudo password is required", hint: "give password=.*the account that calls sudo.* by -K$",
			inject: become(alice, "")},
		{name: "sudo, wrong password", phase: "authentication", says: "sudo password is incorrect", hint: "the account that calls sudo",
			inject: become(alice, "ansible_become_password=guessed")},
		{name: "sudo, it may not ask", phase: "authentication", says: "sudo password is required", hint: "sudo_args has -n",
			inject: become(alice, "ansible_become_flags=-n")},
		{name: "sudo, bad arguments", phase: "configuration", says: `unsupported sudo arguments: "--frobnicate"`, hint: "sudo_args takes",
			inject: become(alice, "ansible_become_flags=--frobnicate")},
		{name: "sudo, no such account", phase: "shell", says: "unknown user nosuch", hint: "getent passwd",
			inject: become(alice, "ansible_become_user=nosuch ansible_become_password="+alice+"-secret")},
		{name: "sudo, not in sudoers", phase: "authentication", says: "is not in the sudoers file", hint: "sudo -l",
			inject: become(carol, "ansible_become_password="+carol+"-secret")},
		{name: "sudo, not allowed", phase: "authentication", says: "is not allowed to run this as root", hint: "sudo -l",
			inject: become(bob, "ansible_become_password="+bob+"-secret")},
		{name: "sudo is missing", phase: "shell", says: `\[Errno 2\].*/no/sudo`, hint: "is it installed",
			inject: become(alice, "ansible_become_exe=/no/sudo")},
		{name: "su, wrong password", phase: "authentication", says: "su password is incorrect", hint: "the account to become",
			inject: become(alice, "ansible_become_method=su ansible_become_password=guessed ansible_become_user="+bob)},
		{name: "su, no password", phase: "authentication", says: "su password is required", hint: "the account to become",
			inject: become(alice, "ansible_become_method=su ansible_become_user="+bob)},
		{name: "su, no such account", phase: "shell", says: "nosuch does not exist", hint: "getent passwd",
			inject: become(alice, "ansible_become_method=su ansible_become_user=nosuch")},
		{name: "su, nologin", phase: "shell", says: "account is (currently )?not available", hint: "chsh",
			inject: func(w *ward) []string {
				return w.inventory("here ansible_connection=local ansible_become=yes ansible_become_method=su ansible_become_user=" + locked(w))
			}},
		{name: "doas, well", inject: become(alice, "ansible_become_method=doas ansible_become_user="+bob+" ansible_become_password="+alice+"-secret")},
		{name: "doas, wrong password", phase: "authentication", says: "doas password is incorrect", hint: "the account that calls doas",
			inject: become(alice, "ansible_become_method=doas ansible_become_user="+bob+" ansible_become_password=guessed")},
		{name: "doas, not permitted", phase: "shell", says: "(?i)operation not permitted", hint: "doas.conf",
			inject: become(alice, "ansible_become_method=doas ansible_become_password="+alice+"-secret")},
		{name: "doas is missing", phase: "shell", says: `\[Errno 2\].*/no/doas`, hint: "is it installed",
			inject: become(alice, "ansible_become_method=doas ansible_become_exe=/no/doas")},
	}
	t.Run("group", func(t *testing.T) { examine(t, faults) }) // the accounts stay until all have ended
}

// as is sshd whose sessions are those of an account, with variables of an inventory.
func (w *ward) as(account, vars string) []string {
	w.Helper()
	u, err := user.Lookup(account)
	if err != nil {
		w.Fatal(err)
	}
	script := fmt.Sprintf(`exec runuser -u %s -- env HOME=%s XDG_CACHE_HOME= sh -c "$SSH_ORIGINAL_COMMAND"`, account, u.HomeDir)
	args := w.forced(script)
	return append(args[:len(args)-1], w.inventory(args[len(args)-1]+" "+vars)...)
}

// locked is an account whose login shell ends at once.
func locked(w *ward) string {
	w.Helper()
	accounts, err := os.ReadFile("/etc/passwd")
	if err != nil {
		w.Fatal(err)
	}
	for line := range strings.Lines(string(accounts)) {
		fields := strings.Split(strings.TrimSpace(line), ":")
		if len(fields) == 7 && strings.HasSuffix(fields[6], "/nologin") {
			return fields[0]
		}
	}
	w.Skip("every account has a login shell")
	return ""
}
