package fakessh

import "github.com/mitoscript/mitoscript/mitogen"

// abandon ends the other end, which may not be known yet: it is told as soon as it is.
func (e *end) abandon() {
	e.mu.Lock()
	e.left = true
	remote := e.remote
	e.mu.Unlock()
	e.release()
	e.endOther(remote)
}

// endOther ends what listens at remote there, if that is known. It never waits.
func (e *end) endOther(remote uint32) {
	if remote != 0 {
		e.peer.EndBulk(remote, errClientGone.Message)
	}
}

// greet makes this end known to the other one, which may be abandoned: it, or the
// router in its place, says so.
func (e *end) greet() { _ = e.send(kindCredit, 0, make([]byte, headSize+4)) } // the loss of the peer ends the session

// connect tells where the other end listens.
func (e *end) connect(remote uint32) {
	e.mu.Lock()
	defer e.mu.Unlock()
	e.remote = remote
}

// wanted learns from m where the other end listens, and reports false if that was
// abandoned.
func (e *end) wanted(m *mitogen.Message) bool {
	e.mu.Lock()
	defer e.mu.Unlock()
	if e.remote == 0 && !m.IsDead() {
		e.remote = m.ReplyTo
	}
	return !e.left || m.IsDead()
}
