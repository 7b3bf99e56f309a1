package unix

import (
	"net"

	sys "golang.org/x/sys/unix"
)

// peerUID is the account of the process that connected.
func peerUID(conn *net.UnixConn) (uid int, err error) {
	raw, err := conn.SyscallConn()
	if err != nil {
		return 0, err
	}
	var cred *sys.Ucred
	if cerr := raw.Control(func(fd uintptr) {
		cred, err = sys.GetsockoptUcred(int(fd), sys.SOL_SOCKET, sys.SO_PEERCRED)
	}); cerr != nil {
		return 0, cerr
	}
	if err != nil {
		return 0, err
	}
	return int(cred.Uid), nil
}
