package nonblock

import (
	"net"
	"syscall"
)

// Duplex reads from one descriptor and writes to another, or to the same.
type Duplex struct {
	from *Reader
	to   *Conn
}

// NewDuplex takes both, which stay open for their own methods.
func NewDuplex(from, to syscall.Conn) *Duplex { return &Duplex{NewReader(from), New(to)} }

// Read is that of a Reader.
func (d *Duplex) Read(b []byte) (int, error) { return d.from.Read(b) }

// Look is that of a Reader.
func (d *Duplex) Look(may bool) { d.from.Look(may) }

// Write is that of a Conn.
func (d *Duplex) Write(b []byte) (int, error) { return d.to.Write(b) }

// TryWrite is that of a Conn.
func (d *Duplex) TryWrite(b []byte) int { return d.to.TryWrite(b) }

// WriteBuffers is that of a Conn.
func (d *Duplex) WriteBuffers(pieces net.Buffers) error { return d.to.WriteBuffers(pieces) }
