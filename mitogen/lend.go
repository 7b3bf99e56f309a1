package mitogen

import (
	"context"
	"slices"

	"github.com/mitoscript/mitoscript/mitogen/codec"
	"github.com/mitoscript/mitoscript/mitogen/value"
)

// A call lends the contexts that it is given, as arguments or captured, if its code
// uses the module value.Lender: while it runs, the context called may ask for what
// the caller may do with them. Otherwise a context has no authority over its
// siblings, and a call that uses no such module gives it none.

// lentBy are the contexts that an encoded call lends.
func lentBy(enc *codec.Encoder) []uint32 {
	lent, lends := enc.Contexts, false
	for _, f := range enc.Funcs {
		lends = lends || f.Lends || f.Builtin == value.Lender+".run"
		lent = append(lent, f.Contexts...)
	}
	if !lends {
		return nil
	}
	return lent
}

// callMessage is the key of a call's message in its context.Context.
type callMessage struct{}

// CallMessage is the message by which the call came that ctx belongs to; nil if it
// belongs to none.
func CallMessage(ctx context.Context) *Message {
	m, _ := ctx.Value(callMessage{}).(*Message)
	return m
}

// HasLent reports whether the sender of m runs a call of this context, whose result
// is awaited at handle, to which the context id was lent.
func (r *Router) HasLent(m *Message, handle, id uint32) bool {
	r.mu.Lock()
	defer r.mu.Unlock()
	h := r.handlers[handle]
	return h != nil && h.Respondent != nil && h.respondent == m.Src && slices.Contains(h.lent, id)
}
