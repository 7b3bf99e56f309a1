package transport_test

import (
	"errors"
	"fmt"
	"io"
	"runtime"
	"testing"
	"unsafe"

	"golang.org/x/sys/unix"

	"github.com/mitoscript/mitoscript/mitogen/transport"
)

// withoutSockets runs fn on a thread that may make no pair of sockets, as under
// systemd's SystemCallFilter=~@network-io.
func withoutSockets(t *testing.T, fn func()) {
	t.Helper()
	done := make(chan error)
	go func() {
		runtime.LockOSThread() // for ever: the thread ends with this
		filter := []unix.SockFilter{
			{Code: unix.BPF_LD | unix.BPF_W | unix.BPF_ABS}, // the number of the system call
			{Code: unix.BPF_JMP | unix.BPF_JEQ | unix.BPF_K, K: unix.SYS_SOCKETPAIR, Jf: 1},
			{Code: unix.BPF_RET | unix.BPF_K, K: unix.SECCOMP_RET_ERRNO | uint32(unix.EPERM)},
			{Code: unix.BPF_RET | unix.BPF_K, K: unix.SECCOMP_RET_ALLOW},
		}
		prog := unix.SockFprog{Len: uint16(len(filter)), Filter: &filter[0]}
		err := unix.Prctl(unix.PR_SET_NO_NEW_PRIVS, 1, 0, 0, 0)
		if err == nil {
			err = unix.Prctl(unix.PR_SET_SECCOMP, unix.SECCOMP_MODE_FILTER, uintptr(unsafe.Pointer(&prog)), 0, 0)
		}
		if err != nil {
			done <- fmt.Errorf("no filter: %w", err)
			return
		}
		if fds, err := unix.Socketpair(unix.AF_UNIX, unix.SOCK_STREAM, 0); err == nil { // by another system call
			_, _ = unix.Close(fds[0]), unix.Close(fds[1])
			done <- errors.New("the filter has a gap")
			return
		}
		fn()
		done <- nil
	}()
	if err := <-done; err != nil {
		t.Skip(err)
	}
}

// Where there can be no second way, the first does.
func TestNoSecondWay(t *testing.T) {
	checkDescriptors(t)
	withoutSockets(t, func() {
		p, err := transport.Spawn(t.Context(), "test", []string{"echo", "hello"}, transport.NoTTY, nil, transport.SpawnOptions{Bulk: true})
		if err != nil {
			t.Error(err)
			return
		}
		if got, err := io.ReadAll(p); string(got) != "hello\n" || err != nil || p.Bulk() != nil {
			t.Errorf("%q, %v, a second way: %v", got, err, p.Bulk())
		}
		end(t, p)
	})
}
