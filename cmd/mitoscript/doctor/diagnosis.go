package doctor

import (
	"cmp"
	"strings"

	"github.com/mitoscript/mitoscript/mitogen/transport"
	"github.com/mitoscript/mitoscript/mitogen/value"
)

// Phase is a part of the way to a host: those of set-ups (transport.Phase), and what
// comes before and after them.
type Phase string

const (
	// Inventory is what is known of the host, before anything is tried.
	Inventory Phase = "inventory"
	// Call is a call of a function there, once all set-ups have been made.
	Call Phase = "call"
)

// Diagnosis says where the way to a host ends, and why.
type Diagnosis struct {
	Phase Phase
	Err   *value.Error
	// Hint is what can be done about it; it is never "".
	Hint string
}

// Diagnose tells what an error means. It knows its phase itself, or else it is that
// of the row that failed, or else is reached, which may be "".
func Diagnose(err error, s *Sheet, reached Phase) Diagnosis {
	d := Diagnosis{Err: value.AsError(err), Phase: reached}
	if p := attr(d.Err, "phase"); p != "" && reached == "" {
		d.Phase = Phase(p)
	}
	d.Phase = cmp.Or(d.Phase, s.Failed(), Phase(transport.PhaseConfig))
	d.Hint = cmp.Or(attr(d.Err, "hint"), advice(s.Method(), d.Phase))
	if transport.WantsPassword(d.Err) { // hints name parameters; who reads this has a command line
		flag := "-K"
		if s.Method() == "ssh" {
			flag = "-k"
		}
		d.Hint += "; doctor, exec and cp ask for it by " + flag
	}
	return d
}

// attr is the text of an attribute of the error or of one behind it.
func attr(e *value.Error, name string) string {
	for ; e != nil; e = e.Cause {
		for _, a := range e.Attrs {
			if text, ok := a.Value.(string); ok && a.Name == name && text != "" {
				return text
			}
		}
	}
	return ""
}

// advice is what helps with most failures of a phase of which the error itself says
// nothing.
func advice(method string, p Phase) string {
	switch p {
	case Inventory:
		return "`mitoscript inventory --list` with the same -i shows what is known of the hosts"
	case Call:
		return "the context was there and did not answer: was its process killed, by hand or for want of memory? Try again with -vv"
	case Phase(transport.PhaseConfig):
		if method == "ssh" {
			return "does `ssh HOST true` work, and what does `ssh -G HOST` show of its configuration?"
		}
		return "see what the inventory and the flags say of how the host is reached: `mitoscript inventory --host NAME`"
	case Phase(transport.PhaseImage):
		return "does `" + method + " pull IMAGE` work here? Images of private registries want `" + method + " login` first"
	case Phase(transport.PhaseAuth):
		return "check the account's name and password"
	case Phase(transport.PhaseCache), Phase(transport.PhasePush):
		return "is there room for 5 to 15 MB in a folder of the account there (`df -h`, quotas)? A program that is there already is named by binary_path="
	case Phase(transport.PhaseStart):
		return "the program is there and does not come up: look for limits of memory, seccomp, SELinux or AppArmor in the system's log there"
	}
	if test := shellTest(method); test != "" {
		return "does " + test + " work? The account there may have no shell, or its start-up files end or hang"
	}
	return "try again with -vv, which shows more of what happens"
}

// shellTest is how a person finds out whether a method leads to a shell.
func shellTest(method string) string {
	switch method {
	case "ssh":
		return "`ssh HOST true`"
	case "sudo", "doas":
		return "`" + method + " -u ACCOUNT sh -c true` on that machine"
	case "su":
		return "`su ACCOUNT -c true` on that machine"
	case "docker", "podman":
		return "`" + method + " exec CONTAINER sh -c true`"
	case "kubectl":
		return "`kubectl exec POD -- sh -c true`"
	case "lxc", "lxd", "incus":
		tool := strings.NewReplacer("lxc", "lxc-attach -n", "lxd", "lxc exec", "incus", "incus exec").Replace(method)
		return "`" + tool + " CONTAINER -- sh -c true`"
	case "jail":
		return "`jexec JAIL sh -c true`"
	case "buildah":
		return "`buildah run CONTAINER -- sh -c true`"
	}
	return ""
}
