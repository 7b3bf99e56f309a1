package mitogen

import (
	"fmt"
	"slices"
	"strings"
	"time"
)

// State tells of routes, links and what waits at them, for people who look for the
// reason of a program that hangs. It takes no lock that somebody holds: what that one
// guards is left out.
func (r *Router) State() string {
	var b strings.Builder
	fmt.Fprintf(&b, "router of context %d %q\n", r.id, r.name)
	if !r.mu.TryLock() {
		b.WriteString("  its lock is held\n")
		return b.String()
	}
	defer r.mu.Unlock()
	fmt.Fprintf(&b, "  %d handlers, %d contexts, closing %t, detached %t\n", len(r.handlers), len(r.contexts), r.closing, r.detached)
	var lines []string
	for s := range r.streams {
		lines = append(lines, "  "+s.state())
	}
	for id, s := range r.routes {
		lines = append(lines, fmt.Sprintf("  route to %d %q by %s", id, r.names[id], s.name))
	}
	slices.Sort(lines)
	for _, line := range lines {
		b.WriteString(line + "\n")
	}
	return b.String()
}

// state is what is to be said of one link.
func (s *Stream) state() string {
	text := fmt.Sprintf("link to %d %q: heard %s ago, unread %d bytes, requests %d, reads %t",
		s.remoteID, s.name, time.Since(s.Heard()).Round(time.Millisecond), s.unread.Load(), s.asking.Load(), s.Listens())
	w := &s.out
	if !w.mu.TryLock() {
		return text + ", its queue's lock is held"
	}
	defer w.mu.Unlock()
	return text + fmt.Sprintf(", queued %d bytes, writing %t, senders wait %t, error %v", w.size, w.busy, w.room != nil, w.err)
}
