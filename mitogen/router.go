package mitogen

import (
	"context"
	"fmt"
	"io"
	"log/slog"
	"maps"
	"slices"
	"sync"

	"github.com/mitoscript/mitoscript/mitogen/value"
	"github.com/mitoscript/mitoscript/mitogen/wire"
)

// DefaultMaxMessageSize is the limit of a message's data, in bytes.
const DefaultMaxMessageSize = 128 << 20

// Options say what a Router is. The zero value is that of a master.
type Options struct {
	// Broker owns its goroutines; nil for one of its own.
	Broker *Broker
	// ID is its context id, 0 for the master.
	ID uint32
	// ParentIDs are its ancestors, nearest first; empty in the master.
	ParentIDs []uint32
	// Name is that of its own context, as its parent gave it.
	Name string
	// MaxMessageSize is in bytes; 0 for DefaultMaxMessageSize.
	MaxMessageSize uint32
	// MaxUnread bounds, in bytes, what comes by one link from below and is kept until
	// somebody takes it, at Receivers without a window and handlers that wait; more is
	// refused. 0 for DefaultMaxUnread.
	MaxUnread int64
	// Unidirectional refuses messages between siblings.
	Unidirectional bool
	// Deputy says that the parent takes this context by AttachStamped: what it sends
	// acts with the parent's authority, so that functions may go up to the parent.
	Deputy bool
	// Log receives its records; nil for slog's default.
	Log *slog.Logger
	// Resolve makes a value usable here that arrived as *Context, *Sender or
	// *value.Func; nil leaves it as it is.
	Resolve func(v value.Value) (value.Value, error)
	// Frames tells of the frames on all links; nil for none.
	Frames *FrameLog
	// Modules finds the source of library modules that contexts below ask for by
	// name; nil if there are none. Only a root uses it: others ask their parent.
	Modules FindModule
	// Observer is told of the work that other contexts do for this one; nil for nobody.
	Observer Observer
}

// Router decides where messages go.
type Router struct {
	// immutable after New
	id        uint32
	parentIDs []uint32
	deputy    bool
	name      string
	broker    *Broker
	log       *slog.Logger
	wrap      func(value.Value) (value.Value, error)
	frames    *FrameLog
	modules   FindModule
	maxUnread int64
	observer  Observer
	// resolveFunc is resolve, made once
	resolveFunc func(value.Value) (value.Value, error)

	// Signals fires "new_context" with the *Context of a child that was added, or
	// that another context made for this one.
	Signals Signals
	// Chunks are the pieces of shipped functions that this context holds.
	Chunks Chunks

	mu             sync.Mutex
	maxMessageSize uint32 // guarded by mu, as all that follows
	unidirectional bool
	handlers       map[uint32]*handler
	nextHandle     uint32
	parentStream   *Stream
	routes         map[uint32]*Stream // contexts below us, by id
	names          map[uint32]string
	contexts       map[uint32]*Context
	ids            idSource
	lastGiven      uint32   // the end of the highest block that the parent gave
	own            idSource // what a detached context hands out
	streams        map[*Stream]struct{}
	detached       bool
	parentLost     bool
	closing        bool // streams that are attached now are closed at once
	onParentLost   func(reason error)
}

// NewRouter returns a Router. In a child, AttachParent connects it to the tree.
func NewRouter(opts Options) *Router {
	r := &Router{
		id: opts.ID, parentIDs: opts.ParentIDs, deputy: opts.Deputy, name: opts.Name,
		broker: opts.Broker, log: opts.Log, wrap: opts.Resolve, frames: opts.Frames, modules: opts.Modules, observer: opts.Observer,
		maxMessageSize: opts.MaxMessageSize, unidirectional: opts.Unidirectional,
		handlers: map[uint32]*handler{}, nextHandle: wire.FirstDynamic,
		streams: map[*Stream]struct{}{}, routes: map[uint32]*Stream{}, names: map[uint32]string{}, contexts: map[uint32]*Context{},
	}
	r.resolveFunc = r.resolve
	if r.log == nil {
		r.log = slog.Default()
	}
	if r.broker == nil {
		r.broker = NewBroker(r.log)
	}
	if r.maxMessageSize == 0 {
		r.maxMessageSize = DefaultMaxMessageSize
	}
	if r.maxUnread = opts.MaxUnread; r.maxUnread == 0 {
		r.maxUnread = DefaultMaxUnread
	}
	if r.IsMaster() {
		r.ids.next = 1
	}
	r.Chunks.router = r
	r.broker.addRouter(r)
	r.addCoreHandlers()
	return r
}

func (b *Broker) addRouter(r *Router) {
	b.mu.Lock()
	defer b.mu.Unlock()
	b.routers = append(b.routers, r)
	r.closing = b.closing // it comes too late to be closed with the others
}

// ID is the id of this context.
func (r *Router) ID() uint32 { return r.id }

// IsMaster reports whether this is the root of the tree.
func (r *Router) IsMaster() bool { return r.id == 0 }

// ParentIDs are the ids of the ancestors, nearest first; none once it is detached.
func (r *Router) ParentIDs() []uint32 {
	if r.Detached() {
		return nil
	}
	return r.parentIDs
}

// Broker owns the router's goroutines.
func (r *Router) Broker() *Broker { return r.broker }

// Log is where the router's records go.
func (r *Router) Log() *slog.Logger { return r.log }

// MaxMessageSize is the limit of a message's data, in bytes.
func (r *Router) MaxMessageSize() uint32 {
	r.mu.Lock()
	defer r.mu.Unlock()
	return r.maxMessageSize
}

// SetMaxMessageSize changes the limit for this router and later children.
func (r *Router) SetMaxMessageSize(bytes uint32) {
	r.mu.Lock()
	defer r.mu.Unlock()
	r.maxMessageSize = bytes
}

// Unidirectional reports whether siblings are kept apart.
func (r *Router) Unidirectional() bool {
	r.mu.Lock()
	defer r.mu.Unlock()
	return r.unidirectional
}

// SetUnidirectional changes it for this router and later children.
func (r *Router) SetUnidirectional(on bool) {
	r.mu.Lock()
	defer r.mu.Unlock()
	r.unidirectional = on
}

// AttachParent connects the router to its parent. lost is called once when that
// link ends, after everybody who waited on it was told; not after Detach, nor when
// this router closes it.
func (r *Router) AttachParent(conn io.ReadWriteCloser, lost func(reason error)) *Stream {
	s := r.newStream(conn, r.parentIDs[0], "parent")
	s.parent = true
	r.mu.Lock()
	r.parentStream, r.onParentLost = s, lost
	r.mu.Unlock()
	r.start(s)
	return s
}

// AttachChild connects a child: its route is known, and announced upwards, before
// any frame of it is read.
func (r *Router) AttachChild(conn io.ReadWriteCloser, c *Context) *Stream {
	s := r.newStream(conn, c.id, c.name)
	r.addChild(s, c)
	return s
}

// AttachStamped is AttachChild for a peer that acts with the authority of the
// context auth. What is below the peer has only its own.
func (r *Router) AttachStamped(conn io.ReadWriteCloser, c *Context, auth uint32) *Stream {
	s := r.newStream(conn, c.id, c.name)
	s.stamp = &auth
	r.addChild(s, c)
	return s
}

func (r *Router) newStream(conn io.ReadWriteCloser, id uint32, name string) *Stream {
	s := &Stream{router: r, conn: conn, remoteID: id, name: name, ending: make(chan struct{}), done: make(chan struct{})}
	s.try, _ = conn.(TryWriter)
	if b, ok := conn.(BulkConn); ok {
		s.out.bulk = b.Bulk()
	}
	return s
}

func (r *Router) addChild(s *Stream, c *Context) {
	r.mu.Lock()
	r.routes[c.id] = s
	s.reached++
	r.names[c.id] = c.name
	r.contexts[c.id] = c
	r.mu.Unlock()
	r.announce(c.id, c.name)
	r.start(s)
	r.Signals.Fire("new_context", c)
}

// start begins to read from s; a router at its end only closes it.
func (r *Router) start(s *Stream) {
	r.mu.Lock()
	r.streams[s] = struct{}{}
	closing := r.closing
	r.mu.Unlock()
	if closing {
		s.Abort()
	}
	if !r.broker.run(s.read) {
		go s.read() // it ends at once, and tells so
	}
}

// ContextByID returns the context with that id: always the same object while it
// lives. name is used if it is new here.
func (r *Router) ContextByID(id uint32, name string) *Context {
	r.mu.Lock()
	defer r.mu.Unlock()
	return r.contextLocked(id, name)
}

// maxContexts bounds how many contexts are remembered, as messages may name any.
const maxContexts = 1 << 17

func (r *Router) contextLocked(id uint32, name string) *Context {
	if c, ok := r.contexts[id]; ok {
		return c
	}
	if known, ok := r.names[id]; ok {
		name = known
	}
	c := &Context{router: r, id: id, name: name}
	if _, below := r.routes[id]; !below && id != r.id && (r.IsMaster() || r.parentLost) {
		c.left = true // nobody can be reached elsewhere
		return c
	}
	if len(r.contexts) < maxContexts {
		r.contexts[id] = c
	}
	return c
}

// nameOf names a context for people: its name and id where it is known.
func (r *Router) nameOf(id uint32) string {
	r.mu.Lock()
	defer r.mu.Unlock()
	name, ok := r.names[id]
	if c := r.contexts[id]; !ok && c != nil {
		name = c.name
	}
	if name == "" {
		return fmt.Sprint(id)
	}
	return fmt.Sprintf("%s (%d)", name, id)
}

// Name is the name of this context, as its parent gave it.
func (r *Router) Name() string { return r.name }

// Myself is the context of this process.
func (r *Router) Myself() *Context { return r.ContextByID(r.id, "self") }

// Master is the root of the tree.
func (r *Router) Master() *Context { return r.ContextByID(0, "master") }

// Parent is the context above this one; nil in the master, and once it is detached.
func (r *Router) Parent() *Context {
	if len(r.ParentIDs()) == 0 {
		return nil
	}
	return r.ContextByID(r.parentIDs[0], "parent")
}

// Contexts are the contexts below this one, by id.
func (r *Router) Contexts() []*Context {
	r.mu.Lock()
	defer r.mu.Unlock()
	out := make([]*Context, 0, len(r.routes))
	for id := range r.routes {
		out = append(out, r.contextLocked(id, ""))
	}
	sortContexts(out)
	return out
}

// StreamByID is the stream by which a context is reached: the parent's for one
// that is not below; nil in the master for one without a route.
func (r *Router) StreamByID(id uint32) *Stream {
	r.mu.Lock()
	defer r.mu.Unlock()
	return r.streamToLocked(id)
}

func (r *Router) streamToLocked(id uint32) *Stream {
	if s, ok := r.routes[id]; ok {
		return s
	}
	return r.parentStream
}

// resolve makes decoded references usable here.
func (r *Router) resolve(v value.Value) (value.Value, error) {
	switch ref := v.(type) {
	case value.ContextRef:
		v = r.ContextByID(ref.ID, ref.Name)
	case value.SenderRef:
		v = NewSenderTo(r, ref)
	}
	if r.wrap != nil {
		return r.wrap(v)
	}
	return v, nil
}

func (r *Router) closeStreams(ctx context.Context) {
	r.mu.Lock()
	r.closing = true
	streams := slices.Collect(maps.Keys(r.streams))
	r.mu.Unlock()
	// Side by side: the reader of one may wait for room in another.
	for _, s := range streams {
		stop := context.AfterFunc(ctx, s.Abort)
		defer stop()
		go s.Close()
	}
	for _, s := range streams {
		<-s.done
	}
}
