package transport_test

import (
	"errors"
	"strings"
	"syscall"
	"testing"

	"github.com/mitoscript/mitoscript/mitogen/transport"
)

func TestDied(t *testing.T) {
	const thrown = "a motd (that has brackets)\nruntime stack:\nruntime.throw({0xe102f6?, 0x2a44?})\n\truntime/panic.go:1229 +0x48\n" +
		"runtime.(*mheap).grow(0x1, {0x400000})\n\truntime/mem_linux.go:175 +0x13b\n"
	for _, c := range []struct {
		name    string
		exit    error
		printed string
		want    string
	}{
		{"by itself", &transport.ExitError{}, "Welcome: to the machine\n", ""},
		{"with a status", &transport.ExitError{Code: 3}, "", ""},
		{"killed", &transport.ExitError{Signal: syscall.SIGKILL}, "Welcome\n", "exited due to signal 9 (SIGKILL)"},
		{"killed, told by a shell", &transport.ExitError{Code: 137}, "", "exited with return code 137"},
		{"panic", &transport.ExitError{Code: 2}, "Welcome\npanic: boom\n\ngoroutine 1 [running]:\n", "exited with return code 2: panic: boom"},
		{"segfault", &transport.ExitError{Code: 2}, "SIGSEGV: segmentation violation\nPC=0x1\n", "exited with return code 2: SIGSEGV: segmentation violation"},
		{"thrown", &transport.ExitError{Code: 2}, thrown, "exited with return code 2: out of memory in runtime.(*mheap).grow"},
		{"thrown for another reason", &transport.ExitError{Code: 2}, strings.ReplaceAll(thrown, "(*mheap).grow", "newosproc"),
			"exited with return code 2: fatal error in runtime.newosproc"},
		{"connection", errors.New("ssh web1: the server closed the session"), "panic: boom\n", ""},
	} {
		if got := transport.Died(c.exit, c.printed); got != c.want {
			t.Errorf("%s: %q, want %q", c.name, got, c.want)
		}
	}
}
