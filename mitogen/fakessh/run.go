package fakessh

import (
	"context"
	"crypto/subtle"
	"errors"
	"net"
	"os"
	"strconv"
	"sync"
	"time"

	"github.com/mitoscript/mitoscript/mitogen"
	"github.com/mitoscript/mitoscript/mitogen/pgroup"
	"github.com/mitoscript/mitoscript/mitogen/value"
)

// Options say what is run. Dest and Args are required.
type Options struct {
	// Dest is the context in which the commands of ssh run.
	Dest *mitogen.Context
	// Args are the program, looked for on PATH, and its arguments.
	Args []string
	// Env are variables that are set beside this process's own.
	Env map[string]string
	// Dir is where the program starts; "" for this process's folder.
	Dir string
	// Stdin, Stdout and Stderr are the program's; nil for /dev/null.
	Stdin, Stdout, Stderr *os.File
	// Guard ends the program should this process be killed; nil for no such thing. The
	// program's ssh ends with this process in any case.
	Guard *pgroup.Guard
}

// sessionGrace is how long sessions may take to end after the program has.
const sessionGrace = 2 * time.Second

// runner is a program that runs.
type runner struct {
	router *mitogen.Router
	dest   *mitogen.Context
	folder *folder
	caller *mitogen.Message // of the call that this is done for; nil if it is for none
}

// Run runs a program on whose PATH ssh is ours, and returns its exit status, or 128
// and the signal that ended it. The end of ctx ends the program, and is an error: a
// TimeoutError or CancelledError.
func Run(ctx context.Context, opts Options) (int, error) {
	if len(opts.Args) == 0 {
		return 0, value.Errorf(value.KindValue, "there is no program to run")
	}
	program, err := programPath()
	if err != nil {
		return 0, value.Errorf(value.KindError, "cannot run %s over context %s: %w", opts.Args[0], opts.Dest.Name(), err)
	}
	f, err := newFolder(program)
	if err != nil {
		return 0, value.Errorf(value.KindError, "cannot make the folder of %s: %w", opts.Args[0], err)
	}
	defer f.remove()
	r := &runner{router: opts.Dest.Router(), dest: opts.Dest, folder: f, caller: mitogen.CallMessage(ctx)}
	sessions, cancel := context.WithCancelCause(ctx)
	var running sync.WaitGroup
	running.Go(func() { r.accept(sessions, &running) })
	status, err := runTool(ctx, f, opts)
	cancel(errClientGone)
	_ = f.l.Close()
	waitFor(&running, sessionGrace)
	return status, err
}

// destName is what errors call the context: one that came in a message may have no
// name here.
func (r *runner) destName() string {
	if name := r.dest.Name(); name != "" {
		return name
	}
	return strconv.FormatUint(uint64(r.dest.ID()), 10)
}

// waitFor waits for sessions. One that hangs in a write to a terminal that is
// stopped is left behind.
func waitFor(wg *sync.WaitGroup, grace time.Duration) {
	done := make(chan struct{})
	go func() { wg.Wait(); close(done) }()
	select {
	case <-done:
	case <-time.After(grace):
	}
}

// accept takes each ssh that the program starts.
func (r *runner) accept(ctx context.Context, running *sync.WaitGroup) {
	for {
		conn, err := r.folder.l.AcceptUnix()
		if err != nil {
			if ctx.Err() == nil && !errors.Is(err, net.ErrClosed) {
				r.router.Log().Error("cannot accept an ssh", "reason", err)
			}
			return
		}
		running.Go(func() { r.serve(ctx, conn) })
	}
}

// trusts reports whether token is that of the program that was started.
func (f *folder) trusts(token string) bool {
	return subtle.ConstantTimeCompare([]byte(token), []byte(f.token)) == 1
}
