package simulation

import (
	"context"
	"crypto/sha256"
	"errors"
	"fmt"
	"strings"
	"sync"
	"time"

	"github.com/mitoscript/mitoscript/mitogen"
	"github.com/mitoscript/mitoscript/mitogen/value"
	"github.com/mitoscript/mitoscript/mitogen/wire"
)

// op is something that a context began, and how it ended.
type op struct {
	what     string // a function of calls, or another kind
	from, to *node
	text     string // its letter
	deadline bool   // it has one
	cancel   func() // ends it early; nil if nothing does
	stopped  bool   // cancel was called
	puts     *puts  // that it is; nil for others

	mu   sync.Mutex
	ends int // how often it ended
	got  value.Value
	err  error
}

func (o *op) end(got value.Value, err error) {
	o.mu.Lock()
	defer o.mu.Unlock()
	o.ends++
	o.got, o.err = got, err
}

// start runs fn as an op, under a context that can be cancelled and may have a deadline.
func (w *world) start(what string, from, to *node, fn func(ctx context.Context, o *op)) *op {
	w.number++
	o := &op{what: what, from: from, to: to, text: letter(from, to, w.number)}
	limit := time.Hour // longer than any schedule
	if o.deadline = w.pick(4) == 0; o.deadline {
		limit = time.Duration(1+w.pick(3000)) * time.Millisecond
	}
	ctx, cancel := context.WithTimeout(w.ctx, limit)
	o.cancel = cancel
	w.ops = append(w.ops, o)
	w.note("%s %s", what, o.text)
	go func() { defer cancel(); fn(ctx, o) }()
	return o
}

// startCall calls a function in a context below.
func (w *world) startCall() {
	from := choose(w, w.nodes)
	below := from.below()
	if len(below) == 0 {
		return
	}
	to := choose(w, below)
	what := choose(w, []string{doEcho, doEcho, doEcho, doFail, doSleep, doBlock, doNest, "code", "code", "no reply"})
	call := w.callOf(what, to)
	w.start(what, from, to, func(ctx context.Context, o *op) {
		call.Args[0] = o.text
		e, err := from.router.ContextByID(to.id, "").EncodeCall(call, mitogen.CallNames{})
		switch {
		case err != nil:
			o.end(nil, err)
		case what == "no reply":
			o.end(o.text, e.NoReply())
		default:
			o.end(e.Do(ctx))
		}
	})
}

// callOf makes a call without its letter.
func (w *world) callOf(what string, to *node) *mitogen.Call {
	n := int64(w.pick(3000))
	call := &mitogen.Call{Func: what}
	switch what {
	case doNest:
		if below := to.below(); len(below) > 0 {
			n = int64(choose(w, below).id)
		} else {
			call.Func = doEcho
		}
	case "code":
		data := fmt.Sprint("code ", w.pick(6), strings.Repeat(".", w.pick(2)*200))
		hash := value.Hash(sha256.Sum256([]byte(data)))
		call.Func = &value.Func{Lang: "starlark", Name: data, Root: hash, Chunks: []*value.Chunk{{Hash: hash, Data: []byte(data)}}}
	case "no reply":
		call.Func = doEcho
	}
	pad := strings.Repeat("x", w.pick(2)*w.pick(300))
	call.Args = []value.Value{"", n, pad}
	return call
}

// startMessage sends a message to any context, and waits for its answer.
func (w *world) startMessage() {
	known := append(w.nodes[0].below(), w.nodes[0])
	from, to := choose(w, known), choose(w, known)
	w.start("message", from, to, func(ctx context.Context, o *op) {
		m, err := mitogen.NewMessage(o.text)
		if err != nil {
			o.end(nil, err)
			return
		}
		m.Handle = echoHandle
		o.end(from.router.ContextByID(to.id, "").SendAwait(ctx, m))
	})
}

// startShutdown asks a context to end.
func (w *world) startShutdown(n *node) {
	w.start("shutdown", n.parent, n, func(_ context.Context, o *op) {
		o.end(o.text, n.parent.router.ContextByID(n.id, "").Shutdown())
	})
}

// startSelect starts calls and waits for all of their results by one Select.
func (w *world) startSelect() {
	from := choose(w, w.nodes)
	below := from.below()
	if len(below) == 0 {
		return
	}
	var parts []*op
	var calls []*mitogen.Call
	for range 1 + w.pick(6) {
		to := choose(w, below)
		what := choose(w, []string{doEcho, doFail, doSleep, doBlock, "code"})
		w.number++
		o := &op{what: what, from: from, to: to, text: letter(from, to, w.number)}
		call := w.callOf(what, to)
		call.Args[0] = o.text
		w.note("select %s %s", what, o.text)
		parts, calls = append(parts, o), append(calls, call)
	}
	w.ops = append(w.ops, parts...)
	go w.runSelect(from, parts, calls)
}

func (w *world) runSelect(from *node, parts []*op, calls []*mitogen.Call) {
	sel, err := mitogen.NewSelect(true)
	if err != nil {
		w.problem("a Select: %v", err)
		return
	}
	bySource := map[mitogen.Source]*op{}
	for i, o := range parts {
		e, err := from.router.ContextByID(o.to.id, "").EncodeCall(calls[i], mitogen.CallNames{})
		if err != nil {
			o.end(nil, err)
			continue
		}
		rv, err := e.Start()
		if err != nil {
			o.end(nil, err)
			continue
		}
		o.mu.Lock()
		o.cancel = rv.Cancel
		o.mu.Unlock()
		bySource[rv] = o
		if err := sel.Add(rv); err != nil {
			w.problem("Select.Add: %v", err)
		}
	}
	for range len(bySource) {
		ev, err := sel.Get(w.ctx)
		if err != nil {
			w.problem("Select.Get: %v", err)
			return
		}
		bySource[ev.Source].end(ev.Data.(*mitogen.Message).Decode())
	}
	if n := sel.Count(); n != 0 {
		w.problem("a Select has %d members that have ended", n)
	}
	for src := range bySource {
		if m, err := src.(*mitogen.Receiver).TryGet(); err == nil {
			w.problem("a call has a second result: %v", m)
		}
	}
}

// cancelOne cancels something that runs.
func (w *world) cancelOne() {
	var running []*op
	for _, o := range w.ops {
		o.mu.Lock()
		if o.ends == 0 && !o.stopped && o.cancel != nil {
			running = append(running, o)
		}
		o.mu.Unlock()
	}
	if len(running) == 0 {
		return
	}
	o := choose(w, running)
	w.note("cancel %s", o.text)
	o.stopped = true
	o.cancel()
}

// attach begins to make a child of n: its id is asked for first.
func (w *world) attach(n *node) {
	if n.affected() {
		return
	}
	w.start("attach", n, n, func(ctx context.Context, o *op) {
		id, err := n.router.AllocateID(ctx)
		if err == nil {
			w.mu.Lock()
			if w.byID[id] != nil {
				w.problems = append(w.problems, fmt.Sprintf("the id %d was given out twice", id))
			} else {
				w.byID[id] = w.newNode(n, id)
			}
			w.mu.Unlock()
		}
		o.end(o.text, err)
	})
}

// checkOps looks at how everything ended.
func (w *world) checkOps() {
	for _, o := range w.ops {
		why := o.wrong()
		if o.puts != nil {
			why = o.puts.wrong()
		}
		if why != "" {
			w.problem("%s %s: %s (it ended %d times with %v, %v)", o.what, o.text, why, o.ends, o.got, o.err)
		}
	}
}

// wrong says what is wrong with the end of o.
func (o *op) wrong() string {
	o.mu.Lock()
	defer o.mu.Unlock()
	excused := o.from.affected() || o.to.affected()
	switch {
	case o.ends != 1:
		return "it did not end once"
	case o.err == nil && o.what == doFail:
		return "its error is lost"
	case o.err == nil && o.got != o.text:
		return "it has another's result"
	case o.err == nil:
		if !excused && o.isCall() && o.what != "no reply" && o.to.runs(o.text) != 1 {
			return fmt.Sprintf("it has a result and was run %d times", o.to.runs(o.text))
		}
		return ""
	case o.what == doFail && errors.Is(o.err, value.KindCall):
		return ""
	case (o.stopped || o.deadline) && stopError(o.err):
		return ""
	case !excused && o.what == doNest && errors.Is(o.err, value.KindCall): // that of a context below it
		return ""
	case excused && (errors.Is(o.err, value.KindChannel) || errors.Is(o.err, value.KindCall) || errors.Is(o.err, value.KindCancelled)):
		return ""
	}
	return "it has an error without a reason"
}

// stopError: cancelled, timed out, or ended as cancelled by the function.
func stopError(err error) bool {
	return errors.Is(err, value.KindCancelled) || errors.Is(err, value.KindTimeout) ||
		errors.Is(err, value.KindCall) && strings.Contains(err.Error(), string(value.KindCancelled)) ||
		errors.Is(err, value.KindChannel) && strings.Contains(err.Error(), "the call was cancelled")
}

func (o *op) isCall() bool {
	switch o.what {
	case "message", "shutdown", "attach", "put":
		return false
	}
	return true
}

func (n *node) runs(text string) int {
	n.mu.Lock()
	defer n.mu.Unlock()
	return n.ran[text]
}

// checkRoutes: each context knows those below it, and no others.
func (w *world) checkRoutes() {
	for _, n := range w.nodes {
		if n.affected() {
			continue
		}
		want := map[uint32]bool{}
		for _, other := range w.nodes {
			for p := other.parent; p != nil; p = p.parent {
				if p == n && !other.affected() {
					want[other.id] = true
				}
			}
		}
		for _, c := range n.router.Contexts() {
			if !want[c.ID()] {
				w.problem("context %d has a route to %d, which is gone", n.id, c.ID())
			}
			delete(want, c.ID())
		}
		for id := range want {
			w.problem("context %d has no route to %d", n.id, id)
		}
	}
}

// checkHandlers: nothing waits for messages any more but the senders.
func (w *world) checkHandlers() {
	for _, in := range w.inboxes {
		in.rv.Close()
	}
	for _, n := range w.nodes {
		left := []uint32{}
		next, _ := n.router.AddHandler(mitogen.Handler{Func: func(*mitogen.Message) {}, Once: true})
		_ = n.router.DelHandler(next)
		for h := uint32(wire.FirstDynamic); h < next; h++ {
			if n.router.DelHandler(h) == nil {
				left = append(left, h)
			}
		}
		if len(left) > len(n.senders) {
			w.problem("context %d has the handlers %v, and %d senders", n.id, left, len(n.senders))
		}
		n.senders = nil // else the cleanup of one keeps the whole tree from being collected
	}
}
