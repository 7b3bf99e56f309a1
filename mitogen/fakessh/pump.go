package fakessh

import (
	"bytes"
	"io"

	"github.com/mitoscript/mitoscript/mitogen/wire"
)

// pumpOut sends what r gives until its end, or until nobody reads it there.
func (e *end) pumpOut(stream byte, r io.Reader) {
	var buffer *wire.Buffer
	defer func() { buffer.Free() }()
	for {
		room, err := e.room(stream)
		if err != nil {
			return
		}
		if buffer == nil {
			buffer = wire.NewBuffer()
		}
		data := buffer.Data()
		n, err := r.Read(data[headSize : headSize+room])
		switch data = data[:headSize+max(n, 0)]; {
		case n <= 0:
		case n <= smallData:
			err = firstError(e.put(stream, bytes.Clone(data), nil), err)
		default:
			sent := buffer
			buffer = nil
			err = firstError(e.put(stream, data, sent), err)
		}
		if err != nil {
			e.tell(kindEOF, stream)
			return
		}
	}
}

// pumpIn writes what comes to w until its end; who reads w may go before.
func (e *end) pumpIn(stream byte, w io.Writer) error {
	if n, ok := w.(interface{ TryWrite(b []byte) int }); ok {
		e.writeTo(stream, n.TryWrite)
	}
	for {
		c, err := e.next(stream)
		if err != nil {
			return err
		}
		if _, err := w.Write(c.data); err != nil {
			e.stop(stream)
			return errStopped
		}
		e.used(stream, c)
	}
}

// writeTo lets what comes be written at once, where that needs no waiting.
func (e *end) writeTo(stream byte, write func(b []byte) int) {
	e.mu.Lock()
	defer e.mu.Unlock()
	e.in[stream].write = write
}

func firstError(errs ...error) error {
	for _, err := range errs {
		if err != nil {
			return err
		}
	}
	return nil
}

// reader reads a stream of the other end.
type reader struct {
	e      *end
	stream byte
	chunk  chunk  // that is being read
	rest   []byte // of it
	soon   soon
}

func (r *reader) Read(b []byte) (int, error) {
	if len(r.rest) == 0 {
		c, err := r.soon.next(r.e, r.stream)
		if err != nil {
			return 0, err
		}
		r.chunk, r.rest = c, c.data
	}
	n := copy(b, r.rest)
	if r.rest = r.rest[n:]; len(r.rest) == 0 {
		r.e.used(r.stream, r.chunk)
		r.chunk = chunk{}
	}
	return n, nil
}

// writer writes to a stream of the other end.
type writer struct {
	e      *end
	stream byte
}

func (w *writer) Write(b []byte) (n int, err error) {
	for len(b) > 0 {
		room, err := w.e.room(w.stream)
		if err != nil {
			return n, err
		}
		room = min(room, len(b))
		if room <= smallData {
			err = w.e.put(w.stream, append(make([]byte, headSize, headSize+room), b[:room]...), nil)
		} else {
			buffer := wire.NewBuffer()
			copy(buffer.Data()[headSize:], b[:room])
			err = w.e.put(w.stream, buffer.Data()[:headSize+room], buffer)
		}
		if err != nil {
			return n, err
		}
		n, b = n+room, b[room:]
	}
	return n, nil
}
