package child

import (
	"encoding/binary"
	"io"
	"os"
	"runtime"
	"strconv"
	"strings"
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

// unmapProgram gives the program's code and constants back to the page cache. What it
// takes does not depend on how much memory the process has.
func unmapProgram() {
	maps, err := os.ReadFile("/proc/self/maps")
	if err != nil {
		return // no /proc, or none of this kind: all stays
	}
	pages, err := os.Open("/proc/self/pagemap")
	if err != nil {
		return
	}
	defer func() { _ = pages.Close() }()
	pc, _, _, _ := runtime.Caller(0)
	for _, m := range programMappings(string(maps), uint64(pc)) {
		if unchanged(pages, m) {
			_, _, _ = unix.Syscall(unix.SYS_MADVISE, uintptr(m.from), uintptr(m.to-m.from), unix.MADV_DONTNEED) // at worst it stays
		}
	}
}

// mapping is a range of a process's memory.
type mapping struct {
	from, to uint64
	mode     string
	file     string // device and inode
}

// programMappings are those in maps, which is in the form of /proc/PID/maps, of the file
// that the code at pc is of, and that nobody may write to.
func programMappings(maps string, pc uint64) (own []mapping) {
	var all []mapping
	program := ""
	for line := range strings.Lines(maps) {
		m, ok := parseMapping(line)
		if !ok {
			return nil
		}
		if m.from <= pc && pc < m.to {
			program = m.file
		}
		all = append(all, m)
	}
	for _, m := range all {
		if m.file == program && m.mode[1] == '-' && m.mode[3] == 'p' {
			own = append(own, m)
		}
	}
	return own
}

// parseMapping reads FROM-TO MODE OFFSET DEVICE INODE, and FILE where there is one.
func parseMapping(line string) (m mapping, ok bool) {
	fields := strings.Fields(line)
	if len(fields) < 5 || len(fields[1]) < 4 {
		return m, false
	}
	from, to, _ := strings.Cut(fields[0], "-")
	var err, err2 error
	m.from, err = strconv.ParseUint(from, 16, 64)
	m.to, err2 = strconv.ParseUint(to, 16, 64)
	m.mode, m.file = fields[1], fields[3]+" "+fields[4]
	return m, err == nil && err2 == nil && m.from <= m.to
}

// The bits of a page in /proc/PID/pagemap.
const (
	pagePresent = 1 << 63
	pageSwapped = 1 << 62
	pageOfFile  = 1 << 61
)

// unchanged reports whether all of m can be had from its file again: a loader that
// relocates has changed some of it, and a debugger where it sets breakpoints.
func unchanged(pages io.ReaderAt, m mapping) bool {
	size := uint64(os.Getpagesize())
	entries := make([]byte, (m.to-m.from)/size*8)
	if _, err := pages.ReadAt(entries, int64(m.from/size*8)); err != nil {
		return false
	}
	for ; len(entries) > 0; entries = entries[8:] {
		page := binary.NativeEndian.Uint64(entries)
		if page&pageSwapped != 0 || page&pagePresent != 0 && page&pageOfFile == 0 {
			return false
		}
	}
	return true
}
