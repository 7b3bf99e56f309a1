package mitogen

import (
	"slices"

	"github.com/mitoscript/mitoscript/mitogen/value"
	"github.com/mitoscript/mitoscript/mitogen/wire"
)

// HandlerFunc receives a message. It is called on a reader's goroutine, one
// message of a stream at a time, and must return at once.
type HandlerFunc func(m *Message)

// Policy decides whether a message may reach a handler; on refusal it gives the
// reason. It must return at once.
type Policy func(m *Message) (reason string, ok bool)

// Handler says what listens at a handle.
type Handler struct {
	Func HandlerFunc
	// Handle is the number wanted, 0 for one given out by the router.
	Handle uint32
	// Once removes it after its first message.
	Once bool
	// Respondent is the only context whose messages are accepted. When it is gone
	// Func gets a dead message, and the handler is removed.
	Respondent *Context
	// Policy may refuse messages; nil accepts all.
	Policy Policy
	// Lasting says that a detached context stays for it.
	Lasting bool
	// Buffers says that Func takes over the messages' Buffers.
	Buffers bool

	receiver *Receiver // that it serves, if it is one's
	feedback *feedback // of the Sender that it serves, if it is one's
	lent     []uint32  // contexts that the call whose result it awaits may use
}

type handler struct {
	Handler
	respondent uint32
}

// AddHandler registers h and returns its handle. A handle that is taken is an Error.
func (r *Router) AddHandler(h Handler) (uint32, error) { return r.register(&handler{Handler: h}) }

// register is AddHandler with memory of the caller's.
func (r *Router) register(reg *handler) (uint32, error) {
	if reg.Respondent != nil {
		reg.respondent = reg.Respondent.id
	}
	r.mu.Lock()
	defer r.mu.Unlock()
	if reg.Handle == 0 {
		reg.Handle = r.newHandleLocked()
	} else if _, taken := r.handlers[reg.Handle]; taken {
		return 0, errorf("cannot register a handle that already exists: %d", reg.Handle)
	}
	r.handlers[reg.Handle] = reg
	return reg.Handle, nil
}

func (r *Router) newHandleLocked() uint32 {
	for {
		h := r.nextHandle
		r.nextHandle++
		if r.nextHandle == 0 {
			r.nextHandle = wire.FirstDynamic
		}
		if _, taken := r.handlers[h]; !taken {
			return h
		}
	}
}

// DelHandler removes a handler; an unknown handle is a ValueError.
func (r *Router) DelHandler(handle uint32) error {
	r.mu.Lock()
	defer r.mu.Unlock()
	if _, ok := r.handlers[handle]; !ok {
		return value.Errorf(value.KindValue, "no handler at handle %d", handle)
	}
	delete(r.handlers, handle)
	return nil
}

// deliver hands a message for this context to its handler.
func (r *Router) deliver(m *Message) {
	m.Router = r
	m.join()
	r.mu.Lock()
	h, ok := r.handlers[m.Handle]
	if !ok {
		r.mu.Unlock()
		r.refuse(m, reasonInvalidHandle)
		return
	}
	if h.Respondent != nil && !r.mayAnswerLocked(h, m) {
		r.mu.Unlock()
		r.refuse(m, refused("reply from unexpected context %d, want %d", m.Src, h.respondent))
		return
	}
	taken := h.Once && h.Policy == nil // else it is to be asked first
	if taken {
		delete(r.handlers, m.Handle)
	}
	r.mu.Unlock()
	if h.Policy != nil && (m.stream != nil || !m.IsDead()) {
		if reason, ok := h.Policy(m); !ok {
			r.Refuse(m, reason)
			return
		}
	}
	if h.Once && !taken && !r.takeOnce(h) {
		r.refuse(m, reasonInvalidHandle)
		return
	}
	if !h.Buffers {
		m.Buffer = nil // the message may be kept, and sent on
	}
	h.Func(m)
}

// takeOnce makes sure that a one-shot handler gets one message only.
func (r *Router) takeOnce(h *handler) bool {
	r.mu.Lock()
	defer r.mu.Unlock()
	if r.handlers[h.Handle] != h {
		return false
	}
	delete(r.handlers, h.Handle)
	return true
}

// mayAnswerLocked: an answer comes from the respondent. That it is dead may be said
// by this context, by those above it, and by the neighbour below that leads to it;
// others on the way speak in its name (refuse).
func (r *Router) mayAnswerLocked(h *handler, m *Message) bool {
	if m.Src == h.respondent {
		return true
	}
	if !m.IsDead() {
		return false
	}
	if m.Src == r.id || slices.Contains(r.parentIDs, m.Src) {
		return true
	}
	return m.stream != nil && m.Src == m.stream.remoteID && m.stream == r.routes[h.respondent]
}

// failRespondents ends the handlers that wait for contexts that are gone.
func (r *Router) failRespondents(ids []uint32) {
	gone := make(map[uint32]bool, len(ids))
	for _, id := range ids {
		gone[id] = true
	}
	r.failWhere(reasonDisconnected, func(h *handler) bool { return h.Respondent != nil && gone[h.respondent] })
}

// failHandlers ends all handlers.
func (r *Router) failHandlers(reason string) {
	r.failWhere(reason, func(*handler) bool { return true })
}

func (r *Router) failWhere(reason string, match func(*handler) bool) {
	r.mu.Lock()
	var failed []*handler
	for handle, h := range r.handlers {
		if match(h) {
			failed = append(failed, h)
			delete(r.handlers, handle)
		}
	}
	r.mu.Unlock()
	slices.SortFunc(failed, func(a, b *handler) int { return int(a.Handle) - int(b.Handle) })
	for _, h := range failed {
		h.Func(&Message{Router: r, Frame: wire.Frame{
			Dst: r.id, Src: r.id, Auth: r.id, Handle: h.Handle, ReplyTo: wire.IsDead, Data: []byte(reason),
		}})
	}
}

// CancelCalls cancels all calls and local work that Receivers still wait for.
func (r *Router) CancelCalls() {
	r.mu.Lock()
	var waiting []*Receiver
	for _, h := range r.handlers {
		if rv := h.receiver; rv != nil && (rv.call != nil || rv.cancel != nil) {
			waiting = append(waiting, rv)
		}
	}
	r.mu.Unlock()
	for _, rv := range waiting {
		rv.Cancel()
	}
}

// Refuse answers m, which was not let in, with a SecurityError, and logs it. It is
// for those who decide on messages elsewhere than in a Policy.
func (r *Router) Refuse(m *Message, reason string) {
	r.log.Warn("message refused by policy", "src_id", m.Src, "auth_id", m.Auth, "handle", m.Handle, "reason", reason)
	r.refuse(m, refused("%s", reason))
}

// hasParentAuthority reports whether m acts with the authority of this context or
// of one above it.
func (r *Router) hasParentAuthority(m *Message) bool {
	return m.Auth == r.id || slices.Contains(r.parentIDs, m.Auth)
}

// FromParents accepts messages with the authority of this context or one above it.
func FromParents(m *Message) (string, bool) {
	if m.Router.hasParentAuthority(m) {
		return "", true
	}
	return "context " + m.Router.nameOf(m.Auth) + " has no authority over this one", false
}

// FromChildren accepts messages of direct children, which came from no further.
func FromChildren(m *Message) (string, bool) {
	if m.stream != nil && !m.stream.parent && m.Src == m.stream.remoteID {
		return "", true
	}
	return "context " + m.Router.nameOf(m.Src) + " is not a direct child", false
}

func fromNeighbours(m *Message) (string, bool) {
	if m.stream != nil && m.Src == m.stream.remoteID {
		return "", true
	}
	return "context " + m.Router.nameOf(m.Src) + " is not a neighbour", false
}

func (r *Router) addCoreHandlers() {
	for _, h := range []Handler{
		{Handle: wire.AddRoute, Func: r.onAddRoute, Policy: FromChildren},
		{Handle: wire.DelRoute, Func: r.onDelRoute, Policy: fromNeighbours},
		{Handle: wire.AllocateID, Func: r.onAllocateID, Policy: FromChildren},
		{Handle: wire.Credit, Func: r.onCredit},
		{Handle: wire.GetModule, Func: r.Chunks.onGet, Policy: FromChildren},
		{Handle: wire.LoadModule, Func: r.Chunks.onLoad, Policy: FromParents},
		{Handle: wire.ForwardModule, Func: r.Chunks.onForward, Policy: FromParents},
	} {
		fn := h.Func
		h.Func = func(m *Message) {
			if !m.IsDead() { // the broker's end, told to every handler
				fn(m)
			}
		}
		if _, err := r.AddHandler(h); err != nil {
			panic("mitogen: " + err.Error())
		}
	}
}
