package transport

import (
	"bytes"
	"context"
	"errors"
	"fmt"
	"io/fs"
	"os"
	"os/exec"
	"strconv"
	"strings"

	"github.com/mitoscript/mitoscript/mitogen/value"
)

// SetNS reaches a container of this machine by way of its namespaces: those of
// its leader, the process whose id the container's own program tells. It needs
// root and nsenter here, and of the container nothing but a shell, or not even that.
type SetNS struct {
	Container string
	// Kind is the program that knows the container: docker, lxc, lxd, incus or machinectl.
	Kind string
	// Username is the account in the container; "" for root.
	Username string
	// The programs, "" for those on PATH. LXCPath serves the kinds lxd and incus.
	DockerPath, LXCInfoPath, LXCPath, MachinectlPath string
	Spawn                                            SpawnOptions
	silent
}

// setnsKinds are the kinds, as an error lists them.
const setnsKinds = "docker, lxc, lxd, incus or machinectl"

// Name is "setns.CONTAINER".
func (s *SetNS) Name() string { return "setns." + s.Container }

// finder gives the argv that tells the leader's id, and where the id stands: behind which
// word of a line ("" for the whole output).
func (s *SetNS) finder() (argv []string, behind string, err error) {
	if err := requireWord("the container's name", s.Container); err != nil {
		return nil, "", err
	}
	switch s.Kind {
	case "docker":
		return []string{or(s.DockerPath, "docker"), "inspect", "--type=container", "--format={{.State.Pid}}", s.Container}, "", nil
	case "lxc":
		return []string{or(s.LXCInfoPath, "lxc-info"), "--name", s.Container, "--pid"}, "PID:", nil
	case "lxd":
		return []string{or(s.LXCPath, "lxc"), "info", s.Container}, "PID:", nil
	case "incus":
		return []string{or(s.LXCPath, "incus"), "info", s.Container}, "PID:", nil
	case "machinectl":
		return []string{or(s.MachinectlPath, "machinectl"), "show", "--property=Leader", s.Container}, "Leader=", nil
	}
	return nil, "", value.Errorf(value.KindValue, "setns: there is no kind %q: want %s", s.Kind, setnsKinds)
}

// Leader asks for the process that leads the container.
func (s *SetNS) Leader(ctx context.Context) (pid int, err error) {
	argv, behind, err := s.finder()
	if err != nil {
		return 0, err
	}
	cmd := exec.CommandContext(ctx, argv[0], argv[1:]...)
	var stderr bytes.Buffer
	cmd.Stderr = &stderr
	cmd.Cancel = func() error { return cmd.Process.Kill() }
	out, err := cmd.Output()
	switch {
	case ctx.Err() != nil:
		return 0, value.AsError(context.Cause(ctx))
	case err != nil && cmd.ProcessState == nil:
		return 0, startError(argv, err)
	case err != nil:
		return 0, value.Errorf(value.KindStream, "%s: %s: %w: %s", s.Name(), argv[0],
			exitError(cmd.ProcessState, err), escape(bytes.TrimSpace(lastLines(append(stderr.Bytes(), out...)))))
	}
	pid = leaderIn(string(out), behind)
	switch {
	case pid == 0:
		return 0, value.Errorf(value.KindStream, "%s: the container is not running: %s gives no process for it", s.Name(), argv[0])
	case pid < 0:
		return 0, value.Errorf(value.KindStream, "%s: cannot tell the container's process from what %s printed: %q",
			s.Name(), argv[0], shorten(strings.TrimSpace(string(out)), 200))
	}
	return pid, nil
}

// leaderIn finds the number, 0 if the program tells that there is no process, -1 if
// its output makes no sense.
func leaderIn(out, behind string) int {
	if behind == "" {
		return number(out)
	}
	said := false
	for line := range strings.Lines(out) {
		line = strings.TrimSpace(line)
		if hasPrefixFold(line, behind) {
			return number(line[len(behind):])
		}
		said = said || hasPrefixFold(line, "status:") // of a container that is stopped
	}
	if said || strings.TrimSpace(out) == "" {
		return 0
	}
	return -1
}

// number is 0 for -1 too, which some programs print for a container that is stopped.
func number(text string) int {
	n, err := strconv.Atoi(strings.TrimSpace(text))
	if err != nil {
		return -1
	}
	return max(n, 0)
}

// namespaces are nsenter's options for those that a container may have of its own.
var namespaces = []struct{ name, option string }{
	{"user", "-U"}, {"ipc", "-i"}, {"uts", "-u"}, {"net", "-n"}, {"pid", "-p"}, {"mnt", "-m"},
}

// entering gives the options of nsenter for the leader's namespaces that are not ours.
func (s *SetNS) entering(pid int) (options []string, err error) {
	for _, ns := range namespaces {
		theirs, err := os.Readlink(fmt.Sprintf("/proc/%d/ns/%s", pid, ns.name))
		if err != nil {
			return nil, s.unreachable(pid, err)
		}
		if ours, err := os.Readlink("/proc/self/ns/" + ns.name); err == nil && ours == theirs {
			continue
		}
		options = append(options, ns.option)
	}
	return options, nil
}

func (s *SetNS) unreachable(pid int, err error) error {
	switch {
	case errors.Is(err, fs.ErrPermission):
		return value.Errorf(value.KindStream, "%s: only root can enter the namespaces of process %d: make this context via sudo", s.Name(), pid)
	case errors.Is(err, fs.ErrNotExist):
		return value.Errorf(value.KindStream, "%s: the container's process %d is not there (this machine has no such process)", s.Name(), pid)
	}
	return value.Errorf(value.KindStream, "%s: %w", s.Name(), err)
}

// command is the argv up to where the program to run follows, and its environment.
func (s *SetNS) command(ctx context.Context) (argv []string, o SpawnOptions, who account, pid int, err error) {
	if pid, err = s.Leader(ctx); err != nil {
		return nil, o, who, 0, err
	}
	options, err := s.entering(pid)
	if err != nil {
		return nil, o, who, 0, err
	}
	if who, err = s.account(pid); err != nil {
		return nil, o, who, 0, err
	}
	// -r and -w: the root and the folder must be the leader's too, or the program
	// would keep a way out of the container.
	argv = append([]string{"nsenter", "-t", strconv.Itoa(pid)}, options...)
	argv = append(argv, "-S", strconv.Itoa(who.uid), "-G", strconv.Itoa(who.gid), "-r", "-w", "--")
	o = s.Spawn
	o.OnlyEnv = true
	o.Env = append(append([]string(nil), o.Env...), who.env()...)
	return argv, o, who, pid, nil
}

// Open starts boot in the container.
func (s *SetNS) Open(ctx context.Context, boot []string) (Link, error) {
	argv, o, _, _, err := s.command(ctx)
	if err != nil {
		return nil, err
	}
	return link(Spawn(ctx, s.Name(), append(argv, boot...), NoTTY, nil, o))
}
