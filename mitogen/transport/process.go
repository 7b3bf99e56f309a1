package transport

import (
	"context"
	"errors"
	"io"
	"net"
	"os"
	"os/exec"
	"sync"
	"sync/atomic"
	"syscall"
	"time"

	"github.com/mitoscript/mitoscript/mitogen/nonblock"
	"github.com/mitoscript/mitoscript/mitogen/value"
)

// killStep lies between one measure against a process and the next, harder one.
const killStep = time.Second

// Process is a local process as a Link: its stdin and stdout are the data, what
// it prints elsewhere is watched. It has two goroutines, which end with it: one
// reads that output, one waits for the process and reaps it.
type Process struct {
	// immutable after newProcess
	cmd  *exec.Cmd
	name string
	in   *os.File
	out  *os.File
	data *nonblock.Duplex // of both
	side *os.File         // another way for data both ways; nil for none
	bulk *nonblock.Duplex // of it
	diag *os.File
	w    *watcher
	done chan struct{} // closed when the process is reaped and its output read

	reaped   atomic.Bool
	signaled atomic.Bool // its end is our doing
	exit     error       // set before done is closed
	ending   sync.Once   // Close starts at most one ending
}

func newProcess(name string, cmd *exec.Cmd, pl *plumbing, react React, o SpawnOptions) *Process {
	p := &Process{
		cmd: cmd, name: name, in: pl.in, out: pl.out, data: nonblock.NewDuplex(pl.out, pl.in), diag: pl.diag,
		w:    &watcher{name: name, src: pl.diag, react: react, log: o.Log, hide: o.Hide, fail: make(chan error, 1)},
		done: make(chan struct{}),
	}
	if pl.tty != NoTTY {
		p.w.reply = pl.diag
	}
	if p.side = pl.side; p.side != nil {
		p.bulk = nonblock.NewDuplex(p.side, p.side)
	}
	watched := make(chan struct{})
	go func() { defer close(watched); p.w.run() }()
	go p.reap(watched)
	return p
}

// reap waits for the end of the process, then for that of its output.
func (p *Process) reap(watched <-chan struct{}) {
	err := p.cmd.Wait()
	p.reaped.Store(true)
	p.w.finish()
	<-watched
	_ = p.diag.Close()
	p.exit = exitError(p.cmd.ProcessState, err)
	close(p.done)
}

// Read reads from the far side's stdout.
func (p *Process) Read(b []byte) (int, error) { return p.data.Read(b) }

// Look says whether the next Read may look for bytes before it sleeps.
func (p *Process) Look(may bool) { p.data.Look(may) }

// Write writes to the far side's stdin.
func (p *Process) Write(b []byte) (int, error) { return p.data.Write(b) }

// TryWrite writes what the far side's stdin takes at once.
func (p *Process) TryWrite(b []byte) int { return p.data.TryWrite(b) }

// WriteBuffers writes all pieces to the far side's stdin.
func (p *Process) WriteBuffers(pieces net.Buffers) error { return p.data.WriteBuffers(pieces) }

// Bulk is a second way to the far side and back, beside its stdin and stdout; nil if
// there is none.
func (p *Process) Bulk() io.ReadWriter {
	if p.side == nil {
		return nil
	}
	return p.bulk
}

// CloseWrite ends the far side's stdin.
func (p *Process) CloseWrite() error { return ignoreClosed(p.in.Close()) }

// Diagnostics gives the last 32 KiB that the process printed besides its data.
func (p *Process) Diagnostics() string { return p.w.text() }

// Failure is what the process's output said went wrong. After Wait has returned,
// whatever there was to say is there.
func (p *Process) Failure() <-chan error { return p.w.fail }

// Ready ends the time of questions; see the function of that name.
func (p *Process) Ready() { p.w.settle() }

// Pid is the id of the process.
func (p *Process) Pid() int { return p.cmd.Process.Pid }

// Wait returns when the process has ended, been reaped, and its output been
// read, and gives an *ExitError, also for status 0.
func (p *Process) Wait() error {
	<-p.done
	return p.exit
}

// Done is closed when Wait would return.
func (p *Process) Done() <-chan struct{} { return p.done }

// Kill sends SIGKILL to the process and to its group.
func (p *Process) Kill() error { return p.signal(syscall.SIGKILL) }

// signal reaches the whole group, as a tool may have helpers (ssh its proxy
// command). The process leads a session, so that its id is the group's.
func (p *Process) signal(sig syscall.Signal) error {
	if p.reaped.Load() {
		return nil
	}
	p.signaled.Store(true)
	if syscall.Kill(-p.Pid(), sig) == nil {
		return nil
	}
	err := p.cmd.Process.Signal(sig)
	if errors.Is(err, os.ErrProcessDone) {
		return nil
	}
	return err
}

// Close gives back the descriptors of the data at once. A process that does not
// end of itself on that is ended, by SIGTERM and then SIGKILL, a second apart.
func (p *Process) Close() error {
	err := p.closeData()
	p.ending.Do(func() {
		select {
		case <-p.done:
		default:
			go func() { _ = p.escalate(context.Background(), killStep) }()
		}
	})
	return err
}

// Detach gives back the descriptors and sends no signals. The process is still
// reaped when it ends, and its output read until then.
func (p *Process) Detach() error {
	p.ending.Do(func() {})
	return p.closeData()
}

// End closes the far side's stdin and waits for the process's end: for the
// grace, then with SIGTERM, then with SIGKILL; at once with SIGKILL when ctx
// ends. Then it closes the link. The error tells of a process that is left.
func (p *Process) End(ctx context.Context, grace time.Duration) error {
	_ = p.CloseWrite()
	p.ending.Do(func() {})
	err := p.escalate(ctx, grace)
	return errors.Join(err, p.closeData())
}

// escalate ends when the process has, or when nothing more can be done. A root
// process under sudo cannot be sent signals; it does get the hang-up of its
// terminal, which closing the master sends.
func (p *Process) escalate(ctx context.Context, grace time.Duration) error {
	if waitFor(ctx, p.done, grace) {
		return nil
	}
	if ctx.Err() == nil {
		if p.signal(syscall.SIGTERM) != nil {
			p.hangUp()
		}
		if waitFor(ctx, p.done, killStep) {
			return nil
		}
	}
	err := p.signal(syscall.SIGKILL)
	if err != nil {
		p.hangUp()
	}
	if waitFor(context.Background(), p.done, killStep) {
		return nil
	}
	if err == nil {
		err = errors.New("it did not end on SIGKILL")
	}
	return value.Errorf(value.KindStream, "cannot end process %d (%s): %w", p.Pid(), p.name, err)
}

// hangUp closes all that the process is reached by.
func (p *Process) hangUp() {
	_ = p.closeData()
	_ = p.diag.Close()
}

func (p *Process) closeData() error {
	err := errors.Join(ignoreClosed(p.in.Close()), ignoreClosed(p.out.Close()))
	if p.side != nil {
		err = errors.Join(err, ignoreClosed(p.side.Close()))
	}
	return err
}

func ignoreClosed(err error) error {
	if errors.Is(err, os.ErrClosed) {
		return nil
	}
	return err
}
