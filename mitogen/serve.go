package mitogen

import (
	"context"
	"errors"
	"fmt"
	"sync"
	"time"

	"github.com/mitoscript/mitoscript/mitogen/codec"
	"github.com/mitoscript/mitoscript/mitogen/value"
	"github.com/mitoscript/mitoscript/mitogen/wire"
)

// Dispatcher runs the function that a call names.
type Dispatcher interface {
	// Dispatch returns the function's result. ctx ends when the call is cancelled
	// or the context shuts down.
	Dispatch(ctx context.Context, c *Call) (value.Value, error)
}

// StuckGrace is how long a cancelled call may go on before Server.Stuck is called.
const StuckGrace = 5 * time.Second

// Server runs the calls that arrive at a context, one after another in the order
// in which they came.
type Server struct {
	Router     *Router
	Dispatcher Dispatcher
	// Lock is held while results are encoded; nil for none.
	Lock sync.Locker
	// Settle is called before a result is sent: what the call printed goes first.
	// It may be nil.
	Settle func()
	// Stuck is called when a cancelled call does not end; it should end the
	// process. It may be nil.
	Stuck func(reason string)

	queue  queue[*callState]
	mu     sync.Mutex
	calls  map[callKey]*callState    // queued and running, of those that are answered
	chains map[chainKey]*value.Error // the first failure of each CallChain
	idle   *sync.Cond
	busy   int
}

// callKey names a call: who waits for its result, and where.
type callKey struct{ src, handle uint32 }

// callState is guarded by Server.mu.
type callState struct {
	m         *Message // immutable
	ended     bool
	cancelled bool
	stop      *callContext // nil while queued
}

type chainKey struct {
	src  uint32
	name string
}

// maxChains bounds how many failures are remembered.
const maxChains = 10_000

// Start begins to accept calls, of contexts with authority over this one.
func (sv *Server) Start() error {
	sv.calls = map[callKey]*callState{}
	sv.chains = map[chainKey]*value.Error{}
	sv.idle = sync.NewCond(&sv.mu)
	for _, h := range []Handler{
		{Handle: wire.CallFunction, Func: sv.accept, Policy: FromParents},
		{Handle: wire.Cancel, Func: sv.onCancel},
	} {
		if _, err := sv.Router.AddHandler(h); err != nil {
			return err
		}
	}
	sv.Router.broker.run(sv.run)
	context.AfterFunc(sv.Router.broker.ctx, func() { sv.queue.end(false) })
	return nil
}

// accept runs on a reader's goroutine.
func (sv *Server) accept(m *Message) {
	if m.IsDead() {
		return
	}
	c := &callState{m: m}
	sv.mu.Lock()
	sv.busy++
	if m.ReplyTo != 0 {
		sv.calls[callKey{m.Src, m.ReplyTo}] = c
	}
	sv.mu.Unlock()
	if !sv.queue.put(c) {
		sv.done(c)
		sv.Router.refuse(m, "context "+sv.Router.name+" is shutting down")
	}
}

func (sv *Server) done(c *callState) {
	sv.mu.Lock()
	sv.busy--
	c.ended = true
	if key := (callKey{c.m.Src, c.m.ReplyTo}); sv.calls[key] == c {
		delete(sv.calls, key)
	}
	sv.idle.Broadcast()
	sv.mu.Unlock()
}

// Drain waits until no call is queued or running.
func (sv *Server) Drain() {
	sv.mu.Lock()
	defer sv.mu.Unlock()
	for sv.busy > 0 {
		sv.idle.Wait()
	}
}

// Idle reports whether no call is queued or running.
func (sv *Server) Idle() bool {
	sv.mu.Lock()
	defer sv.mu.Unlock()
	return sv.busy == 0
}

func (sv *Server) run() {
	for {
		c, ok, _ := sv.queue.get(context.Background())
		if !ok {
			return
		}
		sv.serve(c)
		sv.done(c)
	}
}

func (sv *Server) serve(c *callState) {
	m := c.m
	ctx := &callContext{parent: sv.Router.broker.ctx, m: m}
	defer ctx.end()
	sv.mu.Lock()
	cancelled := c.cancelled
	c.stop = ctx
	sv.mu.Unlock()
	began := time.Now()
	call, err := DecodeCall(m)
	if cancelled {
		if err == nil {
			sv.remember(m, call, errCancelled())
		}
		sv.Router.refuse(m, errCancelled().Message)
		return
	}
	if err != nil {
		sv.reply(m, &Call{}, nil, err, waits)
		return
	}
	v, err := sv.call(ctx, m, call)
	if sv.Settle != nil {
		sv.Settle()
	}
	if err = sv.reply(m, call, v, err, sv.urgency(began)); err != nil {
		sv.remember(m, call, err)
	}
}

// quick calls may have their results written together with those of the next ones.
const quick = 50 * time.Microsecond

// urgency is that of a result whose call began then.
func (sv *Server) urgency(began time.Time) urgency {
	if sv.queue.len() > 0 && time.Since(began) < quick {
		return gathers
	}
	return waits
}

func (sv *Server) call(ctx context.Context, m *Message, call *Call) (value.Value, error) {
	if call.Chain == "" {
		return sv.Dispatcher.Dispatch(ctx, call)
	}
	key := chainKey{m.Src, call.Chain}
	if call.Func == nil {
		delete(sv.chains, key)
		return nil, nil
	}
	if failed, ok := sv.chains[key]; ok {
		return nil, failed
	}
	return sv.Dispatcher.Dispatch(ctx, call)
}

// remember makes the later calls of the chain fail as this one did.
func (sv *Server) remember(m *Message, call *Call, err error) {
	key := chainKey{m.Src, call.Chain}
	if _, failed := sv.chains[key]; failed || call.Chain == "" || len(sv.chains) >= maxChains {
		return
	}
	sv.chains[key] = value.AsError(err)
}

// onCancel stops a call of the sender of m, running or still queued.
func (sv *Server) onCancel(m *Message) {
	if m.IsDead() || len(m.Data) > 16 {
		return
	}
	v, err := m.Decode()
	handle, ok := v.(int64)
	if err != nil || !ok {
		return
	}
	sv.mu.Lock()
	c := sv.calls[callKey{m.Src, uint32(handle)}]
	if c == nil || c.cancelled {
		sv.mu.Unlock()
		return
	}
	c.cancelled = true
	stop := c.stop
	sv.mu.Unlock()
	if stop == nil {
		return
	}
	stop.cancel(errCancelled())
	if sv.Stuck != nil {
		sv.watch(c)
	}
}

func errCancelled() *value.Error { return value.Errorf(value.KindCancelled, "the call was cancelled") }

// watch ends the process if the call goes on.
func (sv *Server) watch(c *callState) {
	time.AfterFunc(StuckGrace, func() {
		sv.mu.Lock()
		ended := c.ended
		sv.mu.Unlock()
		if ended || sv.Router.broker.ctx.Err() != nil {
			return
		}
		reason := "context " + sv.Router.name + " was ended: a cancelled call could not be interrupted"
		for c, ok := sv.queue.take(); ok; c, ok = sv.queue.take() {
			sv.Router.refuse(c.m, reason)
			sv.done(c)
		}
		sv.Stuck(reason)
	})
}

// reply answers m with v or err, and returns what the call failed with at last.
func (sv *Server) reply(m *Message, call *Call, v value.Value, err error, u urgency) error {
	if m.ReplyTo == 0 {
		if err != nil {
			e := value.AsError(err)
			sv.Router.log.Error("no-reply function call failed: " + e.Report())
		}
		return err
	}
	if err == nil {
		err = sv.replyValue(m, call, v, u)
	}
	if err == nil {
		return nil
	}
	if err := m.Reply(CallError(sv.Router.name, err)); err != nil {
		sv.Router.refuse(m, err.Error())
	}
	return err
}

// replyValue sends a result. One that is too large is answered dead, as by any
// context on the way; one that cannot travel is the error returned.
func (sv *Server) replyValue(m *Message, call *Call, v value.Value, u urgency) error {
	limit := int(sv.Router.MaxMessageSize())
	out, err := sv.encode(&codec.Encoder{NoFuncs: true, Max: limit, FirstIndex: call.Names.FirstIndex}, v)
	if err == nil {
		err = m.reply(out, u)
		out.free(sv.Router)
	}
	switch {
	case err == nil:
		return nil
	case errors.Is(err, value.KindChannel):
		sv.Router.refuse(m, wire.TooLarge(int64(limit)))
		return nil
	}
	return fmt.Errorf("cannot return the result: %w", err)
}

func (sv *Server) encode(enc *codec.Encoder, v value.Value) (*Message, error) {
	if sv.Lock != nil {
		sv.Lock.Lock()
		defer sv.Lock.Unlock()
	}
	return encodeBulk(enc, v)
}

// CallError is the error that the caller sees of a function that failed in the
// context called name.
func CallError(name string, err error) *value.Error {
	cause := value.AsError(err)
	return &value.Error{
		Kind: value.KindCall, Context: name, Cause: cause,
		Message: string(cause.Kind) + ": " + cause.Message,
	}
}
