package child

import (
	"bufio"
	"bytes"
	"io"
	"os"
	"runtime"
	"strconv"
	"time"

	"golang.org/x/sys/unix"
)

const (
	// restAfter is how long nothing has to come from the parent until a child rests.
	restAfter = time.Second
	// restPause is how long it does not rest again.
	restPause = time.Minute
)

// rest unmaps what was touched of the program's file when the parent is silent. The start
// and the set-up touch nearly all of it, as the kernel maps 64 KiB around each page, and
// a child that waits needs a fifth. What is wanted again comes from the page cache, at
// one fault for each 64 KiB, 40 for a call: hence not before the first calls, and seldom.
// The memory is the page cache's, shared by all processes of the program; the kernel
// takes it sooner where nobody maps it.
func (p *Process) rest() {
	stream := p.Router.StreamByID(p.Config.ParentIDs[0])
	if stream == nil {
		return // lost already
	}
	var rested time.Time
	var look func()
	look = func() {
		heard := stream.Heard()
		if left := restAfter - time.Since(heard); left > 0 {
			time.AfterFunc(left, look)
			return
		}
		if heard.After(rested) {
			unmapProgram()
			rested = time.Now()
		}
		time.AfterFunc(restPause, look)
	}
	time.AfterFunc(restAfter, look)
}

// unmapProgram gives the program's code and constants back to the page cache.
func unmapProgram() {
	maps, err := os.Open("/proc/self/smaps")
	if err != nil {
		return // no /proc, or none of this kind: all stays
	}
	defer func() { _ = maps.Close() }()
	pc, _, _, _ := runtime.Caller(0)
	for _, m := range programMappings(maps, uint64(pc)) {
		_, _, _ = unix.Syscall(unix.SYS_MADVISE, uintptr(m.from), uintptr(m.to-m.from), unix.MADV_DONTNEED) // at worst it stays
	}
}

// mapping is a range of a process's memory.
type mapping struct {
	from, to uint64
	file     string // device and inode
	readOnly bool
	changed  bool // some of it is not what the file has
}

// programMappings are those in smaps, which is in the form of /proc/PID/smaps, of the
// file that the code at pc is of, that can be had from that file again: nobody may write
// to them and nobody did, as a loader that relocates does, and a debugger that sets breakpoints.
func programMappings(smaps io.Reader, pc uint64) []mapping {
	var all []mapping
	program := ""
	lines := bufio.NewScanner(smaps)
	for lines.Scan() {
		fields := bytes.Fields(lines.Bytes())
		if len(fields) < 2 {
			continue
		}
		if m, ok := parseMapping(fields); ok {
			if m.from <= pc && pc < m.to {
				program = m.file
			}
			all = append(all, m)
			continue
		}
		switch string(fields[0]) {
		case "Anonymous:", "Swap:":
			if len(all) > 0 && string(fields[1]) != "0" {
				all[len(all)-1].changed = true
			}
		}
	}
	if lines.Err() != nil {
		return nil // the last may be known in part only
	}
	var own []mapping
	for _, m := range all {
		if m.file == program && m.readOnly && !m.changed {
			own = append(own, m)
		}
	}
	return own
}

// parseMapping reads the first line about a mapping: FROM-TO MODE OFFSET DEVICE INODE, and FILE where it has one.
func parseMapping(fields [][]byte) (m mapping, ok bool) {
	from, to, ok := bytes.Cut(fields[0], []byte("-"))
	if !ok || len(fields) < 5 || len(fields[1]) < 4 {
		return m, false
	}
	var err error
	if m.from, err = strconv.ParseUint(string(from), 16, 64); err != nil {
		return m, false
	}
	if m.to, err = strconv.ParseUint(string(to), 16, 64); err != nil {
		return m, false
	}
	m.file = string(fields[3]) + " " + string(fields[4])
	m.readOnly = fields[1][1] == '-' && fields[1][3] == 'p'
	return m, true
}
