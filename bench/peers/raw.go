package main

import (
	"encoding/binary"
	"errors"
	"fmt"
	"io"
	"maps"
	"os"
	"os/exec"
	"runtime"
	"slices"
	"strconv"
	"time"
)

// farEnd makes this program the other process of a raw pipe, or with a number one that
// hands all on to the next of so many further ones, and back.
const farEnd = "raw-far-end"

const (
	smallCall = 100
	total     = 64 << 20 // bytes of a bulk transfer
)

// serveRaw answers requests, in one goroutine, as fast as Go can: two numbers, how
// many bytes follow and how many are to come back.
func serveRaw() error {
	runtime.GOMAXPROCS(1)
	buf := make([]byte, 1<<20)
	var head [8]byte
	for {
		if _, err := io.ReadFull(os.Stdin, head[:]); err == io.EOF {
			return nil
		} else if err != nil {
			return err
		}
		up, down := int(binary.LittleEndian.Uint32(head[:])), int(binary.LittleEndian.Uint32(head[4:]))
		for up > 0 {
			n, err := os.Stdin.Read(buf[:min(up, len(buf))])
			if err != nil {
				return err
			}
			up -= n
		}
		for down > 0 {
			n, err := os.Stdout.Write(buf[:min(down, 128<<10)])
			if err != nil {
				return err
			}
			down -= n
		}
	}
}

// relayRaw starts the next process and hands on what comes, either way.
func relayRaw(further int) error {
	runtime.GOMAXPROCS(1)
	p, end, err := startRaw(further - 1)
	if err != nil {
		return err
	}
	back := make(chan error, 1)
	go func() { back <- handOn(os.Stdout, p.out) }()
	err = handOn(p.in, os.Stdin)
	return errors.Join(err, p.in.Close(), <-back, end())
}

func handOn(to io.Writer, from io.Reader) error {
	buf := make([]byte, 64<<10)
	for {
		n, err := from.Read(buf)
		if err == io.EOF {
			return nil
		} else if err != nil {
			return err
		}
		if _, err := to.Write(buf[:n]); err != nil {
			return err
		}
	}
}

// rawPipe is the near end.
type rawPipe struct {
	in  io.WriteCloser
	out io.ReadCloser
	buf []byte
}

// trip sends up bytes and waits for down bytes.
func (p *rawPipe) trip(up, down int) error {
	binary.LittleEndian.PutUint32(p.buf, uint32(up))
	binary.LittleEndian.PutUint32(p.buf[4:], uint32(down))
	for n := up + 8; n > 0; n -= min(n, 128<<10) {
		if _, err := p.in.Write(p.buf[:min(n, 128<<10)]); err != nil {
			return err
		}
	}
	for down > 0 {
		n, err := p.out.Read(p.buf[:min(down, len(p.buf))])
		if err != nil {
			return err
		}
		down -= n
	}
	return nil
}

// startRaw starts the far end behind so many processes; end waits for it.
func startRaw(further int) (p *rawPipe, end func() error, err error) {
	self, err := os.Executable()
	if err != nil {
		return nil, nil, err
	}
	cmd := exec.Command(self, farEnd, strconv.Itoa(further))
	cmd.Stderr = os.Stderr
	in, err := cmd.StdinPipe()
	if err != nil {
		return nil, nil, err
	}
	out, err := cmd.StdoutPipe()
	if err != nil {
		return nil, nil, err
	}
	for _, end := range []any{in, out} {
		if file, ok := end.(*os.File); ok {
			widen(file)
		}
	}
	if err := cmd.Start(); err != nil {
		return nil, nil, err
	}
	return &rawPipe{in: in, out: out, buf: make([]byte, 1<<20)}, cmd.Wait, nil
}

// raw measures the pipe: a trip of 100 bytes each way, of 10 KB there, bulk, and the
// first through one to three processes that hand it on.
func raw(name string) (map[string]float64, error) {
	if name != "depth" {
		return rawOf(0, func(p *rawPipe) (map[string]float64, error) { return p.measure(name) })
	}
	all := map[string]float64{}
	for further := range 4 {
		got, err := rawOf(further, func(p *rawPipe) (map[string]float64, error) {
			took, err := p.median(400, smallCall, smallCall)
			return map[string]float64{fmt.Sprint("depth", further+1): took}, err
		})
		if err != nil {
			return nil, err
		}
		maps.Copy(all, got)
	}
	return all, nil
}

func rawOf(further int, measure func(*rawPipe) (map[string]float64, error)) (map[string]float64, error) {
	p, end, err := startRaw(further)
	if err != nil {
		return nil, err
	}
	got, err := measure(p)
	if err := errors.Join(err, p.in.Close(), end()); err != nil {
		return nil, fmt.Errorf("raw pipe: %w", err)
	}
	return got, nil
}

func (p *rawPipe) measure(name string) (map[string]float64, error) {
	if name == "bulk" {
		up, err := p.median(3, total, 0)
		if err != nil {
			return nil, err
		}
		down, err := p.median(3, 0, total)
		return map[string]float64{"up128k": total / up, "up1m": total / up, "down128k": total / down, "down1m": total / down}, err
	}
	small, err := p.median(2000, smallCall, smallCall)
	if err != nil {
		return nil, err
	}
	large, err := p.median(1000, 10<<10, smallCall)
	return map[string]float64{"call": small, "call100": small, "call10k": large}, err
}

// median is in µs; of bulk up, whose last bytes nobody confirms, a byte comes back.
func (p *rawPipe) median(n, up, down int) (float64, error) {
	took := make([]float64, 0, n)
	for range n {
		start := time.Now()
		if err := p.trip(up, max(down, 1)); err != nil {
			return 0, err
		}
		took = append(took, float64(time.Since(start))/float64(time.Microsecond))
	}
	slices.Sort(took)
	return took[len(took)/2], nil
}
