package simulation

import (
	"context"
	"fmt"
	"math/rand/v2"
	"strings"
	"sync"
	"testing/synctest"
	"time"
)

// world is one run: a tree, what happens to it, and what was wrong.
type world struct {
	rnd     *rand.Rand
	faults  bool // links and contexts may fail
	nodes   []*node
	byID    map[uint32]*node
	ops     []*op
	inboxes []*inbox
	number  int           // of the last letter
	release chan struct{} // closed when nothing blocks by itself any more
	ctx     context.Context
	told    *strings.Builder // all that happened; nil for nobody

	mu       sync.Mutex
	problems []string
}

func (w *world) problem(format string, args ...any) {
	w.mu.Lock()
	defer w.mu.Unlock()
	w.problems = append(w.problems, fmt.Sprintf(format, args...))
}

func (w *world) note(format string, args ...any) {
	if w.told != nil {
		fmt.Fprintf(w.told, format+"\n", args...)
	}
}

// pick gives a number below n.
func (w *world) pick(n int) int { return w.rnd.IntN(n) }

func choose[T any](w *world, from []T) T { return from[w.pick(len(from))] }

func newWorld(seed uint64) *world {
	w := &world{
		rnd: rand.New(rand.NewPCG(seed, 0)), byID: map[uint32]*node{},
		release: make(chan struct{}), ctx: context.Background(),
	}
	w.faults = w.pick(4) > 0
	w.byID[0] = w.newNode(nil, 0)
	return w
}

// play runs the schedule to its end, inside a bubble of synctest.
func (w *world) play() {
	for range 1 + w.pick(5) {
		w.attach(w.livingNode())
		w.pump()
	}
	for range 20 + w.pick(60) {
		w.step()
		synctest.Wait()
		w.checkWindows()
	}
	w.drain()
	w.checkOps()
	w.checkRoutes()
	w.checkHandlers()
	w.end()
}

func (w *world) livingNode() *node {
	var living []*node
	for _, n := range w.nodes {
		if !n.affected() {
			living = append(living, n)
		}
	}
	if len(living) == 0 {
		return w.nodes[0]
	}
	return choose(w, living)
}

// step lets one thing happen.
func (w *world) step() {
	switch n := w.pick(100); {
	case n < 45:
		w.deliverSome()
	case n < 62:
		w.startCall()
	case n < 67:
		w.startMessage()
	case n < 70:
		w.startSelect()
	case n < 73:
		w.openInbox()
	case n < 79:
		w.startPuts()
	case n < 83:
		w.takeSome()
	case n < 88:
		w.cancelOne()
	case n < 91:
		d := time.Duration(w.pick(2000)) * time.Millisecond
		w.note("sleep %s", d)
		time.Sleep(d)
	case n < 94:
		if len(w.nodes) < 12 {
			w.attach(w.livingNode())
		}
	case n < 95:
		w.closeInbox()
	case w.faults:
		w.fault()
	default:
		w.deliverSome()
	}
}

func (w *world) fault() {
	n := choose(w, w.nodes)
	if n.parent == nil && w.pick(8) > 0 || n.affected() {
		return
	}
	lose := w.pick(2) == 0
	kind := w.pick(6)
	if n.parent == nil {
		kind = w.pick(2)
	}
	w.note("fault %d of %d, lose %v", kind, n.id, lose)
	n.severed = true
	switch kind {
	case 0:
		n.kill(lose)
	case 1:
		n.router.Broker().Shutdown()
	case 2:
		n.link.severDown(lose)
		n.link.severUp(lose)
	case 3:
		n.link.severDown(lose)
	case 4:
		n.link.severUp(lose)
	case 5:
		w.startShutdown(n)
	}
}

func (w *world) pipes() []*pipe {
	var out []*pipe
	for _, n := range w.nodes {
		if n.link != nil {
			out = append(out, n.link.pipes()...)
		}
	}
	return out
}

// deliverSome lets some bytes of one direction arrive.
func (w *world) deliverSome() {
	var full []*pipe
	var which []int
	for i, p := range w.pipes() {
		if p.inFlight() > 0 {
			full = append(full, p)
			which = append(which, i)
		}
	}
	if len(full) == 0 {
		return
	}
	i := w.pick(len(full))
	n := full[i].inFlight()
	if w.pick(4) == 0 {
		n = 1 + w.pick(n)
	}
	w.note("deliver %d bytes by %d", n, which[i])
	full[i].deliver(n)
}

// pump delivers until nothing moves; it reports whether anything did.
func (w *world) pump() (moved bool) {
	for {
		synctest.Wait()
		again := false
		for _, p := range w.pipes() {
			if n := p.inFlight(); n > 0 {
				p.deliver(n)
				again = true
				synctest.Wait()
			}
		}
		if !again {
			return moved
		}
		moved = true
	}
}

// drain lets everything come to its end that does so by itself.
func (w *world) drain() {
	w.note("drain")
	close(w.release)
	for idle := 0; idle < 4; {
		moved := w.pump()
		for _, in := range w.inboxes {
			moved = in.take(1000) > 0 || moved
		}
		if moved {
			idle = 0
			continue
		}
		idle++
		time.Sleep(20 * time.Second)
	}
}

// end closes the tree from its root.
func (w *world) end() {
	for i := len(w.nodes) - 1; i >= 0; i-- {
		w.nodes[i].router.Broker().Shutdown()
	}
	for seconds, done := 0, false; !done; {
		w.pump()
		done = true
		for _, n := range w.nodes {
			select {
			case <-n.router.Broker().Gone():
			default:
				done = false
			}
		}
		if !done {
			if seconds++; seconds > 60 {
				w.problem("the tree does not end")
				return
			}
			time.Sleep(time.Second)
		}
	}
}
