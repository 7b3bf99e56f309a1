package doctor_test

import (
	"errors"
	"strings"
	"testing"
	"time"

	"github.com/mitoscript/mitoscript/cmd/mitoscript/doctor"
	"github.com/mitoscript/mitoscript/mitogen/parent"
	"github.com/mitoscript/mitoscript/mitogen/transport"
	"github.com/mitoscript/mitoscript/mitogen/value"
)

func verdict(_ bool, text string) string { return text }

func TestSheetHasARowForEachPhase(t *testing.T) {
	var out strings.Builder
	s := doctor.NewSheet(&out, verdict)
	s.Step(parent.Step{Setup: 1, Context: "web1", Method: "ssh", Phase: transport.PhasePort, Detail: "10.0.0.7:22", Took: 1500 * time.Microsecond})
	s.Step(parent.Step{Setup: 1, Context: "web1", Method: "ssh", Phase: transport.PhaseStart, Took: 20 * time.Millisecond})
	s.Step(parent.Step{Setup: 2, Context: "web1\x1b[2J", Method: "sudo", Phase: transport.PhaseShell, Detail: "a\nb", Err: errors.New("no")})
	s.Row(doctor.Call, 0, "", true)
	want := `web1, by ssh
  port                1.5 ms  ok      10.0.0.7:22
  start              20.0 ms  ok
web1?[2J, by sudo
  shell               0.0 ms  FAILED  a?b
  call                0.0 ms  ok
`
	if out.String() != want {
		t.Errorf("got\n%swant\n%s", out.String(), want)
	}
	if s.Failed() != "shell" || s.Method() != "sudo" {
		t.Errorf("failed %q by %q", s.Failed(), s.Method())
	}
}

func TestDiagnoses(t *testing.T) {
	for _, c := range []struct {
		name    string
		method  string // of the set-up that failed, "" for none
		failed  transport.Phase
		err     error
		reached doctor.Phase
		phase   doctor.Phase
		hint    string // a part of it
	}{
		{"the error knows", "ssh", "shell", value.Errorf(value.KindStream, "no").With("phase", "port").With("hint", "do it"), "", "port", "do it"},
		{"one behind it does", "ssh", "shell", &value.Error{Kind: value.KindCall, Cause: value.Errorf(value.KindOS, "no").With("hint", "do it")}, "", "shell", "do it"},
		{"the row knows", "docker", "shell", errors.New("no"), "", "shell", "docker exec"},
		{"nobody knows", "", "", errors.New("no"), "", "configuration", "inventory"},
		{"a call", "ssh", "", value.Errorf(value.KindChannel, "gone").With("phase", "port"), doctor.Call, doctor.Call, "-vv"},
		{"an inventory", "", "", errors.New("no"), doctor.Inventory, doctor.Inventory, "mitoscript inventory"},
	} {
		s := doctor.NewSheet(&strings.Builder{}, verdict)
		if c.method != "" {
			step := parent.Step{Setup: 1, Method: c.method, Phase: c.failed}
			if c.failed != "" {
				step.Err = c.err
			}
			s.Step(step)
		}
		d := doctor.Diagnose(c.err, s, c.reached)
		if d.Phase != c.phase || !strings.Contains(d.Hint, c.hint) {
			t.Errorf("%s: phase %q, hint %q", c.name, d.Phase, d.Hint)
		}
	}
}

// Of every phase of every method there is something to say.
func TestAdviceIsNeverMissing(t *testing.T) {
	phases := []transport.Phase{
		transport.PhaseConfig, transport.PhaseName, transport.PhasePort, transport.PhaseKeyExchange, transport.PhaseHostKey,
		transport.PhaseAuth, transport.PhaseImage, transport.PhaseShell, transport.PhaseCache, transport.PhasePush, transport.PhaseStart,
	}
	for _, method := range []string{"local", "fork", "ssh", "sudo", "su", "doas", "docker", "podman", "buildah", "kubectl", "lxc", "lxd", "incus", "jail", "setns"} {
		for _, p := range phases {
			s := doctor.NewSheet(&strings.Builder{}, verdict)
			s.Step(parent.Step{Setup: 1, Method: method, Phase: p, Err: errors.New("no")})
			if d := doctor.Diagnose(errors.New("no"), s, ""); d.Hint == "" || d.Phase != doctor.Phase(p) {
				t.Errorf("%s, %s: %+v", method, p, d)
			}
		}
	}
}
