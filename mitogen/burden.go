package mitogen

import "github.com/mitoscript/mitoscript/mitogen/wire"

// DefaultMaxUnread is the limit of Options.MaxUnread, in bytes.
const DefaultMaxUnread = 1 << 30

// maxForged is how many forged messages cost a far side its link.
const maxForged = 100

// Hold counts m, which is kept until somebody takes it, among what its link has
// brought. One that is too much is refused, and Hold reports false. What comes from
// above, or from here, is not counted.
func (m *Message) Hold() bool {
	s := m.stream
	if s == nil || s.parent || m.held {
		return true
	}
	size := creditSize(m) + unaskedCost
	if s.unread.Add(size) > m.Router.maxUnread {
		s.unread.Add(-size)
		m.Router.Refuse(m, "too much that context "+s.name+" sent is unread")
		return false
	}
	m.held = true
	return true
}

// Release ends what Hold began. It may be called without it.
func (m *Message) Release() {
	if !m.held {
		return
	}
	m.held = false
	m.stream.unread.Add(-creditSize(m) - unaskedCost)
}

// forged deals with a message that cannot have come from where it says.
func (r *Router) forged(bad string, m *Message) {
	s := m.stream
	r.log.Warn(bad, "stream", s.name, "src_id", m.Src, "auth_id", m.Auth, "dst_id", m.Dst, "handle", m.Handle)
	if s.parent {
		return
	}
	if s.forged++; s.forged == maxForged {
		r.log.Error("stream cut off: too many forged messages", "stream", s.name, "messages", maxForged)
		s.Abort()
	}
}

// belatedLocked reports whether m says that a context is dead which is forgotten
// here: whoever waits for it was told.
func (r *Router) belatedLocked(m *Message) bool {
	_, known := r.routes[m.Src]
	return m.ReplyTo == wire.IsDead && !m.stream.parent && !known && r.cameByLocked(m.Auth, m.stream)
}
