package mitogen

import "github.com/mitoscript/mitoscript/mitogen/wire"

// Beat sends something that means nothing to the parent, so that it knows that this
// context is there: a dead message to handle 0. While something is being written it
// does nothing, as the parent hears that.
func (r *Router) Beat() {
	r.mu.Lock()
	up := r.parentStream
	r.mu.Unlock()
	if up != nil && up.out.idling() {
		_ = up.send(&wire.Frame{Dst: up.remoteID, Src: r.id, Auth: r.id, ReplyTo: wire.IsDead}, urgent)
	}
}

// Probe sends something that means nothing to every direct child, so that a child
// whose parent is silent knows that it is lost: a dead message to handle 0.
func (r *Router) Probe() {
	r.mu.Lock()
	var streams []*Stream
	for s := range r.streams {
		if !s.parent {
			streams = append(streams, s)
		}
	}
	r.mu.Unlock()
	for _, s := range streams {
		_ = s.send(&wire.Frame{Dst: s.remoteID, Src: r.id, Auth: r.id, ReplyTo: wire.IsDead}, urgent)
	}
}
