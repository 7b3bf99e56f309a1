package wire

import (
	"encoding/binary"
	"fmt"
	"io"
)

// The magics of the handshake.
const (
	ConfigMagic = "MITOCFG1"
	ReadyMagic  = "MITORDY1"
)

// maxPreamble bounds a handshake message; a configuration is some hundred bytes.
const maxPreamble = 1 << 20

// AppendPreamble appends a handshake message.
func AppendPreamble(dst []byte, magic string, data []byte) []byte {
	dst = append(dst, magic...)
	dst = binary.BigEndian.AppendUint32(dst, uint32(len(data)))
	return append(dst, data...)
}

// ReadPreamble reads a handshake message, and not a byte more. Something else on
// the link is a *CorruptError that shows it.
func ReadPreamble(r io.Reader, magic string) ([]byte, error) {
	head := make([]byte, len(magic)+4)
	n, err := io.ReadFull(r, head)
	if n >= 1 && string(head[:min(n, len(magic))]) != magic[:min(n, len(magic))] {
		return nil, &CorruptError{Got: head[:n]}
	}
	if err != nil {
		return nil, err
	}
	size := binary.BigEndian.Uint32(head[len(magic):])
	if size > maxPreamble {
		return nil, fmt.Errorf("handshake of %d bytes is too large (max %d bytes)", size, maxPreamble)
	}
	data := make([]byte, size)
	if _, err := io.ReadFull(r, data); err != nil {
		return nil, cutShort(err)
	}
	return data, nil
}
