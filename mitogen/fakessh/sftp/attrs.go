package sftp

import (
	"time"

	"golang.org/x/sys/unix"
)

// The flags that say which attributes follow.
const (
	attrSize     = 1 << 0
	attrOwner    = 1 << 1
	attrMode     = 1 << 2
	attrTimes    = 1 << 3
	attrExtended = 1 << 31
)

// attrs are the attributes of a file that a client gives.
type attrs struct {
	flags        uint32
	size         uint64
	uid, gid     uint32
	mode         uint32
	atime, mtime uint32
}

func (q *request) attrs() attrs {
	a := attrs{flags: q.uint32()}
	if a.flags&attrSize != 0 {
		a.size = q.uint64()
	}
	if a.flags&attrOwner != 0 {
		a.uid, a.gid = q.uint32(), q.uint32()
	}
	if a.flags&attrMode != 0 {
		a.mode = q.uint32() & 0o7777
	}
	if a.flags&attrTimes != 0 {
		a.atime, a.mtime = q.uint32(), q.uint32()
	}
	if a.flags&attrExtended != 0 {
		for range q.uint32() {
			if q.bytes(); q.err != nil {
				break
			}
			q.bytes()
		}
	}
	return a
}

// createMode is the mode of a file that is made.
func (a attrs) createMode(otherwise uint32) uint32 {
	if a.flags&attrMode != 0 {
		return a.mode
	}
	return otherwise
}

func (a attrs) times() []unix.Timespec {
	return []unix.Timespec{
		unix.NsecToTimespec(time.Unix(int64(a.atime), 0).UnixNano()),
		unix.NsecToTimespec(time.Unix(int64(a.mtime), 0).UnixNano()),
	}
}

// stat adds the attributes of a file.
func (a *answer) stat(st *unix.Stat_t) {
	a.uint32(attrSize | attrOwner | attrMode | attrTimes)
	a.uint64(uint64(st.Size))
	a.uint32(st.Uid)
	a.uint32(st.Gid)
	a.uint32(uint32(st.Mode))
	atime, _ := st.Atim.Unix()
	mtime, _ := st.Mtim.Unix()
	a.uint32(uint32(atime))
	a.uint32(uint32(mtime))
}

// apply changes the file at path; with noFollow a link itself.
func (a attrs) apply(path string, noFollow bool) error {
	flags := 0
	if noFollow {
		flags = unix.AT_SYMLINK_NOFOLLOW
	}
	var errs firstError
	if a.flags&attrSize != 0 {
		errs.note(unix.Truncate(path, int64(a.size)))
	}
	if a.flags&attrTimes != 0 {
		errs.note(unix.UtimesNanoAt(unix.AT_FDCWD, path, a.times(), flags))
	}
	if a.flags&attrMode != 0 {
		errs.note(unix.Fchmodat(unix.AT_FDCWD, path, a.mode, flags))
	}
	if a.flags&attrOwner != 0 {
		errs.note(unix.Fchownat(unix.AT_FDCWD, path, int(a.uid), int(a.gid), flags))
	}
	return errs.err
}

// applyTo changes an open file.
func (a attrs) applyTo(fd int) error {
	var errs firstError
	if a.flags&attrSize != 0 {
		errs.note(unix.Ftruncate(fd, int64(a.size)))
	}
	if a.flags&attrTimes != 0 {
		errs.note(setTimes(fd, a.times()))
	}
	if a.flags&attrMode != 0 {
		errs.note(unix.Fchmod(fd, a.mode))
	}
	if a.flags&attrOwner != 0 {
		errs.note(unix.Fchown(fd, int(a.uid), int(a.gid)))
	}
	return errs.err
}

// setTimes is what systems have in different forms: by microseconds all have it.
func setTimes(fd int, times []unix.Timespec) error {
	tv := make([]unix.Timeval, len(times))
	for i, t := range times {
		tv[i] = unix.NsecToTimeval(t.Nano())
	}
	return unix.Futimes(fd, tv)
}

type firstError struct{ err error }

func (f *firstError) note(err error) {
	if f.err == nil {
		f.err = err
	}
}
