package mitogen

import (
	"bytes"
	"strings"
	"testing"

	"github.com/mitoscript/mitoscript/mitogen/codec"
	"github.com/mitoscript/mitoscript/mitogen/value"
	"github.com/mitoscript/mitoscript/mitogen/wire"
)

// What a link still has to write of a message stays as it is when that is given up and
// others are made, by either way of the link.
func TestWhatIsPendingOutlivesItsMessage(t *testing.T) {
	r := &Router{}
	for _, size := range []int{3, 100, 5 << 10, 40 << 10} {
		for _, way := range []wire.Bulk{{}, {ReadWriter: &bytes.Buffer{}, Least: wire.BulkData}} {
			w := &writer{bulk: way}
			want, got := value.Bytes(strings.Repeat("x", size)), []byte(nil)
			m, err := encodeBulk(&codec.Encoder{}, want)
			if err != nil {
				t.Fatal(err)
			}
			m.Dst = 1
			w.appendLocked(&m.Frame)
			m.free(r)
			for range 10 { // a pool may give another one
				if _, err := encodeMessage(&codec.Encoder{}, value.Bytes("other data than that")); err != nil {
					t.Fatal(err)
				}
			}
			for _, p := range w.pending {
				got = append(got, p.data...)
			}
			v, err := codec.Decode(got[wire.HeaderSize:], codec.Limits{})
			if err != nil || v != want {
				t.Errorf("%d bytes, second way from %d on: other bytes are written, %v", size, way.Least, err)
			}
		}
	}
}
