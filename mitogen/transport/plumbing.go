package transport

import (
	"errors"
	"os"
	"os/exec"
	"syscall"

	"github.com/mitoscript/mitoscript/mitogen/value"
)

// BulkFD is the descriptor of a process that SpawnOptions.Bulk is for.
const BulkFD = 3

// plumbing is the descriptors between us and a process that is to be started.
type plumbing struct {
	in   *os.File // we write: the far side's stdin
	out  *os.File // we read: the far side's stdout
	diag *os.File // we read what else is printed: a pipe, or the terminal's master
	side *os.File // we write and read: the far side's descriptor BulkFD; nil for none
	tty  TTYMode

	childIn, childOut, childDiag, childSide *os.File
}

// newPlumbing opens what the mode needs; on an error nothing is left open.
func newPlumbing(tty TTYMode, bulk bool) (*plumbing, error) {
	pl := &plumbing{tty: tty}
	if err := pl.open(bulk); err != nil {
		pl.closeOurs()
		pl.closeChilds()
		return nil, err
	}
	return pl, nil
}

func (pl *plumbing) open(bulk bool) (err error) {
	if bulk && pl.tty != AllTTY { // there the link has the descriptor
		pl.side, pl.childSide, _ = sidePair() // a sandbox may forbid it: pipes do
	}
	if pl.childIn, pl.in, err = os.Pipe(); err != nil {
		return pipeError(err)
	}
	if pl.out, pl.childOut, err = os.Pipe(); err != nil {
		return pipeError(err)
	}
	widen(pl.in)
	widen(pl.out)
	if pl.tty != NoTTY {
		pl.diag, pl.childDiag, err = openPTY()
		return err
	}
	if pl.diag, pl.childDiag, err = os.Pipe(); err != nil {
		return pipeError(err)
	}
	return nil
}

func pipeError(err error) error {
	e := value.Errorf(value.KindStream, "cannot create a pipe: %w", err)
	if errno := syscall.Errno(0); errors.As(err, &errno) {
		return withStartHint(e, errno)
	}
	return e
}

// attach gives the child's ends to cmd, in a session of its own: Ctrl-C and job
// control are for us, not for our children.
func (pl *plumbing) attach(cmd *exec.Cmd, extra []*os.File) {
	cmd.SysProcAttr = &syscall.SysProcAttr{Setsid: true}
	if pl.childSide != nil {
		extra = append([]*os.File{pl.childSide}, extra...)
	}
	cmd.ExtraFiles = extra
	cmd.Stdin, cmd.Stdout, cmd.Stderr = pl.childIn, pl.childOut, pl.childDiag
	switch pl.tty {
	case StderrTTY:
		cmd.SysProcAttr.Setctty, cmd.SysProcAttr.Ctty = true, 2
	case AllTTY:
		cmd.Stdin, cmd.Stdout = pl.childDiag, pl.childDiag
		cmd.ExtraFiles = append([]*os.File{pl.childIn, pl.childOut}, extra...)
		cmd.SysProcAttr.Setctty, cmd.SysProcAttr.Ctty = true, 0
	}
}

func (pl *plumbing) closeChilds() { closeAll(pl.childIn, pl.childOut, pl.childDiag, pl.childSide) }
func (pl *plumbing) closeOurs()   { closeAll(pl.in, pl.out, pl.diag, pl.side) }

func closeAll(files ...*os.File) {
	for _, f := range files {
		if f != nil {
			_ = f.Close()
		}
	}
}
