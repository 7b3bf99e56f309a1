package wire_test

import (
	"bytes"
	"errors"
	"io"
	"testing"
	"testing/iotest"

	"github.com/mitoscript/mitoscript/mitogen/wire"
)

const maxData = 1 << 20

// sizes of data: none, small ones in a row, those around the sizes that a
// Reader's buffer has, and ones that never fit in it.
var sizes = []int{0, 1, 100, 100, 100, 2000, 2022, 2048, 4096, 5000, 0, 65536, 3, 200_000, maxData, 7}

func TestReaderGivesWhatWasWritten(t *testing.T) {
	var link []byte
	var want []wire.Frame
	for round := range 3 {
		for i, n := range sizes {
			f := frame(uint32(100*round+i), n)
			want = append(want, f)
			link = append(f.AppendHeader(link), f.Data...)
		}
	}
	deliveries := map[string]func(io.Reader) io.Reader{
		"at once":              func(r io.Reader) io.Reader { return r },
		"in halves":            iotest.HalfReader,
		"byte by byte":         iotest.OneByteReader,
		"with the end at once": iotest.DataErrReader,
	}
	for name, delivery := range deliveries {
		t.Run(name, func(t *testing.T) {
			rd := wire.NewReader(delivery(bytes.NewReader(link)), maxData)
			var got []wire.Frame
			for range want {
				f, err := rd.Next()
				if err != nil {
					t.Fatalf("frame %d: %v", len(got), err)
				}
				got = append(got, f) // its data must outlive the next frames
			}
			for i, f := range got {
				w := want[i]
				if f.Dst != w.Dst || f.Src != w.Src || f.Auth != w.Auth || f.Handle != w.Handle || f.ReplyTo != w.ReplyTo {
					t.Errorf("frame %d: got header %+v, want %+v", i, header(f), header(w))
				}
				if !bytes.Equal(f.Data, w.Data) {
					t.Errorf("frame %d: got %d bytes of other data, want %d", i, len(f.Data), len(w.Data))
				}
			}
			if _, err := rd.Next(); err != io.EOF {
				t.Errorf("after the last frame: got %v, want io.EOF", err)
			}
		})
	}
}

func TestReaderGoesOnAfterTooLargeFrame(t *testing.T) {
	large, after := frame(1, 300_000), frame(2, 10)
	link := append(large.AppendHeader(nil), large.Data...)
	link = append(after.AppendHeader(link), after.Data...)
	rd := wire.NewReader(bytes.NewReader(link), 1000)
	_, err := rd.Next()
	var tooLarge *wire.TooLargeError
	if !errors.As(err, &tooLarge) || tooLarge.Length != 300_000 || tooLarge.Frame.Dst != 1 {
		t.Fatalf("got %v, want a TooLargeError of the frame", err)
	}
	f, err := rd.Next()
	if err != nil || f.Dst != 2 || !bytes.Equal(f.Data, after.Data) {
		t.Errorf("got frame to %d, %v; want the next frame", f.Dst, err)
	}
}

func TestReaderRefusesWhatIsNoFrame(t *testing.T) {
	whole := frame(1, 50)
	link := append(whole.AppendHeader(nil), whole.Data...)
	for name, c := range map[string]struct {
		link []byte
		want string
	}{
		"text":            {[]byte("bash: mitoscript: command not found\n"), "corrupt"},
		"short text":      {[]byte("login:"), "corrupt"},
		"half a header":   {link[:12], "cut"},
		"half of data":    {link[:40], "cut"},
		"text behind one": {append(bytes.Clone(link), "Connection to web1 closed.\n\n"...), "corrupt"},
	} {
		t.Run(name, func(t *testing.T) {
			rd := wire.NewReader(bytes.NewReader(c.link), maxData)
			_, err := rd.Next()
			for err == nil {
				_, err = rd.Next()
			}
			var corrupt *wire.CorruptError
			if c.want == "corrupt" && !errors.As(err, &corrupt) || c.want == "cut" && err != io.ErrUnexpectedEOF {
				t.Errorf("got %v, want an error of the kind %q", err, c.want)
			}
		})
	}
}

func FuzzReader(f *testing.F) {
	whole := frame(1, 50)
	f.Add(append(whole.AppendHeader(nil), whole.Data...))
	f.Add([]byte("login:"))
	f.Fuzz(func(t *testing.T, link []byte) {
		rd := wire.NewReader(bytes.NewReader(link), 100)
		var seen int
		for {
			fr, err := rd.Next()
			var tooLarge *wire.TooLargeError
			if errors.As(err, &tooLarge) {
				continue
			}
			if err != nil {
				return
			}
			if seen += fr.Size(); seen > len(link) {
				t.Fatalf("%d bytes of frames came out of %d", seen, len(link))
			}
		}
	})
}

// frame makes a frame whose data differs from that of others.
func frame(id uint32, n int) wire.Frame {
	data := make([]byte, n)
	for i := range data {
		data[i] = byte(uint32(i)*7 + id)
	}
	return wire.Frame{Dst: id, Src: id + 1, Auth: id + 2, Handle: id + 3, ReplyTo: id + 4, Data: data}
}

func header(f wire.Frame) wire.Frame { f.Data = nil; return f }
