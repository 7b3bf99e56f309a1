//go:build !child

package main

import (
	"bytes"
	"context"
	"fmt"
	"io"
	"log/slog"
	"os"
	"path/filepath"
	"runtime"
	"strconv"
	"strings"
	"syscall"
	"testing"
	"time"

	"github.com/mitoscript/mitoscript/mitogen"
	"github.com/mitoscript/mitoscript/mitogen/bootstrap"
	"github.com/mitoscript/mitoscript/mitogen/parent"
	"github.com/mitoscript/mitoscript/mitogen/transport"
	"github.com/mitoscript/mitoscript/mitogen/value"
)

// inProcess is a master in this process, with children that are the program which
// is pushed.
type inProcess struct {
	t       *testing.T
	router  *mitogen.Router
	factory *parent.Factory
}

func newInProcess(t *testing.T) *inProcess {
	t.Helper()
	return newInProcessWith(t, func(*parent.Options) {})
}

// newInProcessWith is newInProcess with options that set changes.
func newInProcessWith(t *testing.T, set func(*parent.Options)) *inProcess {
	t.Helper()
	dir := os.Getenv(programDirEnv)
	bundle, err := bootstrap.LoadBundle(filepath.Join(dir, bootstrap.BundleDir))
	if err != nil {
		t.Fatal(err)
	}
	quiet := slog.New(slog.NewTextHandler(io.Discard, nil))
	m := &inProcess{t: t, router: mitogen.NewRouter(mitogen.Options{Log: quiet, Name: "master"})}
	args := []string{childCommand}
	forker := &transport.Forker{Path: filepath.Join(dir, "child"), Args: args}
	way := func(tr transport.Transport) parent.Method {
		return parent.Method{New: func(context.Context, *parent.Factory, *value.Dict) (transport.Transport, error) { return tr, nil }}
	}
	opts := parent.Options{
		Router: m.router, Build: bundle.Build, Binaries: bundle, ChildArgs: args, LogLevel: slog.LevelError,
		Methods: map[string]parent.Method{
			"local": way(&transport.Local{Path: filepath.Join(dir, "child"), Args: args}), "fork": way(forker),
		},
	}
	set(&opts)
	m.factory = parent.New(opts)
	t.Cleanup(func() {
		m.router.Broker().Shutdown()
		m.router.Broker().Join()
		_ = forker.Close()
	})
	return m
}

func (m *inProcess) open(method string) *mitogen.Context {
	m.t.Helper()
	c, err := m.factory.Connect(context.Background(), nil, method, value.NewDict(0))
	if err != nil {
		m.t.Fatal(err)
	}
	return c
}

// pid asks a context for its process.
func (m *inProcess) pid(c *mitogen.Context) int {
	m.t.Helper()
	v, err := c.Call(context.Background(), &value.Func{Name: "os.getpid", Builtin: "os.getpid"})
	if err != nil {
		m.t.Fatal(err)
	}
	return int(v.(int64))
}

func (m *inProcess) end(c *mitogen.Context) {
	m.t.Helper()
	if err := m.factory.Shutdown(context.Background(), c, true); err != nil {
		m.t.Fatal(err)
	}
}

// held is what this process holds: goroutines, descriptors, children.
type held struct{ goroutines, descriptors, children int }

func holds(t *testing.T) held {
	t.Helper()
	fds, err := os.ReadDir("/proc/self/fd")
	if err != nil {
		t.Skip("there is no /proc here")
	}
	h := held{goroutines: runtime.NumGoroutine(), descriptors: len(fds)}
	lists, _ := filepath.Glob("/proc/self/task/*/children")
	for _, list := range lists {
		data, _ := os.ReadFile(list) // its thread may have ended
		h.children += len(strings.Fields(string(data)))
	}
	return h
}

func (h held) within(other held) bool {
	return h.goroutines <= other.goroutines && h.descriptors <= other.descriptors && h.children <= other.children
}

// Not parallel: it counts what the whole process holds.
func TestContextsLeaveNothingInTheMaster(t *testing.T) {
	m := newInProcess(t)
	for _, method := range []string{"local", "fork"} { // what is made once and kept
		c := m.open(method)
		m.pid(c)
		m.end(c)
	}
	runtime.GC()
	before := holds(t)
	for i := range 200 {
		c := m.open([]string{"local", "fork"}[i%2])
		m.pid(c)
		m.end(c)
	}
	// The spare of fork is started, and what was cleaned up ends, in the background.
	tick := time.NewTicker(20 * time.Millisecond)
	defer tick.Stop()
	after := holds(t)
	for deadline := time.Now().Add(processTimeout); !after.within(before) && time.Now().Before(deadline); after = holds(t) {
		<-tick.C
		runtime.GC()
	}
	if !after.within(before) {
		t.Errorf("200 contexts left something: %+v before, %+v after", before, after)
	}
}

// awaitStopped waits until SIGSTOP has reached all threads of the process.
func awaitStopped(t *testing.T, pid int) {
	t.Helper()
	tick := time.NewTicker(time.Millisecond)
	defer tick.Stop()
	for deadline := time.Now().Add(processTimeout); time.Now().Before(deadline); <-tick.C {
		stats, _ := filepath.Glob(fmt.Sprintf("/proc/%d/task/*/stat", pid))
		stopped := len(stats) > 0
		for _, path := range stats {
			stat, err := os.ReadFile(path)
			stopped = stopped && err == nil && bytes.Contains(stat, []byte(") T "))
		}
		if stopped {
			return
		}
	}
	t.Fatalf("process %d was not stopped", pid)
}

func TestStoppedChildIsKilled(t *testing.T) {
	t.Parallel()
	m := newInProcess(t)
	m.router.Broker().ShutdownTimeout = 300 * time.Millisecond
	c := m.open("local")
	pid := m.pid(c)
	if err := syscall.Kill(pid, syscall.SIGSTOP); err != nil {
		t.Fatal(err)
	}
	awaitStopped(t, pid)
	start := time.Now()
	m.end(c)
	if took := time.Since(start); took < 300*time.Millisecond || took > processTimeout {
		t.Errorf("the shutdown took %s", took)
	}
	if err := syscall.Kill(pid, 0); err != syscall.ESRCH {
		t.Errorf("the process is still there: %v", err)
	}
}

// enduring are scripts that print "passed" when all went well.
var enduring = []struct{ name, lang, code string }{
	{"calls arrive in order", "star", `
def note(tx, i):
    tx.send(i)
def main(router):
    c = router.local(name = "web1")
    rx = Receiver(router)
    for i in range(10000):
        c.call_no_reply(note, rx.to_sender(), i)
    if c.call(lambda: "last") != "last":
        fail("the call")
    for i in range(10000):
        if rx.get(block = False).unpickle() != i:
            fail("out of order at %d" % i)
    print("passed")
`}, {"calls arrive in order", "lua", `
local function note(tx, i) tx:send(i) end
function main(router)
  local c = router:local_{name = "web1"}
  local rx = Receiver(router)
  for i = 1, 10000 do c:call_no_reply(note, rx:to_sender(), i) end
  assert(c:call(function() return "last" end) == "last")
  for i = 1, 10000 do assert(rx:get{block = false}:unpickle() == i, "out of order") end
  print("passed")
end
`}, {"outstanding calls", "star", `
def main(router):
    contexts = [router.fork() for _ in range(4)]
    calls = [contexts[i % 4].call_async(lambda n: n, i) for i in range(1000)]
    got = sorted([msg.unpickle() for msg in Select(calls)])
    if got != list(range(1000)):
        fail("not each exactly once")
    print("passed")
`}, {"outstanding calls", "lua", `
function main(router)
  local contexts, calls, seen = {}, {}, {}
  for i = 1, 4 do contexts[i] = router:fork() end
  for i = 1, 1000 do calls[i] = contexts[i % 4 + 1]:call_async(function(n) return n end, i) end
  for msg in Select(calls) do
    local n = msg:unpickle()
    assert(not seen[n])
    seen[n] = true
  end
  for i = 1, 1000 do assert(seen[i]) end
  print("passed")
end
`}, {"lines of programs", "star", `
def main(router):
    c = router.local(name = "web1")
    for _ in range(100):
        rx = Receiver(router)
        done = c.call_async(proc.run, ["sh", "-c", "echo a; echo b"], on_line = rx.to_sender())
        lines = [rx.get(timeout = 20).unpickle()[1] for _ in range(2)]
        if lines != ["a", "b"] or done.get_data(timeout = 20).code != 0:
            fail(str(lines))
    print("passed")
`}, {"lines of programs", "lua", `
function main(router)
  local c = router:local_{name = "web1"}
  for _ = 1, 100 do
    local rx = Receiver(router)
    local done = c:call_async(proc.run, {"sh", "-c", "echo a; echo b"}, mitogen.kwargs{on_line = rx:to_sender()})
    for _, want in ipairs{"a", "b"} do
      local _, line = rx:get{timeout = 20}:unpickle()
      assert(line == want)
    end
    assert(done:get_data{timeout = 20}.code == 0)
  end
  print("passed")
end
`}, {"bulk through a window", "star", `
SIZE, COUNT = 128 << 10, 1024
def produce(tx):
    block = Blob("x" * SIZE)
    for _ in range(COUNT):
        tx.put(block)
    tx.close()
def consume(out):
    rx = Receiver(router, window = 16 << 20)
    out.put(rx.to_sender())
    time.sleep(0.2) # the window fills
    return sum([len(m.data) for m in rx])
def sum(list):
    n = 0
    for x in list:
        n += x
    return n
def peak():
    for line in fs.read("/proc/self/status").splitlines():
        if line.startswith("VmHWM"):
            return int(line.split()[1])
def main(router):
    a = router.local(name = "a")
    b = router.local(name = "b", via = a)
    tree = [a, b]
    base = sum([c.call(peak) for c in tree]) + peak()
    rx = Receiver(router, window = 16 << 20)
    up = b.call_async(produce, rx.to_sender())
    time.sleep(0.2)
    if sum([len(m.data) for m in rx]) < SIZE * COUNT or up.get_data() != None:
        fail("not all came up")
    rx = Receiver(router)
    down = b.call_async(consume, rx.to_sender())
    produce(rx.get().unpickle())
    if down.get_data() < SIZE * COUNT:
        fail("not all came down")
    used = sum([c.call(peak) for c in tree]) + peak() - base
    if used > LIMIT: # the data is 128 MiB each way
        fail("%d KiB more than at the start" % used)
    print("passed")
`}, {"killed child", "star", `
def main(router):
    c = router.local(name = "web1")
    other = router.local(name = "db1")
    pid = c.call(os.getpid)
    call = c.call_async(time.sleep, 60)
    proc.run(["kill", "-9", str(pid)])
    r = attempt(call.get_data, timeout = 20)
    if r.ok or r.error.kind != "ChannelError" or "web1" not in r.error.message + str(r.error.context):
        fail(str(r))
    if other.call(lambda: 1) != 1:
        fail("the other context is gone too")
    print("passed")
`}, {"killed middle of a chain", "star", `
def main(router):
    a = router.local(name = "a")
    b = router.local(name = "b", via = a)
    c = router.local(name = "c", via = b)
    pid = b.call(os.getpid)
    call = c.call_async(time.sleep, 60)
    proc.run(["kill", "-9", str(pid)])
    r = attempt(call.get_data, timeout = 20)
    if r.ok or r.error.kind != "ChannelError":
        fail(str(r))
    if attempt(c.call, os.getpid).ok or a.call(lambda: 1) != 1:
        fail("only b and c may be gone")
    print("passed")
`},
}

// memoryLimit is what bulk data may take of a tree of three, in KiB. The race
// detector keeps several bytes for each that is allocated, touched or not.
func memoryLimit() int {
	if raceEnabled() {
		return 512 << 10
	}
	return 160 << 10
}

func TestScriptsEndure(t *testing.T) {
	t.Parallel()
	for _, c := range enduring {
		t.Run(c.name+"/"+c.lang, func(t *testing.T) {
			t.Parallel()
			passes(t, startSession(t, c.lang, strings.ReplaceAll(c.code, "LIMIT", strconv.Itoa(memoryLimit()))))
		})
	}
}

// Twenty hosts are one server under twenty names, but for one where nobody listens.
func TestTwentyHostsAndOneIsDead(t *testing.T) {
	t.Parallel()
	need(t, "ssh")
	server := startSSHD(t, t.TempDir())
	known, err := os.ReadFile(server.Config)
	if err != nil {
		t.Fatal(err)
	}
	config := filepath.Join(t.TempDir(), "config")
	text := "Host web13\n  Port 1\n" + strings.Replace(string(known), "Host web1\n", "Host web*\n", 1)
	if err := os.WriteFile(config, []byte(text), 0o600); err != nil {
		t.Fatal(err)
	}
	s := startSession(t, "star", `
def main(router, args):
    starts = [mitogen.spawn(router.ssh, hostname = "web%d" % (i + 1), config_file = args[0]) for i in range(20)]
    results = [attempt(s.get_data, timeout = 15) for s in starts]
    failed = [r.error.message for r in results if not r.ok]
    if len(failed) != 1 or "web13" not in failed[0]:
        fail("%d failed: %s" % (len(failed), failed))
    for r in results:
        if r.ok and r.value.call(lambda: 1) != 1:
            fail("a call")
    print("passed")
`, config)
	passes(t, s)
}

// passes waits until a script has printed that all went well.
func passes(t *testing.T, s *session) {
	t.Helper()
	if got := s.ends(time.Minute); got != exitOK {
		t.Fatalf("status %d", got)
	}
	s.said("passed")
}
