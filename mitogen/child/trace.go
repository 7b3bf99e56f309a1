package child

import (
	"errors"
	"fmt"
	"os"
	"sync"
	"time"

	"github.com/mitoscript/mitoscript/mitogen"
)

// TraceFrames writes every frame on the links of this process, with what is in it, to a
// new file DIR/mitogen.trace.PID.NAME.txt, for its owner only. name is the context's.
func TraceFrames(dir, name string, frames *mitogen.FrameLog) error {
	file, err := createIn(dir, fmt.Sprintf("mitogen.trace.%d.%s", os.Getpid(), fileName(name)), ".txt")
	if err != nil {
		return fmt.Errorf("cannot write the trace: %w", err)
	}
	var mu sync.Mutex
	frames.SetContents(func(text string) { // the file is open until the end of the process
		mu.Lock()
		defer mu.Unlock()
		_, _ = file.WriteString(time.Now().Format("15:04:05.000000 ") + text + "\n") // a full disk ends nothing
	})
	return nil
}

// createIn is createDump in a folder that need not be there yet.
func createIn(dir, stem, extension string) (*os.File, error) {
	made := os.MkdirAll(dir, 0o700)
	file, err := createDump(dir, stem, extension)
	if err != nil {
		return nil, errors.Join(made, err)
	}
	return file, nil
}
