package codec_test

import (
	"bytes"
	"testing"

	"github.com/mitoscript/mitoscript/mitogen/codec"
)

// FuzzDecode checks that no bytes make the decoder panic, and that what it
// accepts has one encoding, which is accepted too.
func FuzzDecode(f *testing.F) {
	for _, c := range samples {
		b, err := codec.Encode(c.v)
		if err != nil {
			f.Fatal(err)
		}
		if len(b) < 1000 {
			f.Add(b)
		}
	}
	f.Fuzz(func(t *testing.T, data []byte) {
		v, err := codec.Decode(data, codec.Limits{Funcs: true})
		if err != nil {
			return
		}
		b, err := codec.Encode(v)
		if err != nil {
			t.Fatalf("accepted, but cannot be sent: %v", err)
		}
		again, err := codec.Decode(b, codec.Limits{Funcs: true})
		if err != nil {
			t.Fatalf("our own encoding is refused: %v", err)
		}
		if show(again) != show(v) {
			t.Fatalf("got  %s\nwant %s", show(again), show(v))
		}
		if b2, err := codec.Encode(again); err != nil || !bytes.Equal(b, b2) {
			t.Fatalf("two encodings: %x, %x", b, b2)
		}
	})
}
