//go:build unix

package child

import (
	"context"
	"os"
	"runtime/debug"
	"time"

	"golang.org/x/sys/unix"

	"github.com/mitoscript/mitoscript/mitogen/parent"
)

// idleCheck is how often a detached context looks whether it is still of use.
const idleCheck = 250 * time.Millisecond

// Detach makes the context, and what is below it, outlive its parent. What is
// printed from then on goes nowhere. The context ends when no call, spawned function
// or lasting handler is left and nothing is below it, or by its broker.
func (p *Process) Detach(ctx context.Context) error {
	p.Flush()
	if err := parent.Detach(ctx, p.Router); err != nil {
		return err
	}
	p.silence()
	go p.endWhenIdle()
	return nil
}

// silence gives descriptors 1 and 2 to /dev/null. Programs that run have the pipes
// still, which are read on.
func (p *Process) silence() {
	null, err := unix.Open(os.DevNull, unix.O_WRONLY|unix.O_CLOEXEC, 0)
	if err != nil {
		return // what is written is read, and lost
	}
	defer func() { _ = unix.Close(null) }()
	_, _ = dup2(null, 1), dup2(null, 2)
	_ = debug.SetCrashOutput(nil, debug.CrashOptions{}) // it holds the connection
}

func (p *Process) endWhenIdle() {
	tick := time.NewTicker(idleCheck)
	defer tick.Stop()
	for {
		select {
		case <-tick.C:
		case <-p.Router.Broker().Context().Done():
			return
		}
		if p.Server.Idle() && !p.Router.InUse() && (p.Idle == nil || p.Idle()) && p.Server.Idle() {
			p.Router.Broker().Shutdown()
			return
		}
	}
}
