package proc

import (
	"errors"
	"io"
	"os"
	"os/exec"
	"path/filepath"
	"strconv"
	"sync"
	"syscall"
	"time"

	"github.com/creack/pty"
	"golang.org/x/sys/unix"

	"github.com/mitoscript/mitoscript/mitogen/value"
	"github.com/mitoscript/mitoscript/stdlib/oserror"
	"github.com/mitoscript/mitoscript/stdlib/user"
)

// running is a program that was started.
type running struct {
	// Immutable after start.
	o        options
	cmd      *exec.Cmd
	ownGroup bool
	started  time.Time
	out, err *stream       // err is nil with a terminal
	reaped   chan struct{} // closed when the program has ended
	finished chan struct{} // closed when also its pipes are read to the end
	seconds  float64       // set before reaped is closed

	stdinMu sync.Mutex
	stdin   *os.File // guarded by stdinMu; nil if there is none or it is closed

	ours []*os.File // our ends of the pipes
	tap  *os.File   // our end of stdout if its output is tapped: whoever has it closes it
	pump sync.WaitGroup
}

// start runs the program.
func (h *Host) start(o options) (*running, error) {
	r := &running{o: o, started: time.Now(), out: newStream("stdout"), err: newStream("stderr"),
		reaped: make(chan struct{}), finished: make(chan struct{})}
	r.cmd = &exec.Cmd{Args: o.argv, Dir: o.dir, SysProcAttr: &syscall.SysProcAttr{}}
	if err := r.identify(); err != nil {
		return nil, err
	}
	if err := r.find(); err != nil {
		return nil, err
	}
	theirs, err := h.connect(r)
	defer closeAll(theirs)
	if err == nil {
		err = r.cmd.Start()
	}
	if err != nil {
		closeAll(r.ours)
		if r.tap != nil {
			_ = r.tap.Close()
		}
		return nil, startError(r, err)
	}
	r.watch(h.Groups)
	return r, nil
}

func startError(r *running, err error) error {
	var file *os.PathError
	if errors.As(err, &file) && file.Path == os.DevNull { // as in a chroot without /dev
		return oserror.Wrap("run "+oserror.Show(r.o.argv[0])+" with", os.DevNull, err)
	}
	if r.o.account != "" && errors.Is(err, unix.EPERM) {
		return oserror.Wrap("run as user "+r.o.account, r.o.argv[0], err)
	}
	return oserror.Wrap("run", r.o.argv[0], err)
}

// identify sets the environment and, with user=, the identity.
func (r *running) identify() error {
	r.cmd.Env = r.o.env
	if r.o.account == "" {
		return nil
	}
	db := user.Database{}
	acc, err := db.Account(r.o.account)
	if err != nil {
		return err
	}
	for _, kv := range [][2]string{{"HOME", acc.Home}, {"USER", acc.Name}, {"LOGNAME", acc.Name}} {
		if lookup(r.o.env, kv[0]) == os.Getenv(kv[0]) { // not set by env=
			r.cmd.Env = append(without(r.cmd.Env, kv[0]), kv[0]+"="+kv[1])
		}
	}
	if acc.UID == os.Geteuid() {
		return nil
	}
	groups, err := db.GroupsOf(acc)
	if err != nil {
		return err
	}
	cred := &syscall.Credential{Uid: uint32(acc.UID), Gid: uint32(acc.GID)}
	for _, g := range groups {
		cred.Groups = append(cred.Groups, uint32(g.GID))
	}
	r.cmd.SysProcAttr.Credential = cred
	return nil
}

// find looks the program up in the PATH that it will see.
func (r *running) find() error {
	if r.o.dir != "" {
		if info, err := os.Stat(r.o.dir); err != nil {
			return oserror.Wrap("run "+oserror.Show(r.o.argv[0])+" in", r.o.dir, err)
		} else if !info.IsDir() {
			return oserror.New("run "+oserror.Show(r.o.argv[0])+" in", r.o.dir, syscall.ENOTDIR)
		}
	}
	file, err := which(r.o.argv[0], lookup(r.cmd.Env, "PATH"))
	if err != nil {
		return oserror.Wrap("run", r.o.argv[0], err)
	}
	r.cmd.Path = file
	return nil
}

// which finds a program: a name with a slash stands for itself.
func which(name, path string) (string, error) {
	if filepath.Base(name) != name {
		return name, nil
	}
	denied := false
	for _, dir := range filepath.SplitList(path) {
		file := dir + "/" + name
		if dir == "" {
			file = "./" + name
		}
		info, err := os.Stat(file)
		if err != nil || info.IsDir() {
			continue
		}
		if unix.Access(file, unix.X_OK) == nil && info.Mode()&0o111 != 0 {
			return file, nil
		}
		denied = true
	}
	if denied {
		return "", syscall.EACCES
	}
	return "", syscall.ENOENT
}

// connect makes stdin, stdout and stderr. It returns the files to close once
// the program has them.
func (h *Host) connect(r *running) (theirs []*os.File, err error) {
	o, attr := r.o, r.cmd.SysProcAttr
	switch {
	case o.detach:
		attr.Setsid, r.ownGroup = true, true
		return nil, nil // nil files are /dev/null
	case o.pty:
		attr.Setsid, attr.Setctty, r.ownGroup = true, true, true
		return r.connectTerminal()
	case h.interactive(o):
		// The person's Ctrl-C and the terminal belong to the program too.
		r.cmd.Stdin, r.cmd.Stdout, r.cmd.Stderr = h.Stdin, h.Stdout, h.Stderr
		return nil, nil
	}
	attr.Setpgid, r.ownGroup = true, true
	if o.hasInput || o.piped {
		rd, wr, err := os.Pipe()
		if err != nil {
			return nil, err
		}
		theirs, r.ours = append(theirs, rd), append(r.ours, wr)
		r.cmd.Stdin, r.stdin = rd, wr
	} else if in, ok := h.Stdin.(*os.File); ok && o.inherit && !isTerminal(in) {
		r.cmd.Stdin = in // a terminal is not for groups in the background
	}
	for _, s := range []struct {
		to  *io.Writer
		own io.Writer
		s   *stream
	}{{&r.cmd.Stdout, h.Stdout, r.out}, {&r.cmd.Stderr, h.Stderr, r.err}} {
		f, err := r.connectOutput(s.s, s.own)
		if err != nil {
			return theirs, err
		}
		*s.to = f
		if f != s.own {
			theirs = append(theirs, f)
		}
	}
	return theirs, nil
}

// connectOutput returns the file that the program gets for an output: own itself
// where nobody here has to read along.
func (r *running) connectOutput(s *stream, own io.Writer) (*os.File, error) {
	if r.o.tapped && s == r.out {
		rd, wr, err := os.Pipe()
		r.tap = rd
		return wr, err
	}
	if !r.o.capture {
		s.keep = false
		if r.o.onLine == nil {
			if f, ok := own.(*os.File); ok {
				return f, nil
			}
			if s.to = own; own == nil {
				s.to = io.Discard
			}
		}
	}
	rd, wr, err := os.Pipe()
	if err != nil {
		return nil, err
	}
	r.ours = append(r.ours, rd)
	r.pump.Go(func() { s.pump(rd); _ = rd.Close() })
	return wr, nil
}

func (r *running) connectTerminal() (theirs []*os.File, err error) {
	master, slave, err := pty.Open()
	if err != nil {
		return nil, oserror.Wrap("make a pseudo-terminal for", r.o.argv[0], err)
	}
	r.ours = append(r.ours, master)
	if err := noEcho(slave); err != nil {
		return []*os.File{slave}, err
	}
	_ = pty.Setsize(master, &pty.Winsize{Rows: 24, Cols: 80}) // for programs that ask
	r.cmd.Stdin, r.cmd.Stdout, r.cmd.Stderr = slave, slave, slave
	r.stdin, r.err = master, nil
	if !r.o.capture {
		r.out.keep = r.o.onLine == nil
	}
	r.pump.Go(func() { r.out.pump(master) })
	return []*os.File{slave}, nil
}

// interactive reports whether the program takes over the person's terminal.
func (h *Host) interactive(o options) bool {
	in, ok := h.Stdin.(*os.File)
	if !ok || o.capture || o.hasInput || o.piped || o.tapped || o.onLine != nil {
		return false
	}
	return isTerminal(in)
}

func closeAll(files []*os.File) {
	for _, f := range files {
		_ = f.Close()
	}
}

// watch reaps the program, feeds its input and keeps it in groups meanwhile.
func (r *running) watch(groups *Groups) {
	if r.o.detach {
		groups.detach(r.cmd.Process.Pid)
	} else if !groups.add(r) {
		_ = r.signal(syscall.SIGKILL)
	}
	if r.o.hasInput {
		// A program that does not read all of it is fine, as in Python.
		r.pump.Go(func() { _ = r.write(r.o.input); r.closeStdin() })
	}
	go func() {
		_ = r.cmd.Wait() // the state tells more
		r.seconds = time.Since(r.started).Seconds()
		close(r.reaped)
		r.pump.Wait()
		r.closePipes()
		close(r.finished)
		groups.remove(r)
	}()
}

// write gives the program input, waiting while it does not read.
func (r *running) write(data string) error {
	r.stdinMu.Lock()
	f := r.stdin
	r.stdinMu.Unlock()
	if f == nil {
		return value.Errorf(value.KindOS, "cannot write to process %d: its stdin is closed", r.cmd.Process.Pid).
			With("errno", "EBADF").With("path", r.o.argv[0]).With("op", "write")
	}
	_, err := io.WriteString(f, data)
	return err
}

// endOfInput is the character by which a terminal says that there is no more.
const endOfInput = "\x04"

func (r *running) closeStdin() {
	r.stdinMu.Lock()
	f := r.stdin
	r.stdin = nil
	r.stdinMu.Unlock()
	if f == nil {
		return
	}
	if !r.o.pty {
		_ = f.Close()
		return
	}
	if r.o.input != "" && r.o.input[len(r.o.input)-1] != '\n' {
		_, _ = io.WriteString(f, endOfInput) // the first one only ends the line
	}
	_, _ = io.WriteString(f, endOfInput)
}

// closePipes makes readers and writers of the pipes stop.
func (r *running) closePipes() {
	r.stdinMu.Lock()
	r.stdin = nil
	r.stdinMu.Unlock()
	closeAll(r.ours)
}

// code is the exit status, -N for an end by signal N. The program is reaped.
func (r *running) code() int64 {
	ws, ok := r.cmd.ProcessState.Sys().(syscall.WaitStatus)
	if ok && ws.Signaled() {
		return -int64(ws.Signal())
	}
	return int64(r.cmd.ProcessState.ExitCode())
}

// why says how a program that failed ended.
func why(code int64) string {
	if code < 0 {
		return "ended by " + unix.SignalName(syscall.Signal(-code))
	}
	return "exit status " + strconv.FormatInt(code, 10)
}
