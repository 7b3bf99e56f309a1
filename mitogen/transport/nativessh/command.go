package nativessh

import (
	"io"
	"net"
	"os"
	"os/exec"
	"sync"
	"syscall"
	"time"
)

// command is a ProxyCommand's stdin and stdout as a connection. Deadlines are not
// offered: closing it ends reads and writes.
type command struct {
	cmd      *exec.Cmd
	out      *os.File
	in       *os.File
	closed   sync.Once
	finished chan struct{}
}

// startCommand runs the text by the account's shell, in a session of its own, so
// that signals to this program's terminal do not reach it.
func startCommand(text string, stderr io.Writer) (net.Conn, error) {
	shell := os.Getenv("SHELL")
	if shell == "" {
		shell = "/bin/sh"
	}
	childIn, in, err := os.Pipe()
	if err != nil {
		return nil, err
	}
	defer childIn.Close()
	out, childOut, err := os.Pipe()
	if err != nil {
		_ = in.Close()
		return nil, err
	}
	defer childOut.Close()
	cmd := exec.Command(shell, "-c", "exec "+text)
	cmd.Stdin, cmd.Stdout, cmd.Stderr = childIn, childOut, stderr
	cmd.SysProcAttr = &syscall.SysProcAttr{Setsid: true}
	// What the command left behind may keep stderr open.
	cmd.WaitDelay = time.Second
	if err := cmd.Start(); err != nil {
		_, _ = in.Close(), out.Close()
		return nil, err
	}
	c := &command{cmd: cmd, in: in, out: out, finished: make(chan struct{})}
	go func() {
		defer close(c.finished)
		_ = cmd.Wait()
	}()
	return c, nil
}

func (c *command) Read(p []byte) (int, error)  { return c.out.Read(p) }
func (c *command) Write(p []byte) (int, error) { return c.in.Write(p) }

// Close ends the command and all that it started in its session's group, and
// waits for it.
func (c *command) Close() error {
	c.closed.Do(func() {
		_, _ = c.in.Close(), c.out.Close()
		_ = syscall.Kill(-c.cmd.Process.Pid, syscall.SIGKILL)
	})
	<-c.finished
	return nil
}

func (c *command) LocalAddr() net.Addr              { return commandAddr{} }
func (c *command) RemoteAddr() net.Addr             { return commandAddr{} }
func (c *command) SetDeadline(time.Time) error      { return os.ErrNoDeadline }
func (c *command) SetReadDeadline(time.Time) error  { return os.ErrNoDeadline }
func (c *command) SetWriteDeadline(time.Time) error { return os.ErrNoDeadline }

type commandAddr struct{}

func (commandAddr) Network() string { return "command" }
func (commandAddr) String() string  { return "ProxyCommand" }
