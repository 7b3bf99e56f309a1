//go:build !child

package main

import (
	"context"
	"errors"
	"os"
	"strconv"
	"strings"
	"sync"
	"time"

	"github.com/spf13/cobra"

	"github.com/mitoscript/mitoscript/inventory"
	"github.com/mitoscript/mitoscript/mitogen"
	"github.com/mitoscript/mitoscript/mitogen/value"
)

// The exit statuses of commands for many hosts.
const (
	exitFailed      = 4
	exitUnreachable = 5
	exitStopped     = 6
)

// fanout are the flags that say how many hosts are worked on at a time, and when to
// stop.
type fanout struct {
	forks     int
	maxStarts int
	serial    string
	maxFail   string
	failFast  bool
	retries   int
	color     string
}

func (f *fanout) add(cmd *cobra.Command) {
	fl := cmd.Flags()
	fl.IntVarP(&f.forks, "forks", "f", 32, "how many hosts are worked on at a time")
	fl.IntVar(&f.maxStarts, "max-starts", 10, "how many hosts are being connected to at a time")
	fl.StringVar(&f.serial, "serial", "", "work on so many hosts (N or N%), then on the next")
	fl.StringVar(&f.maxFail, "max-fail", "", "stop, with status 6, when more than N or N% of the hosts failed")
	fl.BoolVar(&f.failFast, "fail-fast", false, "stop, with status 6, at the first host that failed")
	fl.IntVar(&f.retries, "retries", 0, "how often to try again to connect")
	fl.StringVar(&f.color, "color", "auto", "colours: auto (on terminals), always or never")
	complete(cmd, "color", "auto", "always", "never")
}

// count reads N or N% of all.
func count(flag, text string, all, none int) (int, error) {
	if text == "" {
		return none, nil
	}
	number, percent := strings.CutSuffix(text, "%")
	n, err := strconv.Atoi(number)
	if err != nil || n < 0 || percent && n > 100 {
		return 0, usageError("--%s %s: want a number of hosts, or a percentage", flag, text)
	}
	if percent {
		n = n * all / 100
	}
	return n, nil
}

// read gives how many hosts are worked on before the next, and how many may fail.
func (f *fanout) read(hosts int) (batch, limit int, err error) {
	if f.forks < 1 || f.maxStarts < 1 {
		return 0, 0, usageError("--forks and --max-starts want a number above 0")
	}
	if f.retries < 0 {
		return 0, 0, usageError("--retries wants a number that is not below 0")
	}
	if err := checkColour(f.color); err != nil {
		return 0, 0, err
	}
	if batch, err = count("serial", f.serial, hosts, hosts); err != nil {
		return 0, 0, err
	}
	if limit, err = count("max-fail", f.maxFail, hosts, hosts); err != nil {
		return 0, 0, err
	}
	if f.failFast {
		limit = 0
	}
	return max(batch, 1), limit, nil
}

// fleet connects to hosts and works on them.
type fleet struct {
	m     *master
	fan   *fanout
	conn  inventory.Connection
	quiet bool // nothing on stderr but errors
	// ended, if set, is told of each host when the work on it has, on any goroutine.
	ended func(o *outcome)
}

// each connects to every host and calls work, side by side; contexts end when their
// work has. outcomes are in the order of the hosts. stopped says that a threshold
// was passed.
func (fl *fleet) each(ctx context.Context, hosts []*inventory.Host,
	work func(ctx context.Context, h *inventory.Host, c *mitogen.Context) error) (outcomes []outcome, stopped bool, err error) {
	batch, limit, err := fl.fan.read(len(hosts))
	if err != nil {
		return nil, false, err
	}
	fl.m.factory.SetMaxStarts(fl.fan.maxStarts)
	outcomes = make([]outcome, len(hosts))
	r := &run{fleet: fl, work: work, limit: limit, board: newBoard(len(hosts), fl.quiet, paletteOf(fl.fan.color, os.Stderr))}
	fl.m.share(r.board)
	defer fl.m.share(nil)
	defer r.board.close()
	for from := 0; from < len(hosts); from += batch {
		to := min(from+batch, len(hosts))
		r.batch(ctx, hosts[from:to], outcomes[from:to])
	}
	return outcomes, r.failed > limit, nil
}

// run is the work on the hosts of one command.
type run struct {
	*fleet
	work  func(ctx context.Context, h *inventory.Host, c *mitogen.Context) error
	limit int // of failures
	board *board

	mu     sync.Mutex
	failed int // guarded by mu
}

func (r *run) batch(ctx context.Context, hosts []*inventory.Host, outcomes []outcome) {
	var wg sync.WaitGroup
	slots := make(chan struct{}, r.fan.forks)
	for i, h := range hosts {
		slots <- struct{}{}
		wg.Go(func() {
			defer func() { <-slots }()
			o := r.one(ctx, h)
			outcomes[i] = o
			r.board.finished(&o)
			if r.ended != nil {
				r.ended(&o)
			}
		})
	}
	wg.Wait()
}

// over reports whether no further host is to be worked on.
func (r *run) over(ctx context.Context) bool {
	r.mu.Lock()
	defer r.mu.Unlock()
	return r.failed > r.limit || ctx.Err() != nil
}

func (r *run) one(ctx context.Context, h *inventory.Host) (o outcome) {
	o.host = h
	if r.over(ctx) {
		o.skipped = true
		return o
	}
	r.board.started(h)
	started := time.Now()
	c, top, err := r.connect(ctx, h)
	switch {
	case err != nil:
		o.unreachable = true
	case r.over(ctx): // meanwhile
		o.skipped = true
	default:
		err = r.work(ctx, h, c)
		o.unreachable = errors.Is(err, value.KindChannel)
	}
	if top != nil {
		_ = r.m.factory.Shutdown(ctx, top, false) // one that is gone is no error
	}
	o.took = time.Since(started)
	if err != nil && ctx.Err() != nil {
		o.unreachable, o.unfinished, err = false, true, context.Cause(ctx)
	}
	if o.err = err; err != nil && !o.unfinished {
		r.mu.Lock()
		r.failed++
		r.mu.Unlock()
	}
	return o
}

// connect leads to a host. top is the first context on the way, with which all end.
func (fl *fleet) connect(ctx context.Context, h *inventory.Host) (c, top *mitogen.Context, err error) {
	steps, err := h.Plan(fl.conn)
	if err != nil {
		return nil, nil, err
	}
	for _, s := range steps {
		next, err := fl.step(ctx, c, s)
		if err != nil {
			return nil, top, err
		}
		if c = next; top == nil {
			top = c
		}
	}
	return c, top, nil
}

const (
	// firstPause is the time before the first retry of a connection; it doubles each
	// time, up to maxPause.
	firstPause = 250 * time.Millisecond
	maxPause   = 10 * time.Second
)

// step makes one context, and tries again as often as the flags say; what the host
// refuses it would refuse again.
func (fl *fleet) step(ctx context.Context, via *mitogen.Context, s inventory.Step) (*mitogen.Context, error) {
	pause := firstPause
	for try := 0; ; try++ {
		c, err := fl.m.factory.Connect(ctx, via, s.Method, s.Opts)
		if err == nil || try >= fl.fan.retries || errors.Is(err, value.KindPassword) || errors.Is(err, value.KindHostKey) {
			return c, err
		}
		select {
		case <-time.After(pause):
		case <-ctx.Done():
			return nil, err
		}
		pause = min(2*pause, maxPause)
	}
}
