package fakessh

import (
	"context"
	"crypto/rand"
	"sync"
	"time"

	"github.com/mitoscript/mitoscript/mitogen"
	"github.com/mitoscript/mitoscript/mitogen/value"
)

// A context has no authority over its siblings. To run a command in one it needs a
// ticket for each: it asks who called it (lendService), who makes sure that the call
// was given that context, and has the ticket made there (admitService).
const (
	// lendService takes [handle, context id]: where the result of the call is awaited,
	// and what is wanted. It answers with a ticket.
	lendService = "fakessh.lend"
	// admitService takes a context id, and answers with a ticket for it.
	admitService = "fakessh.admit"

	// ticketLife is how long a ticket can be used.
	ticketLife = time.Minute
	// maxTickets bounds those that were not used.
	maxTickets = 1 << 10
)

// tickets are those that a context has given out.
type tickets struct {
	mu     sync.Mutex
	unused map[string]ticket
}

type ticket struct {
	holder uint32
	until  time.Time
}

// admit makes a ticket for the context holder.
func (t *tickets) admit(holder uint32) (string, error) {
	t.mu.Lock()
	defer t.mu.Unlock()
	now := time.Now()
	for text, old := range t.unused {
		if now.After(old.until) {
			delete(t.unused, text)
		}
	}
	if len(t.unused) >= maxTickets {
		return "", value.Errorf(value.KindSecurity, "refused by policy: too many tickets are unused")
	}
	text := rand.Text()
	if t.unused == nil {
		t.unused = map[string]ticket{}
	}
	t.unused[text] = ticket{holder, now.Add(ticketLife)}
	return text, nil
}

// use takes a ticket of the context holder.
func (t *tickets) use(text string, holder uint32) bool {
	t.mu.Lock()
	defer t.mu.Unlock()
	given, ok := t.unused[text]
	if !ok || given.holder != holder || time.Now().After(given.until) {
		return false
	}
	delete(t.unused, text)
	return true
}

func (t *tickets) serveAdmit(_ context.Context, _ *mitogen.Message, arg value.Value) (value.Value, error) {
	holder, ok := arg.(int64)
	if !ok || holder < 0 || holder > 1<<32-1 {
		return nil, errMalformed
	}
	return t.admit(uint32(holder))
}

func serveLend(ctx context.Context, m *mitogen.Message, arg value.Value) (value.Value, error) {
	parts, _ := arg.(value.List)
	if len(parts) != 2 {
		return nil, errMalformed
	}
	handle, ok1 := parts[0].(int64)
	id, ok2 := parts[1].(int64)
	if !ok1 || !ok2 || handle < 0 || handle > 1<<32-1 || id < 0 || id > 1<<32-1 {
		return nil, errMalformed
	}
	dest := m.Router.ContextByID(uint32(id), "")
	if !m.Router.HasLent(m, uint32(handle), uint32(id)) || !dest.Obeys() {
		return nil, value.Errorf(value.KindSecurity,
			"refused by policy: context %d was not lent to context %d: who calls a function that uses fakessh gives it the context, as an argument", id, m.Src)
	}
	return dest.CallService(ctx, admitService, int64(m.Src))
}

// borrow gives the ticket for the context in which a command is to run; "" where
// none is needed.
func (r *runner) borrow(ctx context.Context) (string, error) {
	if r.dest.ID() == r.router.ID() || r.dest.Obeys() {
		return "", nil
	}
	if r.caller == nil {
		return "", value.Errorf(value.KindSecurity, "refused by policy: context %s is not below this one, and no call has lent it", r.dest.Name())
	}
	v, err := r.router.ContextByID(r.caller.Src, "").CallService(ctx, lendService,
		value.List{int64(r.caller.ReplyTo), int64(r.dest.ID())})
	text, ok := v.(string)
	if err == nil && !ok {
		err = errMalformed
	}
	return text, err
}
