package nonblock

import (
	"runtime"
	"sync/atomic"
	"syscall"
	"time"
)

const (
	// moment is how long a Reader looks before it sleeps: a few times what it takes
	// processes on the way to an answer to fall asleep and to be woken.
	moment = 200 * time.Microsecond
	// A wait of less than a moment earns credit for a look, mostCredit at the most; one
	// that was longer costs some, and a look in vain its price, which doubles from
	// leastPrice to mostPrice until one is not: where all processors are wanted, hardly
	// anybody looks.
	mostCredit            = 4
	leastPrice, mostPrice = 8, 64
)

// looked is the time that all Readers have spent with looking, in nanoseconds.
var looked atomic.Int64

// Looked is the processor time that this process has spent with looking for bytes
// that were not there yet: it was not at work.
func Looked() time.Duration { return time.Duration(looked.Load()) }

// Reader reads from a pipe between two processes of one machine. Most of what a small
// call costs there is the system's: a process that waits is put to sleep and woken, its
// processor is halted and started, and the answer of who works on another processor is
// mostly there before that is done. So a Reader looks for a moment before it sleeps,
// where that has paid lately, and only as long as no other goroutine can run. It is for
// one goroutine; the file may be closed by another.
type Reader struct {
	conn   *Conn
	credit int  // above 0 the next wait is looked at
	price  int  // of the next look that is in vain
	rests  bool // no look next, whatever the credit
}

// NewReader takes a file, which stays open for its own methods.
func NewReader(of syscall.Conn) *Reader { return &Reader{conn: New(of), price: leastPrice} }

// Look says whether the next Read may look.
func (r *Reader) Look(may bool) { r.rests = !may }

// Read is that of a Conn.
func (r *Reader) Read(b []byte) (int, error) {
	began := time.Now()
	n := 0
	if r.credit > 0 && !r.rests {
		n = r.watch(b, began)
	}
	var err error
	if n == 0 {
		n, err = r.conn.Read(b)
	}
	if time.Since(began) < moment {
		r.credit = min(r.credit+1, mostCredit)
	} else if r.credit > -mostCredit {
		r.credit--
	}
	return n, err
}

// watch looks until bytes are there, for a moment at the most. Other goroutines that
// can run come first. What is no bytes is left to Read to tell.
func (r *Reader) watch(b []byte, began time.Time) (n int) {
	var spent time.Duration
	defer func() { looked.Add(int64(spent)) }()
	for now := began; now.Sub(began) < moment; now = time.Now() {
		n, errno := r.conn.tryRead(b)
		if n > 0 && spent > 0 {
			r.price = leastPrice
		}
		if n > 0 || errno != syscall.EAGAIN {
			return n
		}
		spent += time.Since(now)
		runtime.Gosched()
	}
	if spent > moment/4 { // else it was others who ran
		r.credit -= r.price
		r.price = min(2*r.price, mostPrice)
	}
	return 0
}
