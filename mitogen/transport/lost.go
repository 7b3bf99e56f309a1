package transport

import (
	"errors"
	"slices"
	"strings"

	"golang.org/x/sys/unix"
)

// Lost is why the far side was lost, after the link's Wait has returned: its
// connection was, or its process was killed or crashed; "" if it ended by itself, if
// we ended it, or if the link cannot tell.
func Lost(l Link) string {
	if p, ok := l.(interface{ Lost() string }); ok {
		return p.Lost()
	}
	return ""
}

// Lost is for the function of that name.
func (p *Process) Lost() string {
	exit := p.Wait()
	if p.signaled.Load() {
		return ""
	}
	return Died(exit, p.Diagnostics())
}

// Died tells of a process that was killed by a signal or that crashed, by how it
// exited and what it printed to stderr; "" of one that ended by itself.
func Died(exit error, printed string) string {
	e, ok := errors.AsType[*ExitError](exit)
	if !ok {
		return ""
	}
	if line := crash(printed); line != "" {
		return e.Error() + ": " + line
	}
	// What runs programs for others, as a shell and docker exec, tells of a signal so.
	if e.Signal != 0 || e.Code > 128 && e.Code <= 128+64 {
		return e.Error()
	}
	return ""
}

// noMemory are the functions of Go's runtime that find that memory has run out.
var noMemory = []string{
	"runtime.sysMapOS", "runtime.sysUsedOS", "runtime.newArenaMayUnlock", "runtime.persistentalloc1", "runtime.stackpoolalloc", "runtime.stackalloc",
	"runtime.(*mheap).sysAlloc", "runtime.(*mheap).grow", "runtime.(*mcache).allocLarge", "runtime.(*mcache).refill",
}

// crash is what Go's runtime says first of a crash. Of a fatal error of its own, as
// when memory runs out, debug.SetCrashOutput gives the stack alone: then it is the
// function that found it.
func crash(printed string) string {
	thrown := false
	for line := range strings.Lines(printed) {
		head, _, ok := strings.Cut(line, ": ")
		if ok && (head == "fatal error" || head == "panic" || unix.SignalNum(head) != 0) {
			return strings.TrimSpace(line)
		}
		args := strings.LastIndexByte(line, '(')
		if args < 0 || line[0] == '\t' {
			continue
		}
		if thrown {
			if slices.Contains(noMemory, line[:args]) {
				return "out of memory in " + line[:args]
			}
			return "fatal error in " + line[:args]
		}
		thrown = line[:args] == "runtime.throw" || line[:args] == "runtime.fatal"
	}
	return ""
}
