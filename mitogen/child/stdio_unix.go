//go:build unix

package child

import (
	"bytes"
	"errors"
	"io"
	"os"
	"sync"
	"sync/atomic"
	"syscall"

	"golang.org/x/sys/unix"

	"github.com/mitoscript/mitoscript/mitogen/nonblock"
	"github.com/mitoscript/mitoscript/mitogen/wire"
)

// link is the descriptors of the connection to the parent.
type link struct {
	in, out          *os.File
	*nonblock.Duplex          // of both
	side             *os.File // its second way; nil for none
}

// Bulk is that of mitogen.BulkConn.
func (l *link) Bulk() wire.Bulk {
	if l.side == nil {
		return wire.Bulk{}
	}
	return wire.Bulk{ReadWriter: nonblock.NewDuplex(l.side, l.side), Least: wire.BulkData}
}

func (l *link) Close() error {
	err := errors.Join(l.out.Close(), l.in.Close())
	if l.side != nil {
		err = errors.Join(err, l.side.Close())
	}
	return err
}

// stdio reads what anybody writes to descriptors 1 and 2.
type stdio struct {
	link    *link // that was in their place
	streams []*outStream
	// lent says that programs have had the descriptors, and may still: without, nothing
	// but a crash is written there.
	lent atomic.Bool
}

// moveLink takes the link away from descriptors 0 and 1, and puts /dev/null and
// pipes in their place, so that no print can fall into a frame.
func moveLink(bulk int) (*link, *stdio, error) {
	in, err := moved(0, "link in")
	if err != nil {
		return nil, nil, err
	}
	out, err := moved(1, "link out")
	if err != nil {
		return nil, nil, err
	}
	null, err := unix.Open(os.DevNull, unix.O_RDONLY|unix.O_CLOEXEC, 0)
	if err != nil {
		return nil, nil, err
	}
	defer func() { _ = unix.Close(null) }()
	if err := dup2(null, 0); err != nil {
		return nil, nil, err
	}
	l := &link{in: in, out: out, Duplex: nonblock.NewDuplex(in, out)}
	if bulk > 2 {
		if l.side, err = moved(bulk, "link bulk"); err != nil {
			return nil, nil, err
		}
		if err := unix.Close(bulk); err != nil {
			return nil, nil, err
		}
	}
	s := &stdio{link: l}
	for fd, name := range map[int]string{1: "stdout", 2: "stderr"} {
		stream, err := catch(fd, name)
		if err != nil {
			return nil, nil, err
		}
		s.streams = append(s.streams, stream)
	}
	return s.link, s, nil
}

// moved gives fd a new number that is not inherited. Non-blocking, so that the
// runtime's poller serves it: a thread that sat in read would cost every frame a
// hand-over.
func moved(fd int, name string) (*os.File, error) {
	to, err := unix.FcntlInt(uintptr(fd), unix.F_DUPFD_CLOEXEC, 3)
	if err != nil {
		return nil, err
	}
	if err := unix.SetNonblock(to, true); err != nil {
		return nil, err
	}
	return os.NewFile(uintptr(to), name), nil
}

// outStream is one of descriptors 1 and 2 and the pipe behind it.
type outStream struct {
	name string
	r    *os.File
	fd   int
	to   *lineLog

	mu     sync.Mutex
	moved  sync.Cond // signalled when what was read is logged
	taken  uint64    // bytes that were read
	logged uint64    // of these
	ended  bool      // nothing is read any more
}

// catch puts a pipe in the place of fd. Its write end blocks, as programs expect.
func catch(fd int, name string) (*outStream, error) {
	var p [2]int
	if err := openPipe(p[:]); err != nil {
		return nil, err
	}
	if err := dup2(p[1], fd); err != nil {
		return nil, err
	}
	if err := unix.Close(p[1]); err != nil {
		return nil, err
	}
	if err := unix.SetNonblock(p[0], true); err != nil {
		return nil, err
	}
	s := &outStream{name: name, fd: p[0], r: os.NewFile(uintptr(p[0]), name)}
	s.moved.L = &s.mu
	return s, nil
}

// logTo says where lines go.
func (s *stdio) logTo(log func(stream, line string)) {
	for _, o := range s.streams {
		o.to = &lineLog{stream: o.name, log: log}
	}
}

// pump starts to log what is written.
func (s *stdio) pump() {
	for _, o := range s.streams {
		go o.pump()
	}
}

// pumpBuffer is as much as a pipe usually holds.
const pumpBuffer = 64 << 10

func (o *outStream) pump() {
	buf := make([]byte, pumpBuffer)
	for {
		n, err := o.read(buf)
		if n > 0 {
			_, _ = o.to.Write(buf[:n])
		}
		o.mu.Lock()
		o.logged = o.taken
		o.ended = err != nil
		o.moved.Broadcast()
		o.mu.Unlock()
		if err != nil {
			o.to.finish()
			return
		}
	}
}

// read marks what it takes from the pipe as not logged yet, without a gap in
// which settle could see neither.
func (o *outStream) read(buf []byte) (n int, err error) {
	conn, err := o.r.SyscallConn()
	if err != nil {
		return 0, err
	}
	rerr := conn.Read(func(fd uintptr) bool {
		o.mu.Lock()
		defer o.mu.Unlock()
		n, err = unix.Read(int(fd), buf)
		o.taken += uint64(max(n, 0))
		return err != unix.EAGAIN && err != unix.EINTR
	})
	switch {
	case rerr != nil:
		return 0, rerr
	case err != nil:
		return 0, err
	case n <= 0:
		return 0, io.EOF
	}
	return n, nil
}

// settle returns when everything that was written before is logged. Calls ask for it,
// so it makes no system call where there can be nothing.
func (s *stdio) settle() {
	if !s.lent.Load() {
		return
	}
	for _, o := range s.streams {
		o.settle()
	}
}

// finish logs the lines that nobody has ended.
func (s *stdio) finish() {
	for _, o := range s.streams {
		o.to.finish()
	}
}

// settle waits for what is there now, and not for what is written meanwhile.
func (o *outStream) settle() {
	o.mu.Lock()
	defer o.mu.Unlock()
	until := o.taken
	if n, err := unix.IoctlGetInt(o.fd, fionread); err == nil && n > 0 {
		until += uint64(n)
	}
	for o.logged < until && !o.ended {
		o.moved.Wait()
	}
}

// lineLog cuts what is written into lines.
type lineLog struct {
	stream string
	log    func(stream, line string)

	mu   sync.Mutex
	part []byte
}

// maxLine is the longest line that is logged as one.
const maxLine = 64 << 10

// Write logs the whole lines and keeps the rest.
func (l *lineLog) Write(b []byte) (int, error) {
	l.mu.Lock()
	defer l.mu.Unlock()
	n := len(b)
	for len(b) > 0 {
		i := bytes.IndexByte(b, '\n')
		if i < 0 {
			l.part = append(l.part, b...)
			for len(l.part) >= maxLine {
				l.log(l.stream, string(l.part[:maxLine]))
				l.part = append(l.part[:0], l.part[maxLine:]...)
			}
			break
		}
		line := b[:i]
		if len(l.part) > 0 {
			l.part = append(l.part, line...)
			line = l.part
		}
		l.log(l.stream, string(line))
		l.part, b = l.part[:0], b[i+1:]
	}
	return n, nil
}

func (l *lineLog) finish() {
	l.mu.Lock()
	defer l.mu.Unlock()
	if len(l.part) > 0 {
		l.log(l.stream, string(l.part))
		l.part = nil
	}
}

func openPipe(p []int) error {
	syscall.ForkLock.RLock()
	defer syscall.ForkLock.RUnlock()
	if err := unix.Pipe(p); err != nil {
		return err
	}
	unix.CloseOnExec(p[0])
	unix.CloseOnExec(p[1])
	return nil
}
