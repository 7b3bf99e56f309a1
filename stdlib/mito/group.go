package mito

import "sync"

// group are the goroutines of a Runtime. Once it is closed it starts no more.
type group struct {
	mu      sync.Mutex
	running int           // guarded by mu, as what follows
	idle    chan struct{} // not nil once closed; closed itself when none runs
}

// start runs fn on a goroutine; false once the group is closed.
func (g *group) start(fn func()) bool {
	g.mu.Lock()
	defer g.mu.Unlock()
	if g.idle != nil {
		return false
	}
	g.running++
	go func() {
		defer g.leave()
		fn()
	}()
	return true
}

func (g *group) leave() {
	g.mu.Lock()
	defer g.mu.Unlock()
	g.running--
	if g.running == 0 && g.idle != nil {
		close(g.idle)
	}
}

func (g *group) empty() bool {
	g.mu.Lock()
	defer g.mu.Unlock()
	return g.running == 0
}

// close lets no more start; the channel is closed when none runs.
func (g *group) close() <-chan struct{} {
	g.mu.Lock()
	defer g.mu.Unlock()
	if g.idle == nil {
		g.idle = make(chan struct{})
		if g.running == 0 {
			close(g.idle)
		}
	}
	return g.idle
}
