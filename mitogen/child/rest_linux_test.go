package child_test

import (
	"fmt"
	"os"
	"strings"
	"testing"
	"time"

	"golang.org/x/sys/unix"
)

// A child that waits lets go of the program's pages, and works as before when it is
// called again.
func TestAChildThatWaitsIsSmall(t *testing.T) {
	t.Parallel()
	tr := newTree(t)
	c := tr.child()
	pid := tr.call(c, "pid").(int64)
	tr.call(c, "relocate")
	at := filePages(t, pid)
	tick := time.NewTicker(20 * time.Millisecond)
	defer tick.Stop()
	for deadline := time.Now().Add(time.Minute); filePages(t, pid) > at*3/4; <-tick.C {
		if time.Now().After(deadline) {
			t.Fatalf("%d KB of files are resident, %d KB were after the first call", filePages(t, pid), at)
		}
	}
	for _, fn := range []string{"pid", "print", "sh"} {
		tr.call(c, fn, "exit 0")
	}
	if got := tr.call(c, "relocated"); got != "relocated" {
		t.Fatalf("what the loader wrote is %q", got)
	}
}

// relocate maps a page of the program as a loader does that relocates.
func (a *actions) relocate() error {
	program, err := os.Open("/proc/self/exe")
	if err != nil {
		return err
	}
	defer func() { _ = program.Close() }()
	a.relocated, err = unix.Mmap(int(program.Fd()), 0, os.Getpagesize(), unix.PROT_READ|unix.PROT_WRITE, unix.MAP_PRIVATE)
	if err != nil {
		return err
	}
	copy(a.relocated, "relocated")
	return unix.Mprotect(a.relocated, unix.PROT_READ)
}

// filePages is how much of files a process has mapped and resident, in KB.
func filePages(t *testing.T, pid int64) (size int) {
	data, err := os.ReadFile(fmt.Sprintf("/proc/%d/status", pid))
	if err != nil {
		t.Fatal(err)
	}
	_, rest, found := strings.Cut(string(data), "RssFile:")
	if !found {
		t.Skip("this kernel does not tell")
	}
	if _, err := fmt.Sscan(rest, &size); err != nil {
		t.Fatal(err)
	}
	return size
}
