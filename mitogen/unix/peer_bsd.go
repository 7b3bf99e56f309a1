//go:build darwin || freebsd

package unix

import (
	"net"

	sys "golang.org/x/sys/unix"
)

// solLocal is the level of the options of unix sockets, SOL_LOCAL.
const solLocal = 0

// peerUID is the account of the process that connected.
func peerUID(conn *net.UnixConn) (uid int, err error) {
	raw, err := conn.SyscallConn()
	if err != nil {
		return 0, err
	}
	var cred *sys.Xucred
	if cerr := raw.Control(func(fd uintptr) {
		cred, err = sys.GetsockoptXucred(int(fd), solLocal, sys.LOCAL_PEERCRED)
	}); cerr != nil {
		return 0, cerr
	}
	if err != nil {
		return 0, err
	}
	return int(cred.Uid), nil
}
