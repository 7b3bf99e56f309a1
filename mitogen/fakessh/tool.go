package fakessh

import (
	"context"
	"errors"
	"fmt"
	"os"
	"os/exec"
	"path/filepath"
	"slices"
	"strings"
	"syscall"
	"time"

	"golang.org/x/sys/unix"

	"github.com/mitoscript/mitoscript/mitogen/value"
)

// toolGrace is how long a program may take to end after SIGTERM.
const toolGrace = 2 * time.Second

// runTool runs the program to its end.
func runTool(ctx context.Context, f *folder, opts Options) (int, error) {
	cmd, err := newTool(f, opts)
	if err != nil {
		return 0, err
	}
	if err := cmd.Start(); err != nil {
		return 0, toolError(opts, err)
	}
	// Not its group, where its ssh is: that is to remove the folder.
	opts.Guard.Add(cmd.Process.Pid)
	defer opts.Guard.Remove(cmd.Process.Pid)
	ended := make(chan struct{})
	go func() {
		_ = cmd.Wait() // the state tells more
		close(ended)
	}()
	select {
	case <-ended:
	case <-ctx.Done():
		endTool(cmd, ended)
		return 0, ctxError(ctx, opts)
	}
	ws, ok := cmd.ProcessState.Sys().(syscall.WaitStatus)
	if ok && ws.Signaled() {
		return 128 + int(ws.Signal()), nil
	}
	return cmd.ProcessState.ExitCode(), nil
}

func toolError(opts Options, err error) error {
	if pe, ok := errors.AsType[*os.PathError](err); ok {
		err = pe.Err
	}
	what := fmt.Sprintf("cannot run %s", opts.Args[0])
	if opts.Dir != "" {
		what += " in " + opts.Dir
	}
	e := value.Errorf(value.KindOS, "%s: %w", what, err).With("path", opts.Args[0])
	if errno, ok := errors.AsType[syscall.Errno](err); ok {
		e = e.With("errno", unix.ErrnoName(errno))
	}
	return e
}

func ctxError(ctx context.Context, opts Options) error {
	cause := context.Cause(ctx)
	if e, ok := errors.AsType[*value.Error](cause); ok {
		return e
	}
	kind := value.KindCancelled
	if errors.Is(cause, context.DeadlineExceeded) {
		kind = value.KindTimeout
	}
	return value.Errorf(kind, "%s was ended: %v", opts.Args[0], cause)
}

// endTool ends the program.
func endTool(cmd *exec.Cmd, ended <-chan struct{}) {
	pid := cmd.Process.Pid
	if cmd.SysProcAttr.Setpgid {
		pid = -pid
	}
	_ = syscall.Kill(pid, syscall.SIGTERM) // it may have ended
	select {
	case <-ended:
	case <-time.After(toolGrace):
	}
	if cmd.SysProcAttr.Setpgid { // others of the group may be left
		_ = syscall.Kill(pid, syscall.SIGKILL)
	} else {
		_ = cmd.Process.Kill()
	}
	<-ended
}

func newTool(f *folder, opts Options) (*exec.Cmd, error) {
	env := toolEnv(f, opts.Env)
	path, err := lookPath(opts.Args[0], envValue(env, "PATH"))
	if err != nil {
		return nil, toolError(Options{Args: opts.Args}, err)
	}
	cmd := &exec.Cmd{Path: path, Args: toolArgs(f, opts.Args), Env: env, Dir: opts.Dir,
		// A program may ask on the terminal: it stays in the group that has it.
		SysProcAttr: &syscall.SysProcAttr{Setpgid: !HasTerminal()}}
	if opts.Stdin != nil {
		cmd.Stdin = opts.Stdin
	}
	if opts.Stdout != nil {
		cmd.Stdout = opts.Stdout
	}
	if opts.Stderr != nil {
		cmd.Stderr = opts.Stderr
	}
	return cmd, nil
}

// HasTerminal reports whether this process has a terminal. A program that Run starts
// shares it then, and is told of Ctrl-C as this process is.
func HasTerminal() bool {
	tty, err := os.Open("/dev/tty")
	if err != nil {
		return false
	}
	_ = tty.Close()
	return true
}

// toolArgs gives ssh's path to the programs that do not look for it on PATH.
func toolArgs(f *folder, args []string) []string {
	switch filepath.Base(args[0]) {
	case "scp", "sftp":
		return slices.Insert(slices.Clone(args), 1, "-S", f.ssh())
	}
	return args
}

func toolEnv(f *folder, own map[string]string) []string {
	set := map[string]string{}
	for name, v := range own {
		set[name] = v
	}
	path, ok := set["PATH"]
	if !ok {
		path = os.Getenv("PATH")
	}
	set["PATH"] = f.path + ":" + path
	set["RSYNC_RSH"] = sshName
	set["GIT_SSH"], set["GIT_SSH_VARIANT"] = f.ssh(), "ssh"
	set["GIT_SSH_COMMAND"] = "'" + strings.ReplaceAll(f.ssh(), "'", `'\''`) + "'"
	set[folderVariable], set[tokenVariable] = f.path, f.token
	var env []string
	for _, kv := range os.Environ() {
		name, _, _ := strings.Cut(kv, "=")
		if _, ours := set[name]; !ours {
			env = append(env, kv)
		}
	}
	for name, v := range set {
		env = append(env, name+"="+v)
	}
	return env
}

func envValue(env []string, name string) string {
	for _, kv := range env {
		if v, ok := strings.CutPrefix(kv, name+"="); ok {
			return v
		}
	}
	return ""
}

// lookPath finds a program on a PATH; a name with a slash stands for itself.
func lookPath(name, path string) (string, error) {
	if strings.Contains(name, "/") {
		return name, nil
	}
	err := error(syscall.ENOENT)
	for _, dir := range filepath.SplitList(path) {
		if dir == "" {
			dir = "."
		}
		file := dir + "/" + name
		info, serr := os.Stat(file)
		if serr != nil || info.IsDir() {
			continue
		}
		if unix.Access(file, unix.X_OK) == nil && info.Mode()&0o111 != 0 {
			return file, nil
		}
		err = syscall.EACCES
	}
	return "", err
}
