package parent

import (
	"context"
	"os"
	"slices"
	"strings"
	"time"

	"github.com/mitoscript/mitoscript/mitogen"
	"github.com/mitoscript/mitoscript/mitogen/codec"
	"github.com/mitoscript/mitoscript/mitogen/value"
	"github.com/mitoscript/mitoscript/mitogen/wire"
)

// A context that detaches tells its parent with DETACHING, whose data is [realm,
// pid, own], and waits for the answer. The parent leaves its process alone from then on.
// A parent on the same machine ends what is below it when it ends, as do those above
// it there: so it tells its own parent, with the same data, before it answers.

const (
	// detachTimeout is how long the contexts above may take to agree.
	detachTimeout = 10 * time.Second
	// maxDetached bounds what is remembered of the processes that live on.
	maxDetached = 10_000
)

// realm names the machine and the numbering of its processes; "" if it is not known.
func realm() string {
	boot, err := os.ReadFile("/proc/sys/kernel/random/boot_id")
	if err != nil {
		return ""
	}
	space, err := os.Readlink("/proc/self/ns/pid")
	if err != nil {
		return ""
	}
	return strings.TrimSpace(string(boot)) + " " + space
}

// Detach makes this context outlive its parent.
func Detach(ctx context.Context, r *mitogen.Router) error {
	data, err := codec.Encode(value.List{realm(), int64(os.Getpid()), true})
	if err != nil {
		return err
	}
	ctx, cancel := mitogen.Timeout(ctx, detachTimeout, "detaching")
	defer cancel()
	return r.Detach(ctx, data)
}

// Detached are processes below this one that outlive it, with what is below them.
func (f *Factory) Detached() []int {
	f.mu.Lock()
	defer f.mu.Unlock()
	return slices.Clone(f.detached)
}

// onDetaching answers a child that detaches, or that has a context below it which
// does. It may wait.
func (f *Factory) onDetaching(ctx context.Context, m *mitogen.Message) error {
	space, pid, own, err := readDetaching(m.Data)
	if err != nil {
		return err
	}
	f.mu.Lock()
	ch := f.children[m.Src]
	full := len(f.detached) > maxDetached
	if ch != nil && !full {
		if own {
			ch.detached.Store(true)
			f.detached = append(f.detached, ch.link.Pid())
		}
		if space != "" && space == realm() {
			f.detached = append(f.detached, pid)
		}
	}
	f.mu.Unlock()
	if ch == nil || full {
		return value.Errorf(value.KindError, "cannot detach: this context does not know your process")
	}
	up := f.router.Parent()
	if up == nil || space == "" {
		return nil
	}
	data, err := codec.Encode(value.List{space, int64(pid), false})
	if err != nil {
		return err
	}
	above := &mitogen.Message{}
	above.Handle, above.Data = wire.Detaching, data
	ctx, cancel := mitogen.Timeout(ctx, detachTimeout, "detaching")
	defer cancel()
	_, err = up.SendAwait(ctx, above)
	return err
}

// readDetaching reads the data of DETACHING; own says that its sender detaches.
func readDetaching(data []byte) (space string, pid int, own bool, err error) {
	v, err := codec.Decode(data, codec.Limits{Depth: 2, Items: 10})
	if err != nil {
		return "", 0, false, err
	}
	items, _ := v.(value.List)
	if len(items) == 3 {
		space, okSpace := items[0].(string)
		pid, okPid := items[1].(int64)
		own, okOwn := items[2].(bool)
		if okSpace && okPid && okOwn && pid > 1 && pid <= 1<<31-1 && len(space) <= 200 {
			return space, int(pid), own, nil
		}
	}
	return "", 0, false, value.Errorf(value.KindError, "malformed DETACHING")
}
