//go:build !child

package main

import (
	"os"
	"path/filepath"
	"strconv"
	"strings"
	"syscall"
	"testing"
	"time"
)

// detaching are scripts whose context "leaves" detaches, with a context below it, and
// works on when the master and those between are gone. Their argument is a folder.
var detaching = []struct{ name, lang, code string }{
	{"child", "star", `
def leave(dir, below, econtext):
    econtext.detach()
    print("nobody hears this")
    fs.write(dir + "/ready", str([econtext.parent, econtext.parent_ids, mitogen.parent_id, attempt(econtext.detach).ok]))
    while not fs.exists(dir + "/go"):
        time.sleep(0.02)
    fs.write(dir + "/new", "%d %d" % (os.getpid(), below.call(os.getpid)))
    fs.rename(dir + "/new", dir + "/pids")
    time.sleep(600)
def gone(c):
    print("disconnect", c.name)
mitogen.takes_econtext(leave)
def main(router, args):
    mark = os.getenv("MARK")
    c = router.local(name = "leaves", remote_name = mark)
    below = router.local(name = "below", via = c, remote_name = mark)
    mitogen.listen(c, "disconnect", gone)
    e = attempt(c.call, leave, args[0], below).error
    print(e.kind, e.message)
    print("contexts", len(router.contexts()))
    time.sleep(2.5) # longer than a child without a link may live
`}, {"under others", "star", `
def leave(dir, below, econtext):
    econtext.detach()
    fs.write(dir + "/ready", str([econtext.parent, econtext.parent_ids, mitogen.parent_id, attempt(econtext.detach).ok]))
    while not fs.exists(dir + "/go"):
        time.sleep(0.02)
    fs.write(dir + "/new", "%d %d" % (os.getpid(), below.call(os.getpid)))
    fs.rename(dir + "/new", dir + "/pids")
    time.sleep(600)
mitogen.takes_econtext(leave)
def main(router, args):
    mark = os.getenv("MARK")
    a = router.local(remote_name = mark)
    b = router.fork(via = a, remote_name = mark)
    c = router.local(name = "leaves", via = b, remote_name = mark)
    below = router.local(name = "below", via = c, remote_name = mark)
    mitogen.listen(c, "disconnect", lambda c: print("disconnect", c.name))
    e = attempt(c.call, leave, args[0], below).error
    print(e.kind, e.message)
    print("contexts", len(router.contexts()) - 2)
    b.shutdown(wait = True)
    print("waiting")
    a.call(time.sleep, 600)
`}, {"child", "lua", `
local function leave(dir, below, kw)
  local econtext = kw.econtext
  econtext:detach()
  fs.write(dir .. "/ready", "[" .. tostring(econtext.parent):gsub("nil", "None") .. ", [], " ..
    tostring(mitogen.parent_id):gsub("nil", "None") .. ", " .. (pcall(econtext.detach, econtext) and "True" or "False") .. "]")
  while not fs.exists(dir .. "/go") do time.sleep(0.02) end
  fs.write(dir .. "/new", os.getpid() .. " " .. below:call(os.getpid))
  fs.rename(dir .. "/new", dir .. "/pids")
  time.sleep(600)
end
mitogen.takes_econtext(leave)
function main(router, args)
  local mark = os.getenv("MARK")
  local c = router:fork{name = "leaves", remote_name = mark}
  local below = router:local_{name = "below", via = c, remote_name = mark}
  mitogen.listen(c, "disconnect", function(c) print("disconnect " .. c.name) end)
  local ok, e = pcall(c.call, c, leave, args[1], below)
  print(e.kind .. " " .. e.message)
  print("contexts " .. #router:contexts())
end
`},
}

func TestDetachedContextsLiveOn(t *testing.T) {
	t.Parallel()
	for _, c := range detaching {
		t.Run(c.name+"/"+c.lang, func(t *testing.T) {
			t.Parallel()
			dir := t.TempDir()
			s := startSession(t, c.lang, c.code, dir)
			t.Cleanup(func() { endProcesses(t, s.mark) })
			s.said("ChannelError the respondent Context has disconnected")
			s.said("disconnect leaves")
			s.said("contexts 0")
			if c.name == "under others" {
				s.said("waiting")
				s.signal(syscall.SIGKILL)
			}
			s.ends(processTimeout)
			two := func(n int) bool { return n == 2 }
			if got := waitProcesses(s.mark, goneTimeout, two); len(got) != 2 {
				t.Fatalf("want the detached context and the one below it, there are %q", got)
			}
			if got := awaitFile(t, dir, "ready"); got != "[None, [], None, False]" {
				t.Errorf("it sees %s", got)
			}
			if err := os.WriteFile(filepath.Join(dir, "go"), nil, 0o600); err != nil {
				t.Fatal(err)
			}
			first, _, _ := strings.Cut(awaitFile(t, dir, "pids"), " ")
			pid, err := strconv.Atoi(first)
			if err != nil {
				t.Fatal(err)
			}
			if err := syscall.Kill(pid, syscall.SIGTERM); err != nil {
				t.Fatal(err)
			}
			s.nothingLeft()
		})
	}
}

// A detached context ends when its call, what it spawned, its handlers and the
// contexts below it are gone.
func TestDetachedContextsEndOfThemselves(t *testing.T) {
	t.Parallel()
	dir := t.TempDir()
	s := startSession(t, "star", `
def leave(dir, mark, keeps, econtext):
    econtext.detach()
    if keeps == "spawned":
        mitogen.spawn(wait, dir, keeps)
    elif keeps == "below":
        econtext.router.local(remote_name = mark).call_no_reply(wait, dir, keeps)
    elif keeps == "broker":
        econtext.router.add_handler(print)
        mitogen.spawn(lambda: [wait(dir, keeps), econtext.broker.shutdown()])
    elif keeps == "call":
        wait(dir, keeps)
def wait(dir, keeps):
    time.sleep(0.6) # longer than one that is of no use stays
    fs.write(dir + "/" + keeps, "stayed")
    while not fs.exists(dir + "/go"):
        time.sleep(0.02)
    if mitogen.parent_id != None:
        os.exit(0)
mitogen.takes_econtext(leave)
def main(router, args):
    mark = os.getenv("MARK")
    for keeps in ["spawned", "below", "broker", "call"]:
        c = router.local(remote_name = mark)
        print(attempt(c.call, leave, args[0], mark, keeps).error.kind)
    print("left")
`, dir)
	t.Cleanup(func() { endProcesses(t, s.mark) })
	s.said("left")
	s.ends(processTimeout)
	for _, keeps := range []string{"spawned", "below", "broker", "call"} {
		awaitFile(t, dir, keeps)
	}
	if got := processes(s.mark); len(got) != 5 {
		t.Errorf("want four detached contexts and one below, there are %q", got)
	}
	if err := os.WriteFile(filepath.Join(dir, "go"), nil, 0o600); err != nil {
		t.Fatal(err)
	}
	if left := waitProcesses(s.mark, processTimeout, func(n int) bool { return n == 0 }); len(left) > 0 {
		t.Errorf("still running: %q", left)
	}
}

// endProcesses kills what a test that failed left.
func endProcesses(t *testing.T, mark string) {
	for _, line := range processes(mark) {
		number, _, _ := strings.Cut(line, " ")
		if pid, err := strconv.Atoi(number); err == nil {
			_ = syscall.Kill(pid, syscall.SIGTERM) // it may have ended
		}
	}
	if left := waitProcesses(mark, goneTimeout, func(n int) bool { return n == 0 }); len(left) > 0 {
		t.Errorf("left running: %q", left)
	}
}

// awaitFile waits for a file and gives its text.
func awaitFile(t *testing.T, dir, name string) string {
	t.Helper()
	tick := time.NewTicker(10 * time.Millisecond)
	defer tick.Stop()
	for deadline := time.Now().Add(2 * processTimeout); time.Now().Before(deadline); <-tick.C {
		if text, err := os.ReadFile(filepath.Join(dir, name)); err == nil && len(text) > 0 {
			return string(text)
		}
	}
	t.Fatalf("there is no %s", name)
	return ""
}
