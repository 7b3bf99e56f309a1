package sshdtest_test

import (
	"os/exec"
	"strings"
	"testing"

	"github.com/mitoscript/mitoscript/mitogen/transport/sshdtest"
)

func TestServerServesOpenSSH(t *testing.T) {
	s := sshdtest.Start(t)
	ssh, err := exec.LookPath("ssh")
	if err != nil {
		t.Skip("there is no ssh on this machine")
	}
	out, err := exec.Command(ssh, "-F", s.Config, "-o", "BatchMode=yes", sshdtest.Host, "echo here").CombinedOutput()
	if err != nil || strings.TrimSpace(string(out)) != "here" {
		t.Fatalf("%v: %s\n%s", err, out, s.Log())
	}
	if !strings.Contains(s.Log(), "Accepted publickey") {
		t.Errorf("the log does not tell of the login:\n%s", s.Log())
	}
}
