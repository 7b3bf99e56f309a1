// Package pgroup ends the programs of a process that was killed. A process that
// ends in any other way ends its programs itself; SIGKILL leaves it no time to. Then
// the programs would run on under init, out of anybody's sight.
//
// The kernel's own means do not suffice: PR_SET_PDEATHSIG reaches one process, not
// its group, and is lost with a setuid program; a subreaper is another process, of
// which a context that came by ssh has none above it.
package pgroup

import (
	"fmt"
	"os"
	"os/exec"
	"sync"
	"syscall"
	"time"
)

// keeper is the program of the process that outlives us: a shell, as every target
// has one, it is small, and on all systems the same. It reads lines "+ TARGET" and
// "- TARGET" and, once its input has ended, kills the targets that are left, a target
// being what kill(1) takes. It uses nothing but what a POSIX shell has built in.
const keeper = `trap '' HUP INT QUIT TERM
all=
while read -r op target; do
	case $op in
	+) all="$all $target" ;;
	-)
		rest=
		for t in $all; do [ "$t" = "$target" ] || rest="$rest $t"; done
		all=$rest
		;;
	esac
done
for t in $all; do kill -9 "$t"; done`

const (
	shell = "/bin/sh"
	// title is for the process list. It is no argv[0]: busybox takes that for the tool to be.
	title = "mitoscript:guard"
	// writeWait is how long a keeper may not read; one that is stopped must not
	// stop us.
	writeWait = time.Second
	// closeWait is how long Close waits for the keeper's end.
	closeWait = time.Second
)

// Guard has a keeper, which is started with the first program. A machine without
// /bin/sh has no keeper. The zero Guard is ready for use, and a nil one guards nothing.
type Guard struct {
	mu      sync.Mutex
	targets map[int]struct{} // guarded by mu
	in      *os.File         // the keeper's input; nil if there is none; guarded by mu
	keeper  *os.Process      // of in; guarded by mu
	ended   chan struct{}    // closed when the keeper is reaped; guarded by mu
	closed  bool             // guarded by mu
}

// Add has the target killed should this process be: -N is the process group N, N the
// process alone.
func (g *Guard) Add(target int) {
	if g == nil {
		return
	}
	g.mu.Lock()
	defer g.mu.Unlock()
	if g.closed {
		return
	}
	if g.targets == nil {
		g.targets = map[int]struct{}{}
	}
	g.targets[target] = struct{}{}
	g.tell("+", target)
}

// Remove takes back Add: the target has ended, and its number may be given out again.
func (g *Guard) Remove(target int) {
	if g == nil {
		return
	}
	g.mu.Lock()
	defer g.mu.Unlock()
	if _, ok := g.targets[target]; !ok {
		return
	}
	delete(g.targets, target)
	if g.in != nil {
		g.tell("-", target)
	}
}

// Close ends the keeper, and by it the targets that are left. It returns when the
// keeper is gone, at most a second later.
func (g *Guard) Close() {
	if g == nil {
		return
	}
	g.mu.Lock()
	g.closed = true
	ended := g.ended
	g.drop()
	g.mu.Unlock()
	if ended == nil {
		return
	}
	select {
	case <-ended:
	case <-time.After(closeWait):
	}
}

// tell writes a line to the keeper. One that cannot be written to, as somebody has
// killed or stopped it, is replaced, once.
func (g *Guard) tell(op string, target int) {
	if g.in != nil {
		if g.write(fmt.Sprintf("%s %d\n", op, target)) {
			return
		}
		g.discard()
	}
	if !g.start() {
		return
	}
	lines := ""
	for t := range g.targets {
		lines += fmt.Sprintf("+ %d\n", t)
	}
	if !g.write(lines) {
		g.discard()
	}
}

func (g *Guard) write(lines string) bool {
	if g.in.SetWriteDeadline(time.Now().Add(writeWait)) != nil {
		return false
	}
	_, err := g.in.WriteString(lines)
	return err == nil
}

// discard ends a keeper that another one is to replace. It must not see the end of
// its input: it would take that for our end, and kill what still runs.
func (g *Guard) discard() {
	_ = g.keeper.Kill()
	g.drop()
}

func (g *Guard) drop() {
	if g.in != nil {
		_ = g.in.Close()
		g.in, g.keeper, g.ended = nil, nil, nil
	}
}

// start starts a keeper, and reports whether there is one now. It leads a session of
// its own, so that what ends our group or our terminal does not end it, and stands in
// the root folder, so that it keeps no file system busy.
func (g *Guard) start() bool {
	r, w, err := os.Pipe()
	if err != nil {
		return false
	}
	defer func() { _ = r.Close() }()
	cmd := &exec.Cmd{
		Path: shell, Args: []string{"sh", "-c", keeper, title}, Dir: "/", Env: []string{},
		Stdin: r, SysProcAttr: &syscall.SysProcAttr{Setsid: true},
	}
	if err := cmd.Start(); err != nil {
		_ = w.Close()
		return false
	}
	ended := make(chan struct{})
	go func() { _ = cmd.Wait(); close(ended) }()
	g.in, g.keeper, g.ended = w, cmd.Process, ended
	return true
}
