package mitogen

import (
	"context"
	"crypto/sha256"
	"sync"

	"github.com/mitoscript/mitoscript/mitogen/codec"
	"github.com/mitoscript/mitoscript/mitogen/value"
	"github.com/mitoscript/mitoscript/mitogen/wire"
)

// Chunks are the content-addressed pieces of code that a context holds: what it
// runs itself, and what it passed on and may serve to its own subtree.
//
// Code goes ahead of the call that needs it, in the same direction and so in
// time: LOAD_MODULE to a direct child, FORWARD_MODULE through the contexts on the
// way, each chunk once over each link. A chunk that is missing all the same, and a
// library module that is only known by name, is asked for upwards with GET_MODULE;
// every context on the way keeps what it passes on.
type Chunks struct {
	router *Router

	mu    sync.Mutex
	held  map[value.Hash][]byte
	named map[string]value.Hash // answers to requests by name, by request
	asked map[string]*pendingCode
}

// pendingCode is a request that was sent upwards. Data and err are set before done
// is closed.
type pendingCode struct {
	done chan struct{}
	data []byte
	err  error
}

// Put keeps a chunk.
func (cs *Chunks) Put(c *value.Chunk) {
	cs.mu.Lock()
	defer cs.mu.Unlock()
	cs.putLocked(c.Hash, c.Data)
}

func (cs *Chunks) putLocked(h value.Hash, data []byte) {
	if cs.held == nil {
		cs.held = map[value.Hash][]byte{}
	}
	if _, ok := cs.held[h]; !ok {
		cs.held[h] = data
	}
}

// Held returns a chunk if it is here; it does not ask for it.
func (cs *Chunks) Held(h value.Hash) ([]byte, bool) {
	cs.mu.Lock()
	defer cs.mu.Unlock()
	data, ok := cs.held[h]
	return data, ok
}

// Fetch returns a chunk, asking the parent if it is not held. Several waiters make
// one request.
func (cs *Chunks) Fetch(ctx context.Context, h value.Hash) ([]byte, error) {
	return cs.get(ctx, codeRequest{hash: h})
}

// get returns what a request asks for.
func (cs *Chunks) get(ctx context.Context, req codeRequest) ([]byte, error) {
	key := string(req.encode())
	cs.mu.Lock()
	if data, ok := cs.knownLocked(req, key); ok {
		cs.mu.Unlock()
		return data, nil
	}
	p, waiting := cs.asked[key]
	if !waiting {
		p = &pendingCode{done: make(chan struct{})}
		if cs.asked == nil {
			cs.asked = map[string]*pendingCode{}
		}
		cs.asked[key] = p
		if !cs.router.broker.run(func() { cs.ask(req, key, p) }) {
			delete(cs.asked, key)
			cs.mu.Unlock()
			return nil, value.Errorf(value.KindCancelled, "%s", reasonBrokerExit)
		}
	}
	cs.mu.Unlock()
	select {
	case <-p.done:
		return p.data, p.err
	case <-ctx.Done():
		return nil, waitError(context.Cause(ctx), "fetching code")
	}
}

func (cs *Chunks) knownLocked(req codeRequest, key string) ([]byte, bool) {
	h := req.hash
	if req.name != nil {
		var ok bool
		if h, ok = cs.named[key]; !ok {
			return nil, false
		}
	}
	data, ok := cs.held[h]
	return data, ok
}

// ask gets what is not here from the parent, or from this process itself if it is
// the root.
func (cs *Chunks) ask(req codeRequest, key string, p *pendingCode) {
	ctx := cs.router.broker.ctx
	parent := cs.router.Parent()
	if parent != nil {
		p.data, p.err = cs.askParent(ctx, parent, key)
	} else {
		p.data, p.err = cs.router.find(ctx, req)
	}
	if p.err == nil && req.name == nil && sha256.Sum256(p.data) != req.hash {
		p.data, p.err = nil, errorf("code %s came damaged", req.hash)
	}
	cs.mu.Lock()
	delete(cs.asked, key)
	if p.err == nil && parent != nil {
		cs.keepLocked(req, key, p.data)
	}
	cs.mu.Unlock()
	close(p.done)
}

func (cs *Chunks) askParent(ctx context.Context, parent *Context, request string) ([]byte, error) {
	reply, err := parent.await(ctx, &Message{Frame: wire.Frame{Handle: wire.GetModule, Data: []byte(request)}})
	if err != nil {
		return nil, err
	}
	if reply.IsDead() {
		return nil, deadError(string(reply.Data))
	}
	return reply.Data, nil
}

// onGet answers GET_MODULE.
func (cs *Chunks) onGet(m *Message) {
	req, err := readCodeRequest(m.Data)
	if err != nil {
		cs.router.refuse(m, "malformed request for code")
		return
	}
	cs.mu.Lock()
	data, ok := cs.knownLocked(req, string(m.Data))
	cs.mu.Unlock()
	if ok {
		cs.answer(m, data)
		return
	}
	cs.router.work(m, func() { // the reader may not wait
		data, err := cs.get(cs.router.broker.ctx, req)
		if err != nil {
			cs.router.refuse(m, err.Error())
			return
		}
		cs.answer(m, data)
	})
}

func (cs *Chunks) answer(m *Message, data []byte) {
	reply := &Message{Frame: wire.Frame{Dst: m.Src, Src: cs.router.id, Auth: cs.router.id, Handle: m.ReplyTo, Data: data}}
	_ = cs.router.send(reply, urgent)
}

// onLoad keeps code for this context. The data of LOAD_MODULE is an array of
// hashes and, each after its hash, the chunk's bytes.
func (cs *Chunks) onLoad(m *Message) {
	d := codec.NewDecoder(m.Data, codec.Limits{})
	n, err := d.Array()
	for i := 0; i+1 < n && err == nil; i += 2 {
		var c *value.Chunk
		if c, err = readChunk(d); err == nil {
			cs.Put(c)
		}
	}
	if err != nil {
		cs.router.log.Error("malformed LOAD_MODULE", "src_id", m.Src, "reason", err)
	}
}

// onForward keeps code and passes it on towards a context below. The data of
// FORWARD_MODULE is that of LOAD_MODULE after the id of that context; a chunk that
// the link has carried before has null in place of its bytes.
func (cs *Chunks) onForward(m *Message) {
	target, chunks, err := cs.readForward(m)
	if err != nil {
		cs.router.log.Error("malformed FORWARD_MODULE", "src_id", m.Src, "reason", err)
		return
	}
	if err := cs.router.sendChunks(m.stream.ending, target, chunks, relays); err != nil {
		cs.router.log.Debug("code not passed on", "dst_id", target, "reason", err)
	}
}

func (cs *Chunks) readForward(m *Message) (uint32, []*value.Chunk, error) {
	d := codec.NewDecoder(m.Data, codec.Limits{})
	n, err := d.Array()
	if err != nil {
		return 0, nil, err
	}
	v, err := d.Value()
	id, ok := v.(int64)
	if err != nil || !ok || id <= 0 || id > 1<<32-1 {
		return 0, nil, errorf("no target")
	}
	var chunks []*value.Chunk
	for i := 1; i+1 < n; i += 2 {
		c, err := readChunk(d)
		if err != nil {
			return 0, nil, err
		}
		if c.Data == nil {
			if c.Data, ok = cs.Held(c.Hash); !ok {
				continue // its target will ask for it
			}
		}
		cs.Put(c)
		chunks = append(chunks, c)
	}
	return uint32(id), chunks, nil
}

// readChunk reads a hash and a chunk, and believes only what fits its hash.
func readChunk(d *codec.Decoder) (*value.Chunk, error) {
	hash, err := d.Value()
	if err != nil {
		return nil, err
	}
	h, ok := hash.(value.Bytes)
	if !ok || len(h) != len(value.Hash{}) {
		return nil, errorf("bad hash")
	}
	c := &value.Chunk{Hash: value.Hash([]byte(h))}
	data, err := d.Value()
	if err != nil {
		return nil, err
	}
	if data == nil {
		return c, nil
	}
	text, ok := data.(value.Bytes)
	if !ok || sha256.Sum256([]byte(text)) != c.Hash {
		return nil, errorf("code does not fit its hash %s", c.Hash)
	}
	c.Data = []byte(text)
	return c, nil
}

// ship sends ahead the chunks that the context has not had.
func (c *Context) ship(done <-chan struct{}, chunks []*value.Chunk, u urgency) error {
	missing := c.missing(chunks)
	if len(missing) == 0 {
		return nil
	}
	for _, ch := range missing {
		c.router.Chunks.Put(ch)
	}
	return c.router.sendChunks(done, c.id, missing, u)
}

func (c *Context) missing(chunks []*value.Chunk) []*value.Chunk {
	c.mu.Lock()
	defer c.mu.Unlock()
	var missing []*value.Chunk
	for _, ch := range chunks {
		if _, ok := c.sent[ch.Hash]; ok {
			continue
		}
		if c.sent == nil {
			c.sent = map[value.Hash]struct{}{}
		}
		c.sent[ch.Hash] = struct{}{}
		missing = append(missing, ch)
	}
	return missing
}

// batchBytes bounds a message of code, so that a big module does not come near
// the limit of a message's size.
const batchBytes = 1 << 20

// sendChunks sends chunks towards the context target: below us, or, for a deputy,
// beyond its parent.
func (r *Router) sendChunks(done <-chan struct{}, target uint32, chunks []*value.Chunk, u urgency) error {
	r.mu.Lock()
	s := r.routes[target]
	if s == nil && r.deputy {
		s = r.parentStream
	}
	r.mu.Unlock()
	if s == nil {
		return nil // the call that follows is answered dead, or refused
	}
	for len(chunks) > 0 {
		n, size := 0, 0
		for n < len(chunks) && (n == 0 || size+len(chunks[n].Data) <= batchBytes) {
			size += len(chunks[n].Data)
			n++
		}
		f := r.chunkFrame(s, target, chunks[:n])
		if err := s.sendUntil(done, f, u); err == errNoRoom {
			return err // what was not sent will be asked for
		} else if err != nil {
			return nil // the loss of the stream is announced by its reader
		}
		chunks = chunks[n:]
	}
	return nil
}

func (r *Router) chunkFrame(s *Stream, target uint32, chunks []*value.Chunk) *wire.Frame {
	direct := s.remoteID == target
	var enc codec.Encoder
	f := &wire.Frame{Dst: s.remoteID, Src: r.id, Auth: r.id, Handle: wire.LoadModule}
	n := 2 * len(chunks)
	if !direct {
		f.Handle = wire.ForwardModule
		n++
	}
	enc.Array(n)
	if !direct {
		_ = enc.Value("", int64(target)) // integers and bytes always encode
	}
	for _, c := range chunks {
		_ = enc.Value("", value.Bytes(c.Hash[:]))
		var data value.Value
		if !r.carried(s, c.Hash) || direct {
			data = value.Bytes(c.Data)
		}
		_ = enc.Value("", data)
	}
	f.Data = enc.Buf
	return f
}

// carried notes that s carries a chunk, and reports whether it did before.
func (r *Router) carried(s *Stream, h value.Hash) bool {
	r.mu.Lock()
	defer r.mu.Unlock()
	if _, ok := s.carried[h]; ok {
		return true
	}
	if s.carried == nil {
		s.carried = map[value.Hash]struct{}{}
	}
	s.carried[h] = struct{}{}
	return false
}
