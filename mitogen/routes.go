package mitogen

import (
	"cmp"
	"slices"
	"strings"
	"unicode"

	"github.com/mitoscript/mitoscript/mitogen/codec"
	"github.com/mitoscript/mitoscript/mitogen/value"
	"github.com/mitoscript/mitoscript/mitogen/wire"
)

// maxName bounds the name that a peer may give to a context, in bytes.
const maxName = 1024

// maxRoutes bounds the contexts of one subtree, for their memory.
const maxRoutes = 50_000

// announce tells the parent of a context that is now below us. The data of
// ADD_ROUTE is [id, name].
func (r *Router) announce(id uint32, name string) {
	r.tellParent(wire.AddRoute, value.List{int64(id), name})
}

func (r *Router) tellParent(handle uint32, v value.Value) {
	r.mu.Lock()
	up := r.parentStream
	r.mu.Unlock()
	if up != nil {
		r.control(up, handle, v)
	}
}

// control sends a message about the tree to a neighbour; it never waits.
func (r *Router) control(s *Stream, handle uint32, v value.Value) {
	data, err := codec.Encode(v)
	if err != nil {
		r.log.Error("cannot encode control message", "handle", handle, "reason", err)
		return
	}
	_ = s.send(&wire.Frame{Dst: s.remoteID, Src: r.id, Auth: r.id, Handle: handle, Data: data}, urgent)
}

// onAddRoute believes a neighbour below about its own subtree only: ids that were
// given to it, and that nobody else has. It waits for room on the link upwards, as where
// contexts come and go without end the news of them would have that cut off.
func (r *Router) onAddRoute(m *Message) {
	id, name, err := routeData(m)
	if err != nil {
		r.log.Error("bad ADD_ROUTE", "src_id", m.Src, "reason", err)
		return
	}
	r.mu.Lock()
	up := r.parentStream
	r.mu.Unlock()
	if up != nil {
		up.awaitRoom(m.stream.ending)
	}
	r.mu.Lock()
	reason := r.addRouteLocked(m.stream, id, name)
	r.mu.Unlock()
	if reason != "" {
		r.log.Error("ADD_ROUTE refused", "id", id, "stream", m.stream.name, "reason", reason)
		return
	}
	r.announce(id, name)
}

func (r *Router) addRouteLocked(s *Stream, id uint32, name string) string {
	if via, ok := r.routes[id]; ok {
		return "duplicate: the id is reached by " + via.name
	}
	if id == r.id || slices.Contains(r.parentIDs, id) {
		return "the id is that of a context above"
	}
	if !slices.ContainsFunc(s.blocks, func(b idBlock) bool { return b.has(id) }) {
		return "the id was not given to that subtree"
	}
	if s.reached >= maxRoutes {
		return "the subtree has too many contexts"
	}
	r.routes[id], r.names[id] = s, name
	s.reached++
	return ""
}

// AddRoute makes messages to target leave by the stream of via, a neighbour below.
func (r *Router) AddRoute(target, via uint32) error {
	r.mu.Lock()
	s := r.routes[via]
	if s == nil || s.remoteID != via {
		r.mu.Unlock()
		return errorf("cannot add a route: context %d is not a direct child", via)
	}
	if other, ok := r.routes[target]; ok && other != s || target == r.id {
		r.mu.Unlock()
		return errorf("cannot add a route: context %d is reached otherwise", target)
	}
	if _, ok := r.routes[target]; !ok {
		s.reached++
	}
	r.routes[target] = s
	name := r.names[target]
	r.mu.Unlock()
	r.announce(target, name)
	return nil
}

func (r *Router) onDelRoute(m *Message) {
	id, _, err := routeData(m)
	if err != nil {
		r.log.Error("bad DEL_ROUTE", "src_id", m.Src, "reason", err)
		return
	}
	r.mu.Lock()
	owner := r.routes[id]
	r.mu.Unlock()
	switch {
	case m.stream.parent && owner == nil: // a context elsewhere that somebody here talked to
		r.forget([]uint32{id}, m.stream)
	case owner != m.stream || id == m.stream.remoteID: // that one is gone when its stream is
		r.log.Error("DEL_ROUTE refused", "id", id, "stream", m.stream.name, "reason", "the stream does not own the route")
	default:
		r.forget([]uint32{id}, m.stream)
	}
}

func routeData(m *Message) (id uint32, name string, err error) {
	if len(m.Data) > 2*maxName {
		return 0, "", errorf("%d bytes are too many", len(m.Data))
	}
	v, err := m.Decode()
	if err != nil {
		return 0, "", err
	}
	items, _ := v.(value.List)
	if len(items) != 2 {
		return 0, "", errorf("want [id, name]")
	}
	n, ok := items[0].(int64)
	name, ok2 := items[1].(string)
	if !ok || !ok2 || n <= 0 || n > 1<<32-1 || len(name) > maxName {
		return 0, "", errorf("want [id, name]")
	}
	if strings.ContainsFunc(name, unicode.IsControl) {
		return 0, "", errorf("the name %q has control characters", name)
	}
	return uint32(n), name, nil
}

// forget drops contexts that went, of which from brought word, and tells the
// parent and every stream whose far side has talked to one of them.
func (r *Router) forget(lost []uint32, from *Stream) {
	type notice struct {
		s  *Stream
		id uint32
	}
	var notices []notice
	r.mu.Lock()
	for _, id := range lost {
		if via, ok := r.routes[id]; ok {
			via.reached--
			delete(r.routes, id)
		}
		for s := range r.streams {
			_, talked := s.egress[id]
			if s == from || !s.parent && !talked && !s.egressAll {
				continue
			}
			notices = append(notices, notice{s, id})
			delete(s.egress, id)
			s.lastEgress = 0
		}
	}
	r.mu.Unlock()
	for _, n := range notices {
		r.control(n.s, wire.DelRoute, value.List{int64(n.id), ""})
	}
	r.contextGone(lost)
}

// contextGone tells whoever waits here on contexts that went.
func (r *Router) contextGone(ids []uint32) {
	r.mu.Lock()
	var gone []*Context
	for _, id := range ids {
		if c, ok := r.contexts[id]; ok {
			gone = append(gone, c)
			delete(r.contexts, id)
		}
		delete(r.names, id)
	}
	r.mu.Unlock()
	for _, c := range gone {
		c.lost() // before the waiters are told: a Receiver made now sees it
	}
	r.failRespondents(ids)
	for _, c := range gone {
		c.Signals.Fire("disconnect", c)
	}
}

// failAbove tells whoever waits on contexts that are not below us.
func (r *Router) failAbove() {
	r.mu.Lock()
	var ids []uint32
	for id := range r.contexts {
		if _, below := r.routes[id]; !below && id != r.id {
			ids = append(ids, id)
		}
	}
	r.mu.Unlock()
	r.contextGone(ids)
}

func sortContexts(cs []*Context) {
	slices.SortFunc(cs, func(a, b *Context) int { return cmp.Compare(a.id, b.id) })
}
