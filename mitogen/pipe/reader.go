package pipe

import (
	"io"
	"os"
	"runtime"
	"sync/atomic"
	"syscall"
	"time"
)

const (
	// moment is how long a Reader looks before it sleeps: a few times what it takes
	// a process to fall asleep and to be woken.
	moment = 100 * time.Microsecond
	// brief is a wait after which the next one may be worth a look: what was slept
	// through has the cost of sleeping in it.
	brief = 2 * moment
	// A wait that was brief earns credit for a look, mostCredit at the most; one that was
	// not costs some, and a look in vain its price, which doubles from leastPrice to
	// mostPrice until one is not: where all processors are wanted, nobody looks.
	mostCredit            = 4
	leastPrice, mostPrice = 8, 1 << 10
)

// looked is the time that all Readers have spent with looking, in nanoseconds.
var looked atomic.Int64

// Looked is the processor time that this process has spent with looking for bytes
// that were not there yet: it was not at work.
func Looked() time.Duration { return time.Duration(looked.Load()) }

// Reader reads from a pipe or a socket, which must not block. It is for one goroutine;
// the file may be closed by another.
type Reader struct {
	file *os.File
	raw  syscall.RawConn // nil if there is none
	look func(fd uintptr) bool

	// of the attempt that look makes
	buf []byte
	n   int
	err error

	credit int // above 0 the next wait is looked at
	price  int // of the next look that is in vain
}

// NewReader returns a Reader of file.
func NewReader(file *os.File) *Reader {
	r := &Reader{file: file, price: leastPrice}
	r.raw, _ = file.SyscallConn() // without it file reads as ever
	r.look = func(fd uintptr) bool {
		r.n, r.err = read(fd, r.buf)
		return true // whatever came of it: the poller is not to wait
	}
	return r
}

// Read is that of the file.
func (r *Reader) Read(b []byte) (int, error) {
	began := time.Now()
	n, done := 0, false
	if r.credit > 0 {
		n, done = r.watch(b, began)
	}
	var err error
	if !done {
		n, err = r.file.Read(b)
	}
	if time.Since(began) < brief {
		r.credit = min(r.credit+1, mostCredit)
	} else if r.credit > -mostCredit {
		r.credit--
	}
	return n, err
}

// watch looks until bytes are there, for a moment at the most. Other goroutines that
// can run come first. What is no bytes is left to the file to tell.
func (r *Reader) watch(b []byte, began time.Time) (n int, done bool) {
	if r.raw == nil || len(b) == 0 {
		return 0, false
	}
	r.buf = b
	var spent time.Duration
	defer func() { r.buf = nil; looked.Add(int64(spent)) }()
	for now := began; now.Sub(began) < moment; now = time.Now() {
		if r.raw.Read(r.look) != nil {
			return 0, false
		}
		if r.n > 0 {
			if spent > 0 {
				r.price = leastPrice
			}
			return r.n, true
		}
		if r.err != syscall.EAGAIN && r.err != syscall.EINTR {
			return 0, false
		}
		spent += time.Since(now)
		runtime.Gosched()
	}
	if spent > moment/4 { // else it was others who ran
		r.credit -= r.price
		r.price = min(2*r.price, mostPrice)
	}
	return 0, false
}

var _ io.Reader = (*Reader)(nil)
