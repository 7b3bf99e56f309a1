package proc

import (
	"slices"
	"sync"
	"syscall"
	"time"

	"github.com/mitoscript/mitoscript/mitogen/pgroup"
)

// Groups knows the process groups that scripts started and that still run. The
// zero Groups is ready for use.
type Groups struct {
	// Guard ends them should this process be killed; nil for no such thing.
	Guard *pgroup.Guard

	mu      sync.Mutex
	running map[*running]struct{} // guarded by mu
	ended   bool                  // guarded by mu
	// detached are the sessions that EndAll leaves alone; guarded by mu.
	detached []int
}

// add reports whether the group may run: not once EndAll was called.
func (g *Groups) add(r *running) bool {
	g.mu.Lock()
	defer g.mu.Unlock()
	if g.ended {
		return false
	}
	if g.running == nil {
		g.running = map[*running]struct{}{}
	}
	g.running[r] = struct{}{}
	g.Guard.Add(r.target())
	return true
}

func (g *Groups) remove(r *running) {
	g.mu.Lock()
	defer g.mu.Unlock()
	delete(g.running, r)
	g.Guard.Remove(r.target())
}

// detach notes a session that outlives the context.
func (g *Groups) detach(session int) {
	g.mu.Lock()
	defer g.mu.Unlock()
	g.detached = append(g.detached, session)
}

// Detached gives the sessions of the programs that were started with detach=True.
func (g *Groups) Detached() []int {
	g.mu.Lock()
	defer g.mu.Unlock()
	return slices.Clone(g.detached)
}

// EndAll ends every group: by SIGTERM, and after the grace by SIGKILL. No new
// one starts from then on. It returns when all are gone, at most a second after
// the grace.
func (g *Groups) EndAll(grace time.Duration) {
	g.mu.Lock()
	g.ended = true
	all := make([]*running, 0, len(g.running))
	for r := range g.running {
		all = append(all, r)
	}
	g.mu.Unlock()
	var wg sync.WaitGroup
	for _, r := range all {
		wg.Go(func() { r.end(grace) })
	}
	wg.Wait()
}

// target is the whole group, or the process alone if it has none of its own.
func (r *running) target() int {
	if r.ownGroup {
		return -r.cmd.Process.Pid
	}
	return r.cmd.Process.Pid
}

func (r *running) signal(sig syscall.Signal) error { return syscall.Kill(r.target(), sig) }

// How long end waits for what SIGKILL must end, and for pipes that a process
// outside the group holds.
const (
	killWait = time.Second
	pipeWait = 100 * time.Millisecond
)

// end ends the group and returns when the program is reaped. What still holds
// its pipes after that (it left the group) is not waited for.
func (r *running) end(grace time.Duration) {
	_ = r.signal(syscall.SIGTERM)
	if !within(r.finished, grace) {
		_ = r.signal(syscall.SIGKILL)
		within(r.reaped, killWait)
	}
	// The leader may have gone by SIGTERM and others of the group not.
	_ = r.signal(syscall.SIGKILL)
	if !within(r.finished, pipeWait) {
		r.closePipes()
		within(r.finished, pipeWait)
	}
}

// within reports whether c was closed before d passed.
func within(c <-chan struct{}, d time.Duration) bool {
	t := time.NewTimer(d)
	defer t.Stop()
	select {
	case <-c:
		return true
	case <-t.C:
		return false
	}
}
