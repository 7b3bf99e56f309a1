package transport_test

import (
	"bufio"
	"bytes"
	"fmt"
	"io"
	"os"
	"os/exec"
	"slices"
	"strings"
	"syscall"
	"testing"
	"time"

	"github.com/mitoscript/mitoscript/mitogen/transport"
)

// TestMain lets the test binary play the tools: STUB says which mood it is in.
func TestMain(m *testing.M) {
	if mood := os.Getenv("STUB"); mood != "" {
		os.Exit(stub(mood))
	}
	os.Exit(m.Run())
}

func stub(mood string) int {
	switch mood {
	case "ask": // a prompt on the terminal, up to three times
		return askThenBoot("/dev/tty")
	case "ask-stdin": // su
		return askThenBoot("/dev/stdin")
	case "boot":
		fmt.Fprint(os.Stderr, os.Getenv("STUB_TEXT"))
		return boot()
	case "silence":
		fmt.Fprint(os.Stderr, os.Getenv("STUB_TEXT"))
		_, _ = io.Copy(io.Discard, os.Stdin)
		return 0
	case "fail":
		fmt.Fprint(os.Stderr, os.Getenv("STUB_TEXT"))
		return 255
	case "slow-su": // a line that comes in two parts
		fmt.Fprint(os.Stderr, "su: ")
		time.Sleep(100 * time.Millisecond)
		fmt.Fprint(os.Stderr, "incorrect password\n")
		return 1
	case "spare":
		fmt.Println(os.Getpid())
		_, _ = io.Copy(os.Stdout, os.Stdin)
		return 0
	}
	return run(mood)
}

func askThenBoot(path string) int {
	tty, err := os.OpenFile(path, os.O_RDWR, 0)
	if err != nil {
		fmt.Fprintln(os.Stderr, err)
		return 9
	}
	in := bufio.NewReader(tty)
	for range 3 {
		fmt.Fprint(tty, os.Getenv("STUB_PROMPT"))
		line, _ := in.ReadString('\n')
		if strings.TrimSuffix(line, "\n") == os.Getenv("STUB_ANSWER") {
			fmt.Fprintln(tty)
			_ = tty.Close()
			return boot()
		}
		fmt.Fprintln(tty, "\nPermission denied, please try again.")
	}
	return 1
}

// boot replaces the stub by what its arguments say is to be run.
func boot() int {
	args := os.Args
	if i := slices.Index(args, "--"); i >= 0 {
		return replace(args[i+1:])
	}
	return run(args[len(args)-1])
}

func run(shell string) int { return replace([]string{"sh", "-c", shell}) }

func replace(argv []string) int {
	path, err := exec.LookPath(argv[0])
	if err == nil {
		_ = os.Unsetenv("STUB")
		err = syscall.Exec(path, argv, os.Environ())
	}
	fmt.Fprintln(os.Stderr, err)
	return 127
}

// mood gives what makes the test binary a tool of that mood.
func mood(t *testing.T, name string, env ...string) (path string, o transport.SpawnOptions) {
	t.Helper()
	self, err := os.Executable()
	if err != nil {
		t.Fatal(err)
	}
	return self, transport.SpawnOptions{Env: append([]string{"STUB=" + name}, env...)}
}

// need skips the test where a tool is not installed, unless it is required.
func need(t *testing.T, tool string) {
	t.Helper()
	if _, err := exec.LookPath(tool); err == nil {
		return
	}
	if slices.Contains(strings.Split(os.Getenv("MITOSCRIPT_TEST_REQUIRE"), ","), tool) {
		t.Fatalf("%s is required and not installed", tool)
	}
	t.Skipf("%s is not installed", tool)
}

// checkDescriptors fails the test if it ends with more descriptors than it began.
func checkDescriptors(t *testing.T) {
	t.Helper()
	count := func() int {
		fds, err := os.ReadDir("/proc/self/fd")
		if err != nil {
			return 0 // this system does not tell
		}
		return len(fds)
	}
	r, w, err := os.Pipe() // the poller has descriptors of its own, from its first use
	if err != nil {
		t.Fatal(err)
	}
	_, _ = r.Close(), w.Close()
	before := count()
	t.Cleanup(func() {
		if after := count(); after > before {
			t.Errorf("%d descriptors before, %d after", before, after)
		}
	})
}

// end closes the link, and fails the test if the process is left.
func end(t *testing.T, l transport.Link) {
	t.Helper()
	if err := transport.End(t.Context(), l, time.Minute); err != nil {
		t.Error(err)
	}
	_ = l.Wait()
	if err := syscall.Kill(l.Pid(), 0); err != syscall.ESRCH {
		t.Errorf("process %d: %v, want it gone and reaped", l.Pid(), err)
	}
}

// echo sends data and wants the same back.
func echo(t *testing.T, l transport.Link, data []byte) {
	t.Helper()
	go func() { _, _ = l.Write(data); _ = l.CloseWrite() }()
	got, err := io.ReadAll(l)
	if err != nil || !bytes.Equal(got, data) {
		t.Fatalf("got %d bytes (%v), want the %d that were sent; diagnostics: %s",
			len(got), err, len(data), l.Diagnostics())
	}
}

// failure waits for what went wrong, or for the far side's readiness ("" then).
func failure(t *testing.T, l transport.Link) error {
	t.Helper()
	up := make(chan string, 1)
	go func() { b := make([]byte, 64); n, _ := l.Read(b); up <- string(b[:n]) }()
	select {
	case err := <-l.Failure():
		return err
	case s := <-up:
		if s != "" {
			return nil
		}
	case <-time.After(20 * time.Second):
		t.Fatalf("neither bytes nor a failure; diagnostics: %s", l.Diagnostics())
	}
	_ = l.Wait()
	select {
	case err := <-l.Failure():
		return err
	default:
		t.Fatalf("ended without a failure: %v; diagnostics: %s", l.Wait(), l.Diagnostics())
		return nil
	}
}
