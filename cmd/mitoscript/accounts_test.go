//go:build !child

package main

import (
	"fmt"
	"os"
	"os/exec"
	"strings"
	"testing"
	"time"

	"github.com/rogpeppe/go-internal/testscript"
)

const doasConf = "/etc/doas.conf"

// cmdAccounts makes two accounts with passwords, $ALICE and $BOB, until the script
// ends. $SUDOERS is a file that sudo reads, removed at the end too; doas lets
// alice become bob.
func cmdAccounts(ts *testscript.TestScript, neg bool, args []string) {
	t := tb(ts)
	for _, tool := range []string{"root", "sudo", "su", "doas", "useradd", "chpasswd"} {
		need(t, tool)
	}
	number := os.Getpid()
	alice, bob := fmt.Sprintf("mtsa%d", number), fmt.Sprintf("mtsb%d", number)
	addAccount(t, alice, ts.Getenv("ALICEPW"))
	addAccount(t, bob, ts.Getenv("BOBPW"))
	// sudo takes no file with a dot in its name.
	sudoers := "/etc/sudoers.d/" + alice
	t.Cleanup(func() { _ = os.Remove(sudoers) })
	allowDoas(t, fmt.Sprintf("permit %s as %s\n", alice, bob))
	for name, v := range map[string]string{"ALICE": alice, "BOB": bob, "SUDOERS": sudoers} {
		ts.Setenv(name, v)
	}
}

// addAccount also waits for others who change the list of accounts.
func addAccount(t testing.TB, name, password string) {
	t.Helper()
	var out []byte
	err := fmt.Errorf("not tried")
	for deadline := time.Now().Add(30 * time.Second); err != nil && time.Now().Before(deadline); {
		out, err = exec.Command("useradd", "--create-home", "--shell", "/bin/bash", name).CombinedOutput()
	}
	if err != nil {
		t.Fatalf("useradd: %v: %s", err, out)
	}
	t.Cleanup(func() {
		var out []byte
		err := fmt.Errorf("not tried")
		for deadline := time.Now().Add(30 * time.Second); err != nil && time.Now().Before(deadline); {
			out, err = exec.Command("userdel", "--remove", "--force", name).CombinedOutput()
		}
		if err != nil {
			t.Errorf("userdel: %v: %s", err, out)
		}
	})
	cmd := exec.Command("chpasswd")
	cmd.Stdin = strings.NewReader(name + ":" + password + "\n")
	if out, err := cmd.CombinedOutput(); err != nil {
		t.Fatalf("chpasswd: %v: %s", err, out)
	}
}

// allowDoas writes the configuration of doas, where this machine has none.
func allowDoas(t testing.TB, rules string) {
	t.Helper()
	f, err := os.OpenFile(doasConf, os.O_WRONLY|os.O_CREATE|os.O_EXCL, 0o400)
	if os.IsExist(err) {
		t.Skip("this machine has a " + doasConf + " of its own")
	}
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { _ = os.Remove(doasConf) })
	_, err = f.WriteString(rules)
	if cerr := f.Close(); err != nil || cerr != nil {
		t.Fatal(err, cerr)
	}
}
