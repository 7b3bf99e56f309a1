package simulation

import (
	"context"
	"fmt"
	"log/slog"
	"strings"
	"sync"
	"time"

	"github.com/mitoscript/mitoscript/mitogen"
	"github.com/mitoscript/mitoscript/mitogen/value"
	"github.com/mitoscript/mitoscript/mitogen/wire"
)

// echoHandle is where every context answers messages with what they said.
const echoHandle = 500_000

// node is a context of the tree.
type node struct {
	w       *world
	id      uint32
	parent  *node
	kids    []*node
	link    *link // to the parent
	router  *mitogen.Router
	severed bool // it was killed, told to end, or its link was damaged
	senders []*mitogen.Sender

	mu  sync.Mutex
	ran map[string]int // how often the function of a call was run
}

func (w *world) newNode(parent *node, id uint32) *node {
	n := &node{w: w, id: id, parent: parent, ran: map[string]int{}}
	opts := mitogen.Options{ID: id, Log: slog.New(slog.DiscardHandler), Name: fmt.Sprint("c", id)}
	for p := parent; p != nil; p = p.parent {
		opts.ParentIDs = append(opts.ParentIDs, p.id)
	}
	n.router = mitogen.NewRouter(opts)
	n.serve()
	w.nodes = append(w.nodes, n)
	if parent == nil {
		return n
	}
	parent.kids = append(parent.kids, n)
	n.link = newLink([]int{64, 1000, 64 << 10, 1 << 30}[w.pick(4)], []int{0, 1, 100}[w.pick(3)])
	n.router.AttachParent(n.link.childEnd(), func(error) { n.router.Broker().Shutdown() })
	parent.router.AttachChild(n.link.parentEnd(), parent.router.NewChild(id, opts.Name))
	return n
}

func (n *node) serve() {
	must := func(err error) {
		if err != nil {
			panic(err)
		}
	}
	must((&mitogen.Server{Router: n.router, Dispatcher: n}).Start())
	_, err := n.router.AddHandler(mitogen.Handler{Handle: echoHandle, Func: n.echo})
	must(err)
	_, err = n.router.AddHandler(mitogen.Handler{Handle: wire.Shutdown, Policy: mitogen.FromParents, Func: func(m *mitogen.Message) {
		n.router.Broker().Shutdown()
	}})
	must(err)
}

// letter is what a message says: whom it is from, whom it is for, and its number.
func letter(from, to *node, number int) string {
	return fmt.Sprintf("%d>%d#%d", from.id, to.id, number)
}

// echo answers a letter, and complains of one that is not for this context.
func (n *node) echo(m *mitogen.Message) {
	if m.IsDead() {
		return
	}
	v, err := m.Decode()
	text, _ := v.(string)
	if err != nil || !strings.HasPrefix(text, fmt.Sprintf("%d>%d#", m.Src, n.id)) {
		n.w.problem("context %d got a message of %d that is not for it: %v, %v", n.id, m.Src, v, err)
	}
	go func() { _ = m.Reply(text) }() // a handler may not wait for room
}

// The functions that calls name.
const (
	doEcho  = "echo"
	doFail  = "fail"
	doSleep = "sleep"
	doBlock = "block" // until the end of the schedule, or it is cancelled
	doNest  = "nest"  // calls echo in a context below
)

// Dispatch runs a call: its arguments are the letter and a number.
func (n *node) Dispatch(ctx context.Context, call *mitogen.Call) (value.Value, error) {
	text := call.Args[0].(string)
	if !strings.HasPrefix(text, fmt.Sprintf("%d>%d#", call.From.Src, n.id)) {
		n.w.problem("context %d got a call of %d that is not for it: %s", n.id, call.From.Src, text)
	}
	n.mu.Lock()
	n.ran[text]++
	again := n.ran[text] > 1
	n.mu.Unlock()
	if again {
		n.w.problem("the call %s was run twice", text)
	}
	if f, ok := call.Func.(*value.Func); ok {
		data, err := n.router.Chunks.Fetch(ctx, f.Root)
		if err == nil && string(data) != f.Name {
			n.w.problem("context %d has other code than was sent", n.id)
		}
		return text, err
	}
	switch call.Func {
	case doFail:
		return nil, value.Errorf(value.KindOS, "%s", text)
	case doSleep:
		select {
		case <-time.After(time.Duration(call.Args[1].(int64)) * time.Millisecond):
		case <-ctx.Done():
			return nil, context.Cause(ctx)
		}
	case doBlock:
		select {
		case <-n.w.release:
		case <-ctx.Done():
			return nil, context.Cause(ctx)
		}
	case doNest:
		below := n.router.ContextByID(uint32(call.Args[1].(int64)), "")
		inner := fmt.Sprintf("%d>%d#%s", n.id, below.ID(), strings.SplitN(text, "#", 2)[1])
		if got, err := below.Call(ctx, doEcho, inner, int64(0)); err != nil {
			return nil, err
		} else if got != inner {
			n.w.problem("the call %s was answered with %v", inner, got)
		}
	}
	return text, nil
}

// affected reports whether the schedule did something to the context, or to one
// above it: it may end, or be cut off.
func (n *node) affected() bool {
	for ; n != nil; n = n.parent {
		if n.severed {
			return true
		}
	}
	return false
}

// below are the contexts below n that n knows.
func (n *node) below() []*node {
	var out []*node
	for _, c := range n.router.Contexts() {
		out = append(out, n.w.byID[c.ID()])
	}
	return out
}

// kill ends the context as SIGKILL ends a process.
func (n *node) kill(lose bool) {
	n.severed = true
	links := []*link{}
	if n.link != nil {
		links = append(links, n.link)
	}
	for _, k := range n.kids {
		links = append(links, k.link)
	}
	for _, l := range links {
		l.severDown(lose)
		l.severUp(lose)
	}
	n.router.Broker().Shutdown() // what is left of it here
}
