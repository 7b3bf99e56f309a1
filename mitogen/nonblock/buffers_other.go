//go:build unix && !linux && !darwin

package nonblock

import "net"

// WriteBuffers writes all pieces. The list of them may be used up.
func (c *Conn) WriteBuffers(pieces net.Buffers) error {
	for _, b := range pieces {
		if _, err := c.Write(b); err != nil {
			return err
		}
	}
	return nil
}
