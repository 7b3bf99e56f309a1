package transport

import (
	"context"
	"io"
)

// Transport is a way to reach one target.
type Transport interface {
	// Name is the default name of the context: "ssh.web1:2222", "sudo.root".
	// For local processes, whose names hold the process id, "%d" stands for it.
	Name() string
	// Direct reports whether the transport starts our own program itself (local,
	// fork): Open is then given nothing, or the argv of binary_path.
	Direct() bool
	// Open starts boot on the far side: an argv, ["sh", "-c", stage] for a first
	// stage. It returns as soon as bytes may be written and read; prompts are
	// answered meanwhile. Errors are *value.Error of kind StreamError or narrower.
	Open(ctx context.Context, boot []string) (Link, error)
}

// Link is the far side's stdin and stdout.
type Link interface {
	io.ReadWriteCloser
	// CloseWrite ends the far side's stdin.
	CloseWrite() error
	// Diagnostics gives the last lines that the far side or the tool printed
	// elsewhere (stderr, terminal), at most 32 KiB, control characters escaped.
	Diagnostics() string
	// Failure is what the tool's output said went wrong (a wrong password, a
	// refused host key), nil if it said nothing of the kind. Its channel form
	// wakes a handshake that waits for bytes that will not come.
	Failure() <-chan error
	// Pid is the local process, 0 if there is none.
	Pid() int
	// Wait returns when the process has ended or the connection is closed, and
	// gives the reason: "exited with return code 1", "exited due to signal 9
	// (SIGKILL)". It may be called by several goroutines.
	Wait() error
	// Kill ends the process at once.
	Kill() error
}
