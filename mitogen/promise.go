package mitogen

import "github.com/mitoscript/mitoscript/mitogen/value"

// Promise is a Receiver of the one result of work in this process.
type Promise struct{ *Receiver }

// NewPromise returns a Promise at r. cancel is called when somebody cancels it; it
// should make the work end.
func NewPromise(r *Router, cancel func()) (Promise, error) {
	rv := &Receiver{router: r, once: true, cancel: cancel}
	rv.handler.Handler = Handler{Func: rv.receive, Once: true, Policy: fromNobody, receiver: rv}
	return Promise{rv}, rv.bind(&rv.handler)
}

// fromNobody keeps others from answering in the work's place.
func fromNobody(m *Message) (string, bool) { return "this handle takes no messages", false }

// Keep gives the result: v as it is, whether it could travel or not, or the error.
// Once the Promise is cancelled or closed it does nothing.
func (p Promise) Keep(v value.Value, err error) {
	if p.router.DelHandler(p.Handle()) != nil {
		return
	}
	if err != nil {
		v = value.AsError(err)
	}
	m := &Message{Router: p.router, result: &localResult{v}}
	m.Dst, m.Src, m.Auth, m.Handle = p.router.id, p.router.id, p.router.id, p.Handle()
	p.receive(m)
}
