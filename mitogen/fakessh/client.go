package fakessh

import (
	"errors"
	"fmt"
	"io"
	"net"
	"os"
	"path/filepath"
	"strings"
	"time"

	"golang.org/x/sys/unix"
)

// The environment of the program that Run starts.
const (
	// folderVariable is the folder that has ssh and the socket.
	folderVariable = "MITOSCRIPT_FAKESSH"
	// tokenVariable is what an ssh shows that the program started.
	tokenVariable = "MITOSCRIPT_FAKESSH_TOKEN"
)

// Failed is the status of an ssh that could not do its work.
const Failed = 255

// IsClient reports whether this process was started as the ssh of a program that
// Run started.
func IsClient() bool {
	return os.Getenv(folderVariable) != "" && len(os.Args) > 0 && filepath.Base(os.Args[0]) == sshName
}

// ClientMain is the main program of such an ssh. It returns the exit status.
func ClientMain() int {
	q, err := parseArgs(os.Args[1:])
	if err != nil {
		return complain(err)
	}
	if q.probe {
		return 0
	}
	status, err := ask(q)
	if err != nil {
		return complain(err)
	}
	return status
}

func complain(err error) int {
	fmt.Fprintf(os.Stderr, "ssh: %v\n", err)
	return Failed
}

// endPatience is how long a program that is killed may take to be gone.
const endPatience = 2 * time.Second

// ask lets Run do the work, and waits for the status.
func ask(q request) (int, error) {
	folder := os.Getenv(folderVariable)
	conn, err := dial(folder)
	if err != nil {
		removeDead(folder, endPatience)
		return 0, fmt.Errorf("the mitoscript that started this program is gone: %w", err)
	}
	defer func() { _ = conn.Close() }()
	files := []int{0, 1, 2}
	if q.noInput {
		null, err := os.Open(os.DevNull)
		if err != nil {
			return 0, err
		}
		defer func() { _ = null.Close() }()
		files[stdin] = int(null.Fd())
	}
	h := &hello{token: os.Getenv(tokenVariable), subsystem: q.subsystem, command: q.command, env: sent(os.Environ())}
	if err := sendHello(conn, h, files); err != nil {
		removeDead(folder, endPatience)
		return 0, err
	}
	if err := letGo(); err != nil {
		return 0, err
	}
	answer := make([]byte, 1)
	if _, err := io.ReadFull(conn, answer); err != nil {
		removeDead(folder, endPatience)
		return 0, errors.New("the mitoscript that started this program has ended")
	}
	return int(answer[0]), nil
}

// letGo puts /dev/null in the place of descriptors 0 and 1: their other ends must
// see when the command closes them. What is opened takes the lowest free number.
func letGo() error {
	for fd := range 2 {
		if err := unix.Close(fd); err != nil {
			return err
		}
		if _, err := unix.Open(os.DevNull, unix.O_RDWR, 0); err != nil {
			return err
		}
	}
	return nil
}

// sent are the variables that go to the command, as a server commonly accepts them.
func sent(env []string) (out []string) {
	for _, kv := range env {
		name, _, _ := strings.Cut(kv, "=")
		if name == "GIT_PROTOCOL" || name == "LANG" || strings.HasPrefix(name, "LC_") {
			out = append(out, kv)
		}
	}
	return out
}

func dial(folder string) (*net.UnixConn, error) {
	return net.DialUnix("unix", nil, &net.UnixAddr{Name: filepath.Join(folder, socketName), Net: "unix"})
}
