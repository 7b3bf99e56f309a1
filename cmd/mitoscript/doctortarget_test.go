//go:build !child

package main

import (
	"errors"
	"fmt"
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"testing"
)

// Targets that one can log in to, and that are not as a target should be.
func TestDoctorOfTargets(t *testing.T) {
	examine(t, []fault{
		{name: "all is well", inject: func(w *ward) []string { return w.sshd() }},
		{name: "all is well, by OpenSSH", inject: func(w *ward) []string { return w.openSSH(w.sshd()) }},
		{name: "a greeting", inject: func(w *ward) []string { return w.forced(`echo Welcome; printf no-newline; ` + command) }},
		{name: "no home", inject: func(w *ward) []string { return w.forced(`unset HOME; ` + command) }},
		{name: "no gzip", inject: func(w *ward) []string { return w.forced(w.tools() + command) }},
		{name: "a hostile cache", inject: func(w *ward) []string {
			args := w.forced("HOME=" + w.path("home") + "; " + command) // which is the next place
			hostile := filepath.Join(w.dir, "far/mitoscript")
			if err := errors.Join(os.MkdirAll(hostile, 0o777), os.Chmod(hostile, 0o777)); err != nil {
				w.Fatal(err)
			}
			return args
		}},
		{name: "no shell", phase: "shell", says: `EOF on stream`, hint: "ssh HOST true",
			inject: func(w *ward) []string { return w.forced("/bin/false") }},
		{name: "no shell, by OpenSSH", phase: "shell", says: `exited with return code 1`, hint: "ssh HOST true",
			inject: func(w *ward) []string { return w.openSSH(w.forced("/bin/false")) }},
		{name: "nologin", phase: "shell", says: `This account is currently not available`, hint: "nologin",
			inject: func(w *ward) []string { return w.forced("echo This account is currently not available.; exit 1") }},
		{name: "a shell that ends", phase: "shell", says: `exited with return code 3`, hint: "start-up files",
			inject: func(w *ward) []string { return w.forced("exit 3") }},
		{name: "noise without end", phase: "shell", says: `does not speak as a shell does`, hint: "start-up files",
			inject: func(w *ward) []string { return w.forced("exec yes") }},
		{name: "a silent shell", phase: "shell", says: `timed out`, hint: "start-up files hang", hangs: true,
			inject: func(w *ward) []string { return w.forced("exec cat >/dev/null") }},
		{name: "no sessions", phase: "shell", says: `opens no session`, hint: "ssh HOST true",
			inject: func(w *ward) []string { return w.sshd("MaxSessions 0") }},
		{name: "no tools", phase: "cache", says: `lacks tools`, hint: `echo \$PATH`,
			inject: func(w *ward) []string { return w.forced("PATH=" + w.bin("sh") + "; export PATH; " + command) }},
		{name: "another platform", phase: "push", says: `sparc64`, hint: `uname -sm`,
			inject: func(w *ward) []string { return w.forced(w.uname("Linux sparc64") + command) }},
		{name: "no program for the platform", phase: "push", says: `no program for darwin/arm64`, hint: `make bundle`,
			inject: func(w *ward) []string { return w.forced(w.uname("Darwin arm64") + command) }},
		{name: "no memory", phase: "start", says: `.`, hint: `memory`,
			inject: func(w *ward) []string { return w.forced("ulimit -v 40000; " + command) }},
		{name: "no descriptors", phase: "(configuration|start)", says: `too many open files`, hint: `ulimit -n`,
			inject: func(w *ward) []string {
				args := w.inventory("here ansible_connection=local")
				w.shell = "ulimit -n 12; "
				return args
			}},
		{name: "a tool that does nothing", phase: "configuration", says: `exited with return code 0`, hint: `ssh HOST true`,
			inject: func(w *ward) []string { return w.inventory("web1 ansible_ssh_executable=/bin/true") }},
	})
}

// command is what ssh was to run, as a forced command gets it.
const command = `exec sh -c "$SSH_ORIGINAL_COMMAND"`

// forced is sshd that runs a script instead of what it is asked for.
func (w *ward) forced(script string) []string {
	w.Helper()
	path := w.file("forced", script+"\n")
	return w.sshd("ForceCommand . " + path)
}

// tools makes a folder of the tools that a target needs, without gzip, the only one
// on PATH.
func (w *ward) tools() string {
	w.Helper()
	w.bin("sh", "uname", "id", "ls", "mkdir", "chmod", "mv", "cat", "rm", "head")
	return "PATH=" + w.path("bin") + "; export PATH; "
}

// bin links programs into the ward's folder bin.
func (w *ward) bin(names ...string) string {
	w.Helper()
	if err := os.MkdirAll(w.path("bin"), 0o700); err != nil {
		w.Fatal(err)
	}
	for _, name := range names {
		path, err := exec.LookPath(name)
		if err == nil {
			err = os.Symlink(path, w.path("bin/"+name))
		}
		if err != nil {
			w.Fatal(err)
		}
	}
	return w.path("bin")
}

// uname makes the target say that it is another machine.
func (w *ward) uname(words string) string {
	w.Helper()
	w.bin()
	if err := os.Chmod(w.file("bin/uname", "#!/bin/sh\necho "+words+"\n"), 0o700); err != nil {
		w.Fatal(err)
	}
	return `PATH=` + w.path("bin") + `:$PATH; export PATH; `
}

// What the inventory says of a host.
func TestDoctorOfInventories(t *testing.T) {
	const usage = 2
	examine(t, []fault{
		{name: "local", inject: func(w *ward) []string { return w.inventory("here ansible_connection=local") }},
		{name: "unknown host", phase: "inventory", status: usage, says: `no such host in .*hosts\.ini`, hint: "did you mean webserver1",
			inject: func(w *ward) []string { return append(w.inventory("webserver1")[:2], "webserver11") }},
		{name: "a group", phase: "inventory", status: usage, says: `no such host in`, hint: "web is a group",
			inject: func(w *ward) []string { return []string{"-i", w.file("hosts", "[web]\nweb1\n"), "web"} }},
		{name: "bad line", phase: "inventory", status: usage, says: `hosts\.ini: line 1: `, hint: "mitoscript inventory",
			inject: func(w *ward) []string { return w.inventory("web1 [oops") }},
		{name: "no inventory", phase: "inventory", status: usage, says: `no such file`, hint: "mitoscript inventory",
			inject: func(w *ward) []string { return []string{"-i", w.path("none"), "web1"} }},
		{name: "unknown connection", phase: "inventory", status: usage, says: `"pigeon" is not known`, hint: "mitoscript inventory",
			inject: func(w *ward) []string { return w.inventory("web1 ansible_connection=pigeon") }},
		{name: "unknown become", phase: "inventory", status: usage, says: `by "magic"`, hint: "mitoscript inventory",
			inject: func(w *ward) []string {
				return w.inventory("web1 ansible_connection=local ansible_become=yes ansible_become_method=magic")
			}},
	})
}

// Containers, and the tools that lead to them.
func TestDoctorOfContainers(t *testing.T) {
	need(t, "docker")
	need(t, "busybox")
	image := fmt.Sprintf("e2e-doctor-%d", os.Getpid())
	importImage(t, image, "")
	tool := func(kind string) func(w *ward) []string {
		return func(w *ward) []string {
			args := w.inventory("c1 ansible_connection=" + kind)
			w.env[0] = "PATH=" + w.bin("sh")
			return args
		}
	}
	faults := []fault{
		{name: "all is well", inject: func(w *ward) []string { return w.container(image) }},
		{name: "no container", phase: "shell", says: `(?i)no such container`, hint: "docker ps -a",
			inject: func(w *ward) []string { return w.inventory("no-such-container ansible_connection=docker") }},
		{name: "a container that is stopped", phase: "shell", says: `is not running`, hint: "start it first",
			inject: func(w *ward) []string { args := w.container(image); w.docker("kill", args[2]); return args }},
		{name: "no account", phase: "shell", says: `unable to find user nosuch`, hint: "no such account in the container",
			inject: func(w *ward) []string { return append([]string{"-u", "nosuch"}, w.container(image)...) }},
		{name: "no engine", phase: "shell", says: `(?i)docker (daemon|api)`, hint: "docker info",
			inject: func(w *ward) []string {
				w.env = append(w.env, "DOCKER_HOST=unix://"+w.path("none.sock"))
				return w.inventory("c1 ansible_connection=docker")
			}},
		{name: "nothing can be written", phase: "cache", says: `no place on the target`, hint: "a folder of its own",
			inject: func(w *ward) []string { return w.container(image, "--read-only") }},
		{name: "nothing can be started", phase: "cache", says: `/tmp.*noexec`, hint: "allows execution",
			inject: func(w *ward) []string { return w.container(image, "--read-only", "--tmpfs=/tmp:rw,noexec,mode=1777") }},
		{name: "a full disk", phase: "push", says: `[Nn]o space left on device`, hint: "is full",
			inject: func(w *ward) []string {
				return w.container(image, "--read-only", "--tmpfs=/tmp:rw,exec,mode=1777,size=1m")
			}},
		{name: "hostile folders", phase: "cache", says: `/tmp/\.mitoscript-0: not a private directory of uid 0`, hint: "a folder of its own",
			inject: func(w *ward) []string {
				args := w.container(image, "--read-only", "--tmpfs=/tmp:rw,exec,mode=1777")
				w.docker("exec", args[2], "mkdir", "-m", "777", "/tmp/.mitoscript-0")
				return args
			}},
	}
	for _, kind := range []string{"docker", "podman", "kubectl", "buildah", "lxc", "lxd", "incus", "jail"} {
		faults = append(faults, fault{name: "no " + kind, phase: "shell", says: `\[Errno 2\]`, hint: "is it installed", inject: tool(kind)})
	}
	t.Run("group", func(t *testing.T) { examine(t, faults) }) // the image stays until all have ended
}

// container runs one of the image until the test ends.
func (w *ward) container(image string, flags ...string) []string {
	w.Helper()
	name := strings.ToLower(strings.Map(func(r rune) rune {
		if r == '/' || r == ' ' {
			return '-'
		}
		return r
	}, w.Name())) + fmt.Sprint(os.Getpid())
	w.docker(append(append([]string{"run", "-d", "--name", name}, flags...), image, "sleep", "600")...)
	w.Cleanup(func() { w.docker("rm", "-f", name) })
	return w.inventory(name + " ansible_connection=docker")
}

func (w *ward) docker(args ...string) {
	w.Helper()
	if out, err := exec.Command("docker", args...).CombinedOutput(); err != nil {
		w.Errorf("docker %s: %v: %s", args, err, out)
	}
}
