package mitogen

import (
	"fmt"
	"slices"
	"sync"

	"github.com/mitoscript/mitoscript/mitogen/wire"
)

// maxAsks bounds the asks of one context that wait at a Receiver.
const maxAsks = 1 << 10

// flow is the window of a Receiver.
type flow struct {
	router *Router
	window int64

	mu       sync.Mutex
	unread   int64          // bytes that nobody has taken
	unasked  int64          // of them, in messages that were not asked for, with their cost
	promised int64          // bytes that were granted and did not come yet
	lanes    map[lane]int64 // of them, by sender
	asks     []ask          // that wait, in the order in which they came
	sources  map[uint32]*flowSource
	left     map[uint32]bool // handles that the Receiver no longer listens at
	ended    bool
}

// lane is a sender as its Receiver knows it: its context, where it listens, and the
// handle that it sends to.
type lane struct{ src, feedback, handle uint32 }

type ask struct {
	lane
	id, bytes int64
	watch     uint32 // that of its source, once it is granted
}

// flowSource is a context that sends.
type flowSource struct {
	asks  int
	watch uint32 // the handle where its end is heard; 0 for this context
}

func newFlow(r *Router, window int64) *flow {
	return &flow{router: r, window: window, lanes: map[lane]int64{}, sources: map[uint32]*flowSource{}}
}

// ask queues an ask; the order of the asks is that of the grants.
func (f *flow) ask(m *Message, c credit) {
	reason := f.watch(m.Src)
	f.mu.Lock()
	src := f.sources[m.Src]
	switch {
	case reason != "":
	case f.ended:
		reason = reasonReceiverEnd
	case f.left[c.handle]:
		reason = reasonInvalidHandle
	case src == nil:
		reason = reasonDisconnected
	case c.bytes > int64(f.router.MaxMessageSize()):
		reason = wire.TooLarge(int64(f.router.MaxMessageSize()))
	case src.asks >= maxAsks:
		reason = refused("too many messages wait for room")
	default:
		f.asks = append(f.asks, ask{lane: lane{m.Src, m.ReplyTo, c.handle}, id: c.id, bytes: max(1, c.bytes)})
		src.asks++
	}
	granted := f.grantLocked()
	f.mu.Unlock()
	f.tell(granted)
	if reason != "" {
		f.router.refuse(m, reason)
	}
}

// grantLocked takes the asks for which there is room now.
func (f *flow) grantLocked() (granted []ask) {
	for len(f.asks) > 0 {
		a, used := f.asks[0], f.unread+f.promised
		if used > 0 && (used >= f.window || a.bytes > f.window) {
			break
		}
		f.asks = f.asks[1:]
		f.sources[a.src].asks--
		a.watch = f.sources[a.src].watch
		f.promised += a.bytes
		f.lanes[a.lane] += a.bytes
		granted = append(granted, a)
	}
	return granted
}

// tell sends the grants. One that does not arrive is answered dead where the end of
// its context is heard: nobody on the way need have known that we talk to it.
func (f *flow) tell(granted []ask) {
	for _, a := range granted {
		f.router.sendCredit(a.src, a.watch, credit{kind: creditGrant, handle: a.feedback, id: a.id, bytes: f.window})
	}
}

// withdraw takes back an ask, or what it was granted.
func (f *flow) withdraw(l lane, c credit) {
	f.mu.Lock()
	i := slices.IndexFunc(f.asks, func(a ask) bool { return a.lane == l && a.id == c.id })
	if i >= 0 {
		f.asks = slices.Delete(f.asks, i, i+1)
		f.sources[l.src].asks--
	} else {
		f.useLocked(l, c.bytes)
	}
	granted := f.grantLocked()
	f.mu.Unlock()
	f.tell(granted)
}

// useLocked uses up to n bytes of what a sender was granted, and reports whether
// it was as much.
func (f *flow) useLocked(l lane, n int64) bool {
	used := min(n, f.lanes[l])
	f.promised -= used
	if f.lanes[l] -= used; f.lanes[l] == 0 {
		delete(f.lanes, l)
	}
	return used == n
}

// admit counts a message that came. One that is far beyond the window is refused.
func (f *flow) admit(m *Message) bool {
	size := creditSize(m)
	f.mu.Lock()
	asked := f.useLocked(lane{m.Src, m.ReplyTo, m.Handle}, size)
	full := !asked && f.unasked > 0 && f.unasked+size+unaskedCost > slackBytes
	if !full {
		f.unread += size
		m.flow, m.unasked = f, !asked
		if m.unasked {
			f.unasked += size + unaskedCost
		}
	}
	granted := f.grantLocked() // of what was asked for and is not used
	f.mu.Unlock()
	f.tell(granted)
	if full {
		f.router.Refuse(m, fmt.Sprintf("more was sent than the Receiver's window of %d bytes", f.window))
		return false
	}
	if !asked && m.ReplyTo != 0 {
		f.router.sendCredit(m.Src, 0, credit{kind: creditNotice, handle: m.ReplyTo, bytes: f.window})
	}
	return true
}

// taken makes room for what a message counted, once.
func (m *Message) taken() {
	m.Release()
	f := m.flow
	if f == nil {
		return
	}
	m.flow = nil
	size := creditSize(m)
	f.mu.Lock()
	f.unread -= size
	if m.unasked {
		f.unasked -= size + unaskedCost
	}
	granted := f.grantLocked()
	f.mu.Unlock()
	f.tell(granted)
}

// watch makes sure that the end of a context that sends is noticed.
func (f *flow) watch(src uint32) (reason string) {
	f.mu.Lock()
	if f.ended || f.sources[src] != nil {
		f.mu.Unlock()
		return ""
	}
	s := &flowSource{}
	f.sources[src] = s
	f.mu.Unlock()
	if src == f.router.id {
		return ""
	}
	c := f.router.ContextByID(src, "")
	handle, err := f.router.AddHandler(Handler{Respondent: c, Func: func(m *Message) {
		if m.IsDead() {
			f.forget(src)
		}
	}})
	if err != nil {
		return err.Error()
	}
	f.mu.Lock()
	s.watch = handle
	stale := f.ended || f.sources[src] != s
	f.mu.Unlock()
	if stale {
		_ = f.router.DelHandler(handle) // its end may have done it
	} else if c.hasLeft() {
		f.forget(src)
	}
	return ""
}

// forget gives back what a context that is gone asked for and was granted.
func (f *flow) forget(src uint32) {
	f.mu.Lock()
	s := f.sources[src]
	delete(f.sources, src)
	f.asks = slices.DeleteFunc(f.asks, func(a ask) bool { return a.src == src })
	for l, n := range f.lanes {
		if l.src == src {
			f.promised -= n
			delete(f.lanes, l)
		}
	}
	granted := f.grantLocked()
	f.mu.Unlock()
	if s != nil && s.watch != 0 {
		_ = f.router.DelHandler(s.watch) // the router did it if it noticed the end
	}
	f.tell(granted)
}

// come is before leave: the Receiver is about to listen at handle.
func (f *flow) come(handle uint32) {
	f.mu.Lock()
	defer f.mu.Unlock()
	delete(f.left, handle)
}

// leave answers all who wait to send to a handle that is no longer the Receiver's,
// and takes back what they were granted: nothing can come by it any more.
func (f *flow) leave(handle uint32) {
	f.mu.Lock()
	if f.left == nil {
		f.left = map[uint32]bool{}
	}
	f.left[handle] = true
	var left []ask
	f.asks = slices.DeleteFunc(f.asks, func(a ask) bool {
		if a.handle == handle {
			left = append(left, a)
			f.sources[a.src].asks--
		}
		return a.handle == handle
	})
	for l, n := range f.lanes {
		if l.handle == handle {
			f.promised -= n
			delete(f.lanes, l)
		}
	}
	granted := f.grantLocked()
	f.mu.Unlock()
	f.tell(granted)
	f.refuseAll(left, reasonInvalidHandle)
}

// end answers all who wait.
func (f *flow) end(reason string) {
	f.mu.Lock()
	asks, sources := f.asks, f.sources
	f.asks, f.sources, f.ended = nil, nil, true
	f.mu.Unlock()
	for _, s := range sources {
		if s.watch != 0 {
			_ = f.router.DelHandler(s.watch) // it may be gone already
		}
	}
	f.refuseAll(asks, reason)
}

func (f *flow) refuseAll(asks []ask, reason string) {
	for _, a := range asks {
		f.router.refuse(&Message{Frame: wire.Frame{Src: a.src, Dst: f.router.id, Handle: wire.Credit, ReplyTo: a.feedback}}, reason)
	}
}
