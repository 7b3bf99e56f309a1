package child

import (
	"bytes"
	"os"
	"os/signal"
	"slices"
	"strconv"
	"strings"
	"syscall"
	"time"

	"golang.org/x/sys/unix"
)

// adoptOrphans makes this process the parent of descendants whose own parent
// ends, so that endDescendants finds them.
func adoptOrphans() {
	if unix.Prctl(unix.PR_SET_CHILD_SUBREAPER, 1, 0, 0, 0) != nil {
		return // an old kernel's children are not found
	}
	ended := make(chan os.Signal, 1)
	signal.Notify(ended, syscall.SIGCHLD)
	go reapOrphans(ended)
}

// reapPause is the time between two looks at the children that have ended.
const reapPause = time.Second

// reapOrphans reaps adopted processes that have ended. Those that this process
// started itself are waited for by who did it, and reaped at once: who is found twice
// is nobody's.
func reapOrphans(ended <-chan os.Signal) {
	for range ended {
		var before []string
		for {
			time.Sleep(reapPause)
			found := zombies()
			for _, z := range found {
				if slices.Contains(before, z) {
					pid, _ := strconv.Atoi(strings.Fields(z)[0])
					_, _ = syscall.Wait4(pid, nil, syscall.WNOHANG, nil) // somebody else may have
				}
			}
			if before = found; len(found) == 0 {
				break
			}
		}
	}
}

// zombies are the children of this process that have ended and were not waited for,
// each with the time when it was started, as a number may be given out again.
func zombies() (found []string) {
	var info unix.Siginfo
	err := unix.Waitid(unix.P_ALL, 0, &info, unix.WEXITED|unix.WNOHANG|unix.WNOWAIT, nil)
	if err != nil || info.Signo == 0 {
		return nil // none, which is the rule
	}
	own := os.Getpid()
	dir, err := os.Open("/proc")
	if err != nil {
		return nil
	}
	defer func() { _ = dir.Close() }()
	names, _ := dir.Readdirnames(-1)
	for _, name := range names {
		if _, err := strconv.Atoi(name); err != nil {
			continue
		}
		if p, ok := statOf(name); ok && p.state == 'Z' && p.parent == own {
			found = append(found, name+" "+p.started)
		}
	}
	return found
}

// endTime is how long endDescendants tries.
const endTime = 200 * time.Millisecond

// endDescendants kills every process below this one, also those that left the
// process group in which a script started them; the sessions spared may live.
func endDescendants(spared []int) {
	for start := time.Now(); time.Since(start) < endTime; {
		below := descendants(os.Getpid(), spared)
		if len(below) == 0 {
			return
		}
		for _, pid := range below {
			_ = syscall.Kill(pid, syscall.SIGKILL) // of another user, or gone
		}
		time.Sleep(time.Millisecond) // they may have forked meanwhile
	}
}

// descendants are the processes below root that run, but for the sessions spared
// and what is below their leaders.
func descendants(root int, spared []int) []int {
	dir, err := os.Open("/proc")
	if err != nil {
		return nil
	}
	defer func() { _ = dir.Close() }()
	names, _ := dir.Readdirnames(-1)
	parents := make(map[int]int, len(names))
	var running []int
	for _, name := range names {
		pid, err := strconv.Atoi(name)
		if err != nil {
			continue
		}
		if p, ok := statOf(name); ok {
			parents[pid] = p.parent
			if p.state != 'Z' && !slices.Contains(spared, p.session) {
				running = append(running, pid)
			}
		}
	}
	var below []int
	for _, pid := range running {
		lives := slices.ContainsFunc(spared, func(leader int) bool { return isBelow(parents, pid, leader) })
		if pid != root && !lives && isBelow(parents, pid, root) {
			below = append(below, pid)
		}
	}
	return below
}

func isBelow(parents map[int]int, pid, root int) bool {
	for range parents { // no further than a chain of all
		if pid == root {
			return true
		}
		parent, ok := parents[pid]
		if !ok {
			return false
		}
		pid = parent
	}
	return false
}

// stat is what is known of a process.
type stat struct {
	state           byte
	parent, session int
	started         string
}

// statOf reads what is known of a process: the name before it, in parentheses, may
// hold anything.
func statOf(pid string) (p stat, ok bool) {
	data, err := os.ReadFile("/proc/" + pid + "/stat")
	if err != nil {
		return p, false
	}
	fields := bytes.Fields(data[bytes.LastIndexByte(data, ')')+1:])
	if len(fields) < 20 {
		return p, false
	}
	p.state, p.started = fields[0][0], string(fields[19])
	p.parent, err = strconv.Atoi(string(fields[1]))
	if err == nil {
		p.session, err = strconv.Atoi(string(fields[3]))
	}
	return p, err == nil
}
