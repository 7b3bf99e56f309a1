package child

import (
	"fmt"
	"os"
	"os/signal"
	"runtime"
	"syscall"
	"time"
)

// WatchStacks writes the stacks of all goroutines, and what state gives, whenever
// SIGQUIT comes, and every so often if that is not 0: each time to a new file
// /tmp/mitogen.stacks.PID.txt, for people whose program hangs. state may be nil.
func WatchStacks(every time.Duration, state func() string) {
	if every > 0 {
		var write func()
		write = func() {
			writeStacks(state)
			time.AfterFunc(every, write)
		}
		time.AfterFunc(every, write)
	}
	quit := make(chan os.Signal, 1)
	signal.Notify(quit, syscall.SIGQUIT)
	go func() {
		for range quit {
			writeStacks(state)
		}
	}()
}

func writeStacks(state func() string) {
	file, err := createDump(dumpDir, fmt.Sprintf("mitogen.stacks.%d", os.Getpid()), ".txt")
	if err != nil {
		return // the folder is full of them, or cannot be written to
	}
	defer func() { _ = file.Close() }()
	buf := make([]byte, 1<<20)
	_, _ = file.Write(buf[:runtime.Stack(buf, true)])
	if state != nil {
		_, _ = file.WriteString("\n" + state())
	}
}
