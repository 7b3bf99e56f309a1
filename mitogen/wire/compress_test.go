package wire_test

import (
	"bytes"
	"errors"
	"io"
	"math/rand/v2"
	"strings"
	"testing"
	"testing/iotest"

	"github.com/klauspost/compress/s2"

	"github.com/mitoscript/mitoscript/mitogen/wire"
)

// halfLink is a link of which a test uses one direction.
type halfLink struct {
	io.Reader
	io.Writer
}

func (halfLink) Close() error { return nil }

func packedBy(t testing.TB, writes ...[]byte) []byte {
	t.Helper()
	var link bytes.Buffer
	c := wire.Compress(halfLink{nil, &link})
	for _, w := range writes {
		if n, err := c.Write(w); n != len(w) || err != nil {
			t.Fatalf("wrote %d of %d bytes: %v", n, len(w), err)
		}
	}
	return link.Bytes()
}

func unpack(r io.Reader) ([]byte, error) {
	return io.ReadAll(wire.Compress(halfLink{r, io.Discard}))
}

// noise does not shrink.
func noise(n int) []byte {
	b := make([]byte, n)
	r := rand.New(rand.NewPCG(1, 2))
	for i := range b {
		b[i] = byte(r.Uint32())
	}
	return b
}

func TestCompressedLinkGivesWhatWasWritten(t *testing.T) {
	text := []byte(strings.Repeat("def restart(service): return proc.run([service])\n", 20_000))
	var writes [][]byte
	for _, n := range []int{1, 3, 63, 64, 65, 2047, 2048, 2049, 65535, 65536, 65537, 150_000, 5} {
		writes = append(writes, text[:n], noise(n))
	}
	want := bytes.Join(writes, nil)
	link := packedBy(t, writes...)
	if len(link) > len(want)*6/10 {
		t.Errorf("%d bytes, half of them text, became %d", len(want), len(link))
	}
	for name, delivery := range map[string]func(io.Reader) io.Reader{
		"at once": func(r io.Reader) io.Reader { return r }, "in halves": iotest.HalfReader,
		"byte by byte": iotest.OneByteReader, "with the end at once": iotest.DataErrReader,
	} {
		t.Run(name, func(t *testing.T) {
			got, err := unpack(delivery(bytes.NewReader(link)))
			if err != nil || !bytes.Equal(got, want) {
				t.Errorf("got %d bytes, want %d, %v", len(got), len(want), err)
			}
			small, err := io.ReadAll(iotest.OneByteReader(wire.Compress(halfLink{delivery(bytes.NewReader(link)), nil})))
			if err != nil || !bytes.Equal(small, want) {
				t.Errorf("asked for byte by byte: %d bytes, want %d, %v", len(small), len(want), err)
			}
		})
	}
}

func TestDataThatDoesNotShrinkCostsLittle(t *testing.T) {
	for _, n := range []int{1, 100, 1000, 65536, 1 << 20} {
		data := noise(n)
		if over := len(packedBy(t, data)) - n; over > 4*(1+n/65536) {
			t.Errorf("%d bytes of noise cost %d more", n, over)
		}
	}
}

func TestCompressedLinkRefusesNonsense(t *testing.T) {
	bomb := s2.Encode(nil, make([]byte, 66<<10)) // a block that unpacks to more than a chunk has
	for name, c := range map[string]struct {
		link []byte
		want error
	}{
		"nothing at all":           {nil, nil},
		"half a head":              {[]byte{0, 0}, io.ErrUnexpectedEOF},
		"half a chunk":             {[]byte{0, 0, 0, 9, 'a'}, io.ErrUnexpectedEOF},
		"half a block":             {packedBy(t, make([]byte, 1000))[:9], io.ErrUnexpectedEOF},
		"an empty chunk":           {[]byte{0, 0, 0, 0}, errAny},
		"an endless chunk":         {[]byte{0x7f, 0xff, 0xff, 0xff}, errAny},
		"an endless block":         {[]byte{0xff, 0xff, 0xff, 0xff}, errAny},
		"no block":                 {[]byte{0x80, 0, 0, 3, 5, 0xff, 0xff}, errAny},
		"a block of nothing":       {[]byte{0x80, 0, 0, 1, 0}, errAny},
		"a block that is too long": {append([]byte{0x80, 0, 0, byte(len(bomb))}, bomb...), errAny},
	} {
		t.Run(name, func(t *testing.T) {
			got, err := unpack(bytes.NewReader(c.link))
			if c.want == errAny && err == nil || c.want != errAny && !errors.Is(err, c.want) {
				t.Errorf("got %d bytes and %v, want %v", len(got), err, c.want)
			}
		})
	}
}

var errAny = errors.New("any error")

func FuzzCompressed(f *testing.F) {
	f.Add([]byte("\x00\x00\x00\x03abc"))
	f.Add([]byte("\x80\x00\x00\x05\x03\x08abc"))
	f.Fuzz(func(t *testing.T, link []byte) {
		data, err := unpack(bytes.NewReader(link)) // must not panic
		if err != nil {
			return
		}
		again, err := unpack(bytes.NewReader(packedBy(t, data)))
		if err != nil || !bytes.Equal(again, data) {
			t.Errorf("%d bytes do not survive: %v", len(data), err)
		}
	})
}

func BenchmarkCompress(b *testing.B) {
	text := []byte(strings.Repeat("def restart(service): return proc.run([service])\n", 200))
	for name, data := range map[string][]byte{"text-8K": text[:8192], "noise-64K": noise(65536), "call-200": text[:200]} {
		b.Run(name, func(b *testing.B) {
			var link bytes.Buffer
			c := wire.Compress(halfLink{&link, &link})
			into := make([]byte, len(data))
			b.SetBytes(int64(len(data)))
			for b.Loop() {
				if _, err := c.Write(data); err != nil {
					b.Fatal(err)
				}
				if _, err := io.ReadFull(c, into); err != nil {
					b.Fatal(err)
				}
			}
			b.ReportMetric(float64(len(packedBy(b, data))), "bytes")
		})
	}
}
