package child

import (
	"fmt"
	"os"
	"runtime"
	"strconv"
	"time"
)

// StacksEnv is the environment variable that makes WatchStacks write.
const StacksEnv = "MITOSCRIPT_STACKS"

// WatchStacks writes the stacks of all goroutines every so many seconds as StacksEnv
// says, each time to a new file /tmp/mitogen.stacks.PID.txt: for people whose program
// hangs. What is no number of seconds is ignored.
func WatchStacks() {
	secs, err := strconv.ParseFloat(os.Getenv(StacksEnv), 64)
	if err != nil || !(secs >= 0.01 && secs <= 1e6) {
		return
	}
	every := time.Duration(secs * float64(time.Second))
	var write func()
	write = func() {
		writeStacks()
		time.AfterFunc(every, write)
	}
	time.AfterFunc(every, write)
}

func writeStacks() {
	file, err := createDump(fmt.Sprintf("mitogen.stacks.%d", os.Getpid()), ".txt")
	if err != nil {
		return // the folder is full of them, or cannot be written to
	}
	defer func() { _ = file.Close() }()
	buf := make([]byte, 1<<20)
	_, _ = file.Write(buf[:runtime.Stack(buf, true)])
}
