package transport

import (
	"fmt"
	"os"
	"syscall"

	"golang.org/x/sys/unix"
)

// ExitError says how a process ended; status 0 is one as well, since a process
// that was to carry a context has no business ending.
type ExitError struct {
	// Code is the exit status; meaningless if Signal is set.
	Code int
	// Signal is what killed the process, 0 if it exited by itself.
	Signal syscall.Signal
}

// Error gives "exited with return code 1" or "exited due to signal 9 (SIGKILL)".
func (e *ExitError) Error() string {
	if e.Signal == 0 {
		return fmt.Sprintf("exited with return code %d", e.Code)
	}
	name := unix.SignalName(e.Signal)
	if name == "" {
		name = e.Signal.String()
	}
	return fmt.Sprintf("exited due to signal %d (%s)", int(e.Signal), name)
}

func exitError(st *os.ProcessState, waitErr error) error {
	if st == nil {
		return fmt.Errorf("cannot wait for the process: %w", waitErr)
	}
	if ws, ok := st.Sys().(syscall.WaitStatus); ok && ws.Signaled() {
		return &ExitError{Signal: ws.Signal()}
	}
	return &ExitError{Code: st.ExitCode()}
}
