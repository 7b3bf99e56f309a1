package transport

import (
	"context"
	"os"
	"runtime"
	"slices"
	"strings"
)

// Self is the path that starts this very program again. On Linux it works even
// after the file has been replaced or deleted.
func Self() (string, error) {
	if runtime.GOOS == "linux" {
		if _, err := os.Stat("/proc/self/exe"); err == nil {
			return "/proc/self/exe", nil
		}
	}
	return os.Executable()
}

// Local starts our own program on this machine, over pipes, and a socket for bulk data.
type Local struct {
	// Path is the program; "" for this one.
	Path string
	// Args tell it that it is a child.
	Args  []string
	Spawn SpawnOptions
}

// Name is "local.%d", for the process id.
func (l *Local) Name() string { return "local.%d" }

// Direct reports that no first stage is needed.
func (l *Local) Direct() bool { return true }

// Open starts the program, or boot instead if it is given.
func (l *Local) Open(ctx context.Context, boot []string) (Link, error) {
	if len(boot) > 0 {
		return link(Spawn(ctx, "local", boot, NoTTY, nil, l.Spawn))
	}
	return link(startSelf(ctx, "local", l.Path, l.Args, l.Spawn))
}

func startSelf(ctx context.Context, name, path string, args []string, o SpawnOptions) (*Process, error) {
	if path == "" {
		self, err := Self()
		if err != nil {
			return nil, startError(args, err)
		}
		path = self
	}
	o.Bulk = true
	return Spawn(ctx, name, slices.Concat([]string{path}, args, []string{titleRoom}), NoTTY, nil, o)
}

// titleRoom is the last argument of a child that we start: it can show a title in the
// process list only as long as its arguments were.
var titleRoom = strings.Repeat(" ", 160)

// link keeps a nil Process from becoming a Link that is not nil.
func link(p *Process, err error) (Link, error) {
	if err != nil {
		return nil, err
	}
	return p, nil
}
