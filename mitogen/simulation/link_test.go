package simulation

import (
	"bytes"
	"io"
	"net"
	"sync"
	"syscall"

	"github.com/mitoscript/mitoscript/mitogen/wire"
)

// pipe is one direction of a link. What is written flies until the schedule delivers it.
type pipe struct {
	mu      sync.Mutex
	changed sync.Cond
	flying  []byte
	arrived []byte
	limit   int  // bytes that may be on the way before a writer waits
	noWrite bool // the writer has closed
	noRead  bool // the reader has closed
	cut     bool // nothing passes any more
}

func newPipe(limit int) *pipe {
	p := &pipe{limit: limit}
	p.changed.L = &p.mu
	return p
}

func (p *pipe) read(b []byte) (int, error) {
	p.mu.Lock()
	defer p.mu.Unlock()
	for {
		switch {
		case p.noRead:
			return 0, net.ErrClosed
		case len(p.arrived) > 0:
			n := copy(b, p.arrived)
			p.arrived = p.arrived[n:]
			p.changed.Broadcast()
			return n, nil
		case p.cut, p.noWrite && len(p.flying) == 0:
			return 0, io.EOF
		}
		p.changed.Wait()
	}
}

func (p *pipe) write(b []byte) (n int, err error) {
	p.mu.Lock()
	defer p.mu.Unlock()
	for n < len(b) {
		room := p.limit - len(p.flying) - len(p.arrived)
		switch {
		case p.noWrite:
			return n, net.ErrClosed
		case p.cut, p.noRead:
			return n, syscall.EPIPE
		case room <= 0:
			p.changed.Wait()
			continue
		}
		part := b[n:min(len(b), n+room)]
		p.flying = append(p.flying, part...)
		n += len(part)
	}
	return n, nil
}

// tryWrite is write of what there is room for now.
func (p *pipe) tryWrite(b []byte) int {
	p.mu.Lock()
	defer p.mu.Unlock()
	if p.noWrite || p.cut || p.noRead {
		return 0
	}
	n := max(0, min(len(b), p.limit-len(p.flying)-len(p.arrived)))
	p.flying = append(p.flying, b[:n]...)
	return n
}

// deliver lets up to n bytes arrive.
func (p *pipe) deliver(n int) {
	p.mu.Lock()
	defer p.mu.Unlock()
	n = min(n, len(p.flying))
	p.arrived = append(p.arrived, p.flying[:n]...)
	p.flying = p.flying[n:]
	p.changed.Broadcast()
}

// inFlight is how many bytes are on the way.
func (p *pipe) inFlight() int {
	p.mu.Lock()
	defer p.mu.Unlock()
	return len(p.flying)
}

// sever ends the direction: what flies arrives first, or is lost.
func (p *pipe) sever(lose bool) {
	p.mu.Lock()
	defer p.mu.Unlock()
	if !lose {
		p.arrived = append(p.arrived, p.flying...)
	}
	p.flying, p.cut = nil, true
	p.changed.Broadcast()
}

func (p *pipe) closeWrite() {
	p.mu.Lock()
	defer p.mu.Unlock()
	p.noWrite = true
	p.changed.Broadcast()
}

func (p *pipe) closeRead() {
	p.mu.Lock()
	defer p.mu.Unlock()
	p.noRead = true
	p.flying, p.arrived = nil, nil
	p.changed.Broadcast()
}

// link connects a parent and a child. It may have a second way for bulk data, which is
// severed with the first.
type link struct {
	down, up         *pipe
	downBulk, upBulk *pipe
	least            int // from how many bytes on data is bulk; 0 for never
}

func newLink(limit, least int) *link {
	return &link{down: newPipe(limit), up: newPipe(limit), downBulk: newPipe(limit), upBulk: newPipe(limit), least: least}
}

func (l *link) pipes() []*pipe { return []*pipe{l.down, l.up, l.downBulk, l.upBulk} }

// severDown and severUp end one direction.
func (l *link) severDown(lose bool) { l.down.sever(lose); l.downBulk.sever(lose) }
func (l *link) severUp(lose bool)   { l.up.sever(lose); l.upBulk.sever(lose) }

// end is one side of a link.
type end struct {
	in, out *pipe
	bulk    wire.Bulk
}

func (l *link) parentEnd() end { return end{l.up, l.down, l.bulk(l.upBulk, l.downBulk)} }
func (l *link) childEnd() end  { return end{l.down, l.up, l.bulk(l.downBulk, l.upBulk)} }

func (l *link) bulk(in, out *pipe) wire.Bulk {
	if l.least == 0 {
		return wire.Bulk{}
	}
	return wire.Bulk{ReadWriter: end{in: in, out: out}, Least: l.least}
}

func (e end) Bulk() wire.Bulk { return e.bulk }

func (e end) Read(b []byte) (int, error)  { return e.in.read(b) }
func (e end) Write(b []byte) (int, error) { return e.out.write(b) }
func (e end) TryWrite(b []byte) int       { return e.out.tryWrite(b) }

func (e end) WriteBuffers(pieces net.Buffers) error {
	_, err := e.out.write(bytes.Join(pieces, nil))
	return err
}

func (e end) Close() error {
	e.out.closeWrite()
	e.in.closeRead()
	if second, ok := e.bulk.ReadWriter.(end); ok {
		return second.Close()
	}
	return nil
}
