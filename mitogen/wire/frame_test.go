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
			checkFrames(t, wire.NewReader(delivery(bytes.NewReader(link)), maxData), want)
			small, large := twoWays(want, 2048)
			rd := wire.NewReader(delivery(bytes.NewReader(small)), maxData)
			rd.Bulk = wire.Bulk{ReadWriter: way{delivery(bytes.NewReader(large))}, Least: 2048}
			checkFrames(t, rd, want)
		})
	}
}

// way is a second way that is only read.
type way struct{ io.Reader }

func (way) Write([]byte) (int, error) { return 0, io.ErrClosedPipe }

// twoWays is what frames are on a link with a second way.
func twoWays(frames []wire.Frame, least int) (link, bulk []byte) {
	for _, f := range frames {
		link = f.AppendHeader(link)
		if len(f.Data) < least {
			link = append(link, f.Data...)
		} else {
			bulk = append(bulk, f.Data...)
		}
	}
	return link, bulk
}

func checkFrames(t *testing.T, rd *wire.Reader, want []wire.Frame) {
	t.Helper()
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
}

func TestReaderGoesOnAfterTooLargeFrame(t *testing.T) {
	large, after := frame(1, 300_000), frame(2, 10)
	one, _ := twoWays([]wire.Frame{large, after}, maxData)
	link, bulk := twoWays([]wire.Frame{large, after}, 5)
	rd := wire.NewReader(bytes.NewReader(link), 1000)
	rd.Bulk = wire.Bulk{ReadWriter: way{iotest.HalfReader(bytes.NewReader(bulk))}, Least: 5}
	for name, rd := range map[string]*wire.Reader{"one way": wire.NewReader(bytes.NewReader(one), 1000), "two ways": rd} {
		t.Run(name, func(t *testing.T) { checkTooLarge(t, rd, after) })
	}
}

// The end of the second way, within data or before it, is that of the link.
func TestReaderEndsWithItsSecondWay(t *testing.T) {
	f := frame(1, 300_000)
	link, bulk := twoWays([]wire.Frame{f}, 5)
	for _, max := range []uint32{maxData, 1000} { // it is read, or thrown away
		for _, n := range []int{0, 7, len(bulk) - 1} {
			rd := wire.NewReader(io.MultiReader(bytes.NewReader(link), never{}), max)
			rd.Bulk = wire.Bulk{ReadWriter: way{bytes.NewReader(bulk[:n])}, Least: 5}
			_, err := rd.Next()
			var tooLarge *wire.TooLargeError
			if errors.As(err, &tooLarge) {
				_, err = rd.Next()
			}
			if err != io.ErrUnexpectedEOF {
				t.Errorf("%d of %d bytes: got %v", n, len(bulk), err)
			}
		}
	}
}

// never has nothing to read.
type never struct{}

func (never) Read([]byte) (int, error) { select {} }

func checkTooLarge(t *testing.T, rd *wire.Reader, after wire.Frame) {
	t.Helper()
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
		fuzzReader(t, wire.NewReader(bytes.NewReader(link), 100), len(link))
		half := len(link) / 2
		rd := wire.NewReader(bytes.NewReader(link[:half]), 100)
		rd.Bulk = wire.Bulk{ReadWriter: way{bytes.NewReader(link[half:])}, Least: 30}
		fuzzReader(t, rd, len(link))
	})
}

func fuzzReader(t *testing.T, rd *wire.Reader, total int) {
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
		if seen += fr.Size(); seen > total {
			t.Fatalf("%d bytes of frames came out of %d", seen, total)
		}
	}
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
