package transport

import (
	"os"

	"golang.org/x/sys/unix"
)

// mountedNoExec reports whether no program can be started from the folder.
func mountedNoExec(dir *os.Root) bool {
	f, err := dir.Open(".")
	if err != nil {
		return false
	}
	defer func() { _ = f.Close() }()
	var st unix.Statfs_t
	return unix.Fstatfs(int(f.Fd()), &st) == nil && st.Flags&unix.ST_NOEXEC != 0
}
