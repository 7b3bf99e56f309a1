package fakessh

import (
	"context"
	"errors"
	"fmt"
	"os"
	"os/exec"
	"strings"
	"sync"
	"syscall"
	"time"

	"github.com/mitoscript/mitoscript/mitogen"
	"github.com/mitoscript/mitoscript/mitogen/nonblock"
	"github.com/mitoscript/mitoscript/mitogen/pgroup"
	"github.com/mitoscript/mitoscript/mitogen/value"
)

// serviceName is the name of the service that starts commands: its argument is an
// order, its answer a handle.
const serviceName = "fakessh"

const (
	// hangupGrace is how long a command may go on whose ssh is gone.
	hangupGrace = time.Second
	// shell runs the commands. That of the account may be none that understands what
	// rsync and git quote for sh.
	shell = "/bin/sh"
)

// Server runs commands for ssh programs elsewhere. The zero Server is ready for use.
type Server struct {
	// Guard ends the commands should this process be killed; nil for no such thing.
	Guard *pgroup.Guard
	// Await waits for the next message, up to a time, and reports whether one may have
	// come, where that costs less than to let the runtime wait; nil for no such thing.
	Await func(d time.Duration) bool

	tickets tickets

	mu      sync.Mutex
	running map[*command]struct{}
	ended   bool
}

// Services are what a context needs so that programs can be run over it, and that
// contexts below can be lent.
func (sv *Server) Services() map[string]mitogen.Service {
	return map[string]mitogen.Service{
		serviceName:  {Func: sv.serveCommand},
		lendService:  {Func: serveLend},
		admitService: {Policy: mitogen.FromParents, Func: sv.tickets.serveAdmit},
	}
}

// EndAll kills the commands that still run, at the end of the process. Later ones are
// killed as they start.
func (sv *Server) EndAll() {
	sv.mu.Lock()
	defer sv.mu.Unlock()
	sv.ended = true
	for c := range sv.running {
		c.signal(syscall.SIGKILL)
	}
}

// add notes a command that has started.
func (sv *Server) add(c *command) {
	sv.mu.Lock()
	defer sv.mu.Unlock()
	if sv.running == nil {
		sv.running = map[*command]struct{}{}
	}
	sv.running[c] = struct{}{}
	sv.Guard.Add(-c.cmd.Process.Pid)
	if sv.ended {
		c.signal(syscall.SIGKILL)
	}
}

func (sv *Server) remove(c *command) {
	sv.mu.Lock()
	defer sv.mu.Unlock()
	delete(sv.running, c)
	sv.Guard.Remove(-c.cmd.Process.Pid)
}

// Lending is the service of a context over which no programs can be run, but which
// calls functions in others.
func Lending() map[string]mitogen.Service {
	return map[string]mitogen.Service{lendService: {Func: serveLend}}
}

// order is the argument of the service: the list of its fields.
type order struct {
	ticket    string
	handle    uint32
	subsystem bool
	command   string
	env       value.List // NAME=VALUE, as Bytes
	args      value.List // what the shell knows as "$@", as Bytes
}

func (o order) value() value.Value {
	if o.env == nil {
		o.env = value.List{}
	}
	if o.args == nil {
		o.args = value.List{}
	}
	return value.List{o.ticket, int64(o.handle), o.subsystem, value.Bytes(o.command), o.env, o.args}
}

func readOrder(arg value.Value) (o order, err error) {
	parts, _ := arg.(value.List)
	if len(parts) != 6 {
		return o, errMalformed
	}
	ticket, ok1 := parts[0].(string)
	handle, ok2 := parts[1].(int64)
	subsystem, ok3 := parts[2].(bool)
	command, ok4 := parts[3].(value.Bytes)
	env, ok5 := parts[4].(value.List)
	args, ok6 := parts[5].(value.List)
	if !ok1 || !ok2 || !ok3 || !ok4 || !ok5 || !ok6 || handle < 0 || handle > 1<<32-1 {
		return o, errMalformed
	}
	return order{ticket, uint32(handle), subsystem, string(command), env, args}, nil
}

func (sv *Server) serveCommand(_ context.Context, m *mitogen.Message, arg value.Value) (value.Value, error) {
	o, err := readOrder(arg)
	if err != nil {
		return nil, err
	}
	if reason, ok := mitogen.FromParents(m); !ok && !sv.tickets.use(o.ticket, m.Src) {
		return nil, value.Errorf(value.KindSecurity, "refused by policy: %s", reason)
	}
	e, err := newEnd(m.Router, m.Router.ContextByID(m.Src, ""))
	if err != nil {
		return nil, err
	}
	e.connect(o.handle)
	if o.subsystem {
		err = e.startSubsystem(o.command, sv.Await)
	} else {
		err = sv.startCommand(e, o)
	}
	if err != nil {
		e.release()
		return nil, err
	}
	e.greet()
	return int64(e.handle), nil
}

// command is what runs for an ssh in another context.
type command struct {
	*end
	cmd   *exec.Cmd
	pipes [streams]*os.File // our ends
}

// home is where commands start.
func home() string {
	dir := os.Getenv("HOME")
	if info, err := os.Stat(dir); err != nil || !info.IsDir() {
		return "/"
	}
	return dir
}

// environment is that of a command.
func environment(extra value.List) []string {
	var env []string
	for _, kv := range os.Environ() {
		name, _, _ := strings.Cut(kv, "=")
		if name != folderVariable && name != tokenVariable {
			env = append(env, kv)
		}
	}
	for _, kv := range extra {
		if text, ok := kv.(value.Bytes); ok && strings.Contains(string(text), "=") {
			env = append(env, string(text))
		}
	}
	return env
}

func (sv *Server) startCommand(e *end, o order) error {
	argv := []string{"sh", "-c", o.command, "sh"}
	for _, a := range o.args {
		text, ok := a.(value.Bytes)
		if !ok {
			return errMalformed
		}
		argv = append(argv, string(text))
	}
	c := &command{end: e, cmd: &exec.Cmd{
		Path: shell, Args: argv, Dir: home(), Env: environment(o.env),
		SysProcAttr: &syscall.SysProcAttr{Setsid: true},
	}}
	theirs, err := c.connectPipes()
	if err == nil {
		err = c.cmd.Start()
	}
	for _, f := range theirs {
		_ = f.Close()
	}
	if err != nil {
		c.closePipes()
		return fmt.Errorf("cannot start %s: %w", shell, plainError(err))
	}
	sv.add(c)
	if !e.router.Broker().Go(func() { defer sv.remove(c); c.run() }) {
		sv.remove(c)
		c.closePipes()
		_ = c.cmd.Process.Kill()
		_ = c.cmd.Wait()
		return errors.New("the context is shutting down")
	}
	return nil
}

func plainError(err error) error {
	if pe, ok := errors.AsType[*os.PathError](err); ok {
		return pe.Err
	}
	return err
}

func (c *command) connectPipes() (theirs []*os.File, err error) {
	for i, to := range []func(*os.File){
		stdin:  func(f *os.File) { c.cmd.Stdin = f },
		stdout: func(f *os.File) { c.cmd.Stdout = f },
		stderr: func(f *os.File) { c.cmd.Stderr = f },
	} {
		r, w, err := os.Pipe()
		if err != nil {
			return theirs, err
		}
		mine, other := r, w
		if i == stdin {
			mine, other = w, r
		}
		if i != stderr {
			widen(mine)
		}
		c.pipes[i] = mine
		theirs = append(theirs, other)
		to(other)
	}
	return theirs, nil
}

func (c *command) closePipes() {
	for _, f := range c.pipes {
		if f != nil {
			_ = f.Close() // it may be closed
		}
	}
}

// run moves the data until the command has ended and closed its outputs.
func (c *command) run() {
	defer c.release()
	var input, output sync.WaitGroup
	input.Go(func() {
		_ = c.pumpIn(stdin, nonblock.New(c.pipes[stdin])) // the command may not read all of it
		_ = c.pipes[stdin].Close()
	})
	for i := byte(stdout); i < streams; i++ {
		output.Go(func() {
			c.pumpOut(i, c.pipes[i])
			_ = c.pipes[i].Close()
		})
	}
	done := make(chan struct{})
	go func() {
		_ = c.cmd.Wait() // the state tells more
		c.stop(stdin)
		_ = c.pipes[stdin].Close() // a process that it left behind may hold it and not read
		output.Wait()
		close(done)
	}()
	select {
	case <-done:
	case <-c.finished:
		c.hangUp(done)
	}
	input.Wait()
	c.exit(exitStatus(c.cmd.ProcessState), "")
}

// signal reaches the command's whole group.
func (c *command) signal(sig syscall.Signal) {
	_ = syscall.Kill(-c.cmd.Process.Pid, sig) // it may have ended
}

// hangUp ends the command, whose ssh is gone.
func (c *command) hangUp(done <-chan struct{}) {
	c.closePipes()
	c.signal(syscall.SIGHUP)
	select {
	case <-done:
	case <-time.After(hangupGrace):
	}
	// The first process may have gone and others of its session not.
	c.signal(syscall.SIGKILL)
	<-done
}

// signalled and the signal is the status of a command that a signal ended.
const signalled = 256

func exitStatus(state *os.ProcessState) uint32 {
	if ws, ok := state.Sys().(syscall.WaitStatus); ok && ws.Signaled() {
		return signalled + uint32(ws.Signal())
	}
	return uint32(state.ExitCode())
}
