//go:build unix && !linux && !darwin

package pipe

import "net"

// WriteBuffers writes all pieces, which stay as they are.
func (w *Writer) WriteBuffers(pieces net.Buffers) error { return writeEach(w.file, pieces) }
