package mitogen

import (
	"context"
	"sync"
	"sync/atomic"

	"github.com/mitoscript/mitoscript/mitogen/value"
)

// feedback is where a Sender hears that nobody receives, and of room.
type feedback struct {
	handle uint32
	gone   atomic.Pointer[value.Error]
	dead   chan struct{} // closed once gone is set

	mu     sync.Mutex
	window int64 // of the Receiver; 0 for none
	told   bool  // the window is known
	spent  int64 // bytes that were sent before
	last   int64 // id of an ask
	waits  map[int64]chan struct{}
}

// lost is called when nobody receives.
func (fb *feedback) lost(why *value.Error) {
	if fb.gone.CompareAndSwap(nil, why) {
		close(fb.dead)
	}
}

// heard takes a grant or notice of the Receiver.
func (fb *feedback) heard(c credit) {
	fb.mu.Lock()
	defer fb.mu.Unlock()
	fb.window, fb.told = c.bytes, true
	if c.kind == creditNotice && c.bytes > 0 {
		return
	}
	for id, w := range fb.waits {
		if c.kind == creditNotice || id == c.id {
			close(w)
			delete(fb.waits, id)
		}
	}
}

// wait registers a wait for room, unless none is needed.
func (fb *feedback) wait(size int64) (id int64, room chan struct{}) {
	fb.mu.Lock()
	defer fb.mu.Unlock()
	if !fb.told {
		fb.spent += size + unaskedCost
	}
	if fb.window == 0 && (fb.told || fb.spent <= freeBytes) {
		return 0, nil
	}
	fb.last++
	if fb.waits == nil {
		fb.waits = map[int64]chan struct{}{}
	}
	room = make(chan struct{})
	fb.waits[fb.last] = room
	return fb.last, room
}

// forget ends a wait.
func (fb *feedback) forget(id int64) {
	fb.mu.Lock()
	defer fb.mu.Unlock()
	delete(fb.waits, id)
}

// acquire waits until there is room for size bytes. What is returned gives the
// room back if it is not used; the end of ctx is a TimeoutError or CancelledError.
func (s *Sender) acquire(ctx context.Context, fb *feedback, size int64) (giveBack func(), err error) {
	id, room := fb.wait(size)
	if room == nil {
		return func() {}, nil
	}
	router, to := s.context.router, s.context.id
	giveBack = func() {
		router.sendCredit(to, fb.handle, credit{kind: creditWithdraw, handle: s.handle, id: id, bytes: size})
	}
	router.sendCredit(to, fb.handle, credit{kind: creditAsk, handle: s.handle, id: id, bytes: size})
	select {
	case <-room:
		// A ctx that is done wins: whoever cancelled may have made the room since,
		// and expects nothing more.
		if ctx.Err() == nil {
			return giveBack, nil
		}
	case <-fb.dead:
		fb.forget(id)
		giveBack() // it may receive from others
		return nil, fb.gone.Load()
	case <-ctx.Done():
		fb.forget(id)
	}
	giveBack()
	return nil, waitError(context.Cause(ctx), "Sender.put")
}
