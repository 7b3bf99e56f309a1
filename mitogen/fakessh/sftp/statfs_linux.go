package sftp

import "golang.org/x/sys/unix"

// sizes are those of a block and a fragment in bytes, and of the longest name.
func sizes(st *unix.Statfs_t) (block, fragment, nameLen uint64) {
	return uint64(st.Bsize), uint64(st.Frsize), uint64(st.Namelen)
}
