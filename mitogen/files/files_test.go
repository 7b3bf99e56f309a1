package files_test

import (
	"bytes"
	"context"
	"errors"
	"io"
	"log/slog"
	"net"
	"os"
	"path/filepath"
	"strings"
	"syscall"
	"testing"
	"time"

	"github.com/mitoscript/mitoscript/mitogen"
	"github.com/mitoscript/mitoscript/mitogen/files"
	"github.com/mitoscript/mitoscript/mitogen/value"
)

// patience is far more than anything here takes.
const patience = time.Minute

// world is a master with contexts, all in this process.
type world struct {
	master *mitogen.Router
	ids    uint32
}

func newWorld(t *testing.T) *world {
	quiet := slog.New(slog.NewTextHandler(io.Discard, nil))
	w := &world{master: mitogen.NewRouter(mitogen.Options{Log: quiet})}
	t.Cleanup(func() { w.master.Broker().Shutdown(); w.master.Broker().Join() })
	return w
}

// context attaches a context with some services, and gives what cuts its link.
func (w *world) context(t *testing.T, services map[string]mitogen.Service) (*mitogen.Context, func()) {
	t.Helper()
	w.ids++
	name := "web" + string(rune('0'+w.ids))
	up, down := net.Pipe()
	child := mitogen.NewRouter(mitogen.Options{ID: w.ids, ParentIDs: []uint32{0}, Name: name, Log: w.master.Log()})
	t.Cleanup(func() { child.Broker().Shutdown(); child.Broker().Join() })
	if err := mitogen.Serve(child, services); err != nil {
		t.Fatal(err)
	}
	child.AttachParent(down, nil)
	c := w.master.ContextByID(w.ids, name)
	w.master.AttachChild(up, c)
	return w.master.ContextByID(w.ids, name), func() { _ = up.Close() }
}

func (w *world) host(t *testing.T) *mitogen.Context {
	c, _ := w.context(t, files.Services(nil))
	return c
}

func write(t *testing.T, path, data string, mode os.FileMode) {
	t.Helper()
	if err := os.MkdirAll(filepath.Dir(path), 0o755); err != nil {
		t.Fatal(err)
	}
	if err := os.WriteFile(path, []byte(data), 0o600); err != nil {
		t.Fatal(err)
	}
	if err := os.Chmod(path, mode); err != nil {
		t.Fatal(err)
	}
}

// picture is all that a copy keeps of a tree: names, modes, contents, links.
func picture(t *testing.T, root string) string {
	t.Helper()
	var b strings.Builder
	err := filepath.WalkDir(root, func(p string, e os.DirEntry, err error) error {
		if err != nil {
			return err
		}
		info, err := e.Info()
		if err != nil {
			return err
		}
		b.WriteString(strings.TrimPrefix(p, root) + " " + info.Mode().String())
		if info.Mode()&os.ModeSymlink != 0 {
			target, _ := os.Readlink(p)
			b.WriteString(" -> " + target)
		} else if !e.IsDir() {
			data, err := os.ReadFile(p)
			if err != nil {
				return err
			}
			b.WriteString(" " + string(data[:min(len(data), 20)]) + " " + string(data[max(len(data)-20, 0):]))
			b.WriteString(string(rune('0' + len(data)%64)))
		}
		b.WriteByte('\n')
		return nil
	})
	if err != nil {
		t.Fatal(err)
	}
	return b.String()
}

func tree(t *testing.T) string {
	root := filepath.Join(t.TempDir(), "tree")
	write(t, root+"/empty", "", 0o644)
	write(t, root+"/large", strings.Repeat("0123456789abcdef", 200_000), 0o640)
	write(t, root+"/a folder/new\nline\xff", "odd", 0o755)
	write(t, root+"/a folder/x", strings.Repeat("x", 70_000), 0o400)
	for _, dir := range []string{"/none/in here", "/closed"} {
		if err := os.MkdirAll(root+dir, 0o755); err != nil {
			t.Fatal(err)
		}
	}
	for name, target := range map[string]string{"/link": "a folder/x", "/out": "/etc/passwd", "/closed/up": "../.."} {
		if err := os.Symlink(target, root+name); err != nil {
			t.Fatal(err)
		}
	}
	if err := os.Chmod(root+"/closed", 0o500); err != nil {
		t.Fatal(err)
	}
	return root
}

func TestTreesArriveWhole(t *testing.T) {
	w := newWorld(t)
	a, b := w.host(t), w.host(t)
	ctx, opts := context.Background(), files.Options{Recursive: true}
	source, dir := tree(t), t.TempDir()
	want := picture(t, source)
	if err := files.Put(ctx, a, source, dir+"/put", opts); err != nil {
		t.Fatal(err)
	}
	if err := files.Get(ctx, a, source, dir+"/made/get", opts); err != nil {
		t.Fatal(err)
	}
	var last [2]int64
	opts.Progress = func(done, total int64) { last = [2]int64{done, total} }
	if err := files.Relay(ctx, a, source, b, dir+"/relay", opts); err != nil {
		t.Fatal(err)
	}
	if last[0] != last[1] || last[0] < 3_200_000 {
		t.Errorf("the relay's progress ended with %v", last)
	}
	opts.Into = true
	if err := files.Put(ctx, a, source, dir, opts); err != nil {
		t.Fatal(err)
	}
	for _, to := range []string{"/put", "/made/get", "/relay", "/tree"} {
		if got := picture(t, dir+to); got != want {
			t.Errorf("%s: got\n%s\nwant\n%s", to, got, want)
		}
	}
}

func TestHolesStayHoles(t *testing.T) {
	w := newWorld(t)
	c, dir := w.host(t), t.TempDir()
	f, err := os.Create(dir + "/sparse")
	if err != nil {
		t.Fatal(err)
	}
	defer f.Close()
	if _, err := f.WriteAt([]byte("middle"), 40<<20); err != nil {
		t.Fatal(err)
	}
	if err := f.Truncate(80 << 20); err != nil {
		t.Fatal(err)
	}
	before := used(t, dir+"/sparse")
	if before > 1<<20 {
		t.Skip("this file system has no holes")
	}
	if err := files.Put(context.Background(), c, dir+"/sparse", dir+"/copy", files.Options{}); err != nil {
		t.Fatal(err)
	}
	got, err := os.ReadFile(dir + "/copy")
	if err != nil || len(got) != 80<<20 || !bytes.Equal(got[40<<20:40<<20+6], []byte("middle")) || bytes.Count(got, []byte{0}) != 80<<20-6 {
		t.Errorf("the copy has %d bytes, %v", len(got), err)
	}
	if after := used(t, dir+"/copy"); after > 1<<20 {
		t.Errorf("the copy takes %d bytes, the source %d", after, before)
	}
}

func used(t *testing.T, path string) int64 {
	info, err := os.Stat(path)
	if err != nil {
		t.Fatal(err)
	}
	return info.Sys().(*syscall.Stat_t).Blocks * 512
}

// alone fails the test if there is more in dir than the names.
func alone(t *testing.T, dir string, names ...string) {
	t.Helper()
	entries, err := os.ReadDir(dir)
	if err != nil {
		t.Fatal(err)
	}
	got := []string{}
	for _, e := range entries {
		got = append(got, e.Name())
	}
	if strings.Join(got, " ") != strings.Join(names, " ") {
		t.Errorf("%s holds %q, want %q", dir, got, names)
	}
}

func TestFailuresSayWhereAndLeaveNothing(t *testing.T) {
	w := newWorld(t)
	c, ctx := w.host(t), context.Background()
	dir, to := t.TempDir(), t.TempDir()
	write(t, dir+"/f", "data", 0o644)
	write(t, to+"/f", "old", 0o644)
	if err := os.Mkdir(to+"/d", 0o755); err != nil {
		t.Fatal(err)
	}
	if err := syscall.Mkfifo(dir+"/pipe", 0o644); err != nil {
		t.Fatal(err)
	}
	rec := files.Options{Recursive: true}
	for _, test := range []struct {
		what  string
		err   error
		errno string
		path  string
		where string
	}{
		{"no source", files.Put(ctx, c, dir+"/no", to+"/x", rec), "ENOENT", dir + "/no", ""},
		{"no far source", files.Get(ctx, c, dir+"/no", to+"/x", rec), "ENOENT", dir + "/no", "web1"},
		{"a folder", files.Put(ctx, c, dir, to+"/x", files.Options{}), "EISDIR", dir, ""},
		{"a far folder", files.Get(ctx, c, dir, to+"/x", files.Options{}), "EISDIR", dir, "web1"},
		{"no far folder", files.Put(ctx, c, dir+"/f", to+"/no/x", rec), "ENOENT", to + "/no/x", "web1"},
		{"no folder", files.Get(ctx, c, dir+"/f", to+"/no/x", rec), "ENOENT", to + "/no/x", ""},
		{"a folder onto a file", files.Put(ctx, c, to+"/d", to+"/f", rec), "ENOTDIR", to + "/f", "web1"},
		{"a pipe", files.Get(ctx, c, dir, to+"/d", rec), "EINVAL", dir + "/pipe", "web1"},
	} {
		var e *value.Error
		if !errors.As(test.err, &e) || e.Kind != value.KindOS {
			t.Errorf("%s: got %v", test.what, test.err)
			continue
		}
		var errno, path value.Value
		for _, at := range e.Attrs {
			switch at.Name {
			case "errno":
				errno = at.Value
			case "path":
				path = at.Value
			}
		}
		if errno != test.errno || path != test.path || e.Context != test.where {
			t.Errorf("%s: %q: errno %v, path %v, context %q", test.what, e.Message, errno, path, e.Context)
		}
		if test.where != "" && !strings.HasPrefix(e.Message, test.where+": ") {
			t.Errorf("%s: %q does not name the context", test.what, e.Message)
		}
	}
	alone(t, to, "d", "f")
}

func TestACopyThatEndsHalfwayLeavesNothing(t *testing.T) {
	dir := t.TempDir()
	write(t, dir+"/large", strings.Repeat("0123456789abcdef", 1<<20), 0o644)
	copyBy := map[string]func(context.Context, *mitogen.Context, string, files.Options) error{
		"put": func(ctx context.Context, c *mitogen.Context, to string, o files.Options) error {
			return files.Put(ctx, c, dir+"/large", to, o)
		},
		"get": func(ctx context.Context, c *mitogen.Context, to string, o files.Options) error {
			return files.Get(ctx, c, dir+"/large", to, o)
		},
	}
	for name, copyFile := range copyBy {
		for _, test := range []struct {
			how  string
			kind value.Kind
		}{{"cancelled", value.KindCancelled}, {"lost", value.KindChannel}} {
			t.Run(name+" "+test.how, func(t *testing.T) {
				w := newWorld(t)
				c, cut := w.context(t, files.Services(nil))
				ctx, cancel := context.WithCancel(context.Background())
				defer cancel()
				to := t.TempDir()
				write(t, to+"/large", "old", 0o644)
				err := copyFile(ctx, c, to+"/large", files.Options{Progress: func(done, total int64) {
					if test.how == "lost" {
						cut()
					}
					if test.how == "cancelled" {
						cancel()
					}
				}})
				if !errors.Is(err, test.kind) || !strings.Contains(err.Error(), "large") || !strings.Contains(err.Error(), "web1") {
					t.Errorf("got %v", err)
				}
				alone(t, to, "large")
				if data, _ := os.ReadFile(to + "/large"); string(data) != "old" {
					t.Errorf("the old file now holds %d bytes", len(data))
				}
			})
		}
	}
}

// A far side that begins when the copy was given up gives up too.
func TestACopyThatIsGivenUpBeforeItBeginsEndsThere(t *testing.T) {
	dir := t.TempDir()
	write(t, dir+"/large", strings.Repeat("0123456789abcdef", 1<<18), 0o644)
	for name, copyFile := range map[string]func(context.Context, *mitogen.Context, string) error{
		"files.put": func(ctx context.Context, c *mitogen.Context, to string) error {
			return files.Put(ctx, c, dir+"/large", to, files.Options{})
		},
		"files.get": func(ctx context.Context, c *mitogen.Context, to string) error {
			return files.Get(ctx, c, dir+"/large", to, files.Options{})
		},
	} {
		t.Run(name, func(t *testing.T) {
			ctx, cancel := context.WithCancel(context.Background())
			ended := make(chan struct{})
			services := files.Services(nil)
			serve := services[name]
			services[name] = mitogen.Service{Func: func(ctx context.Context, m *mitogen.Message, arg value.Value) (value.Value, error) {
				defer close(ended)
				cancel()
				return serve.Func(ctx, m, arg)
			}}
			w := newWorld(t)
			c, _ := w.context(t, services)
			to := t.TempDir()
			if err := copyFile(ctx, c, to+"/large"); !errors.Is(err, value.KindCancelled) {
				t.Errorf("got %v", err)
			}
			select {
			case <-ended:
			case <-time.After(patience):
				t.Fatal("the far side goes on")
			}
			alone(t, to)
		})
	}
}

func TestASourceThatChangesIsAnError(t *testing.T) {
	w := newWorld(t)
	c, dir := w.host(t), t.TempDir()
	write(t, dir+"/large", strings.Repeat("0123456789abcdef", 1<<20), 0o644)
	grown := false
	err := files.Put(context.Background(), c, dir+"/large", dir+"/copy", files.Options{Progress: func(done, total int64) {
		if !grown {
			grown = true
			f, err := os.OpenFile(dir+"/large", os.O_APPEND|os.O_WRONLY, 0)
			if err != nil {
				t.Error(err)
				return
			}
			_, _ = f.WriteString("more")
			_ = f.Close()
		}
	}})
	if !errors.Is(err, value.KindOS) || !strings.Contains(err.Error(), "changed while it was read") {
		t.Errorf("got %v", err)
	}
	alone(t, dir, "large")
}

func TestModeOwnLinksAndNames(t *testing.T) {
	w := newWorld(t)
	c, ctx, dir := w.host(t), context.Background(), t.TempDir()
	write(t, dir+"/f", "new", 0o4755)
	write(t, dir+"/real/target", "old", 0o644)
	if err := os.Symlink("real/target", dir+"/link"); err != nil {
		t.Fatal(err)
	}
	check := func(path, data string, mode os.FileMode) {
		t.Helper()
		got, err := os.ReadFile(path)
		info, _ := os.Lstat(path)
		if err != nil || string(got) != data || info.Mode() != mode {
			t.Errorf("%s: %q, %v, %v", path, got, info, err)
		}
	}
	// Into a folder, with a mode; the bits that lend authority are left behind.
	if err := files.Put(ctx, c, dir+"/f", dir+"/real", files.Options{}); err != nil {
		t.Fatal(err)
	}
	check(dir+"/real/f", "new", 0o755)
	if err := files.Get(ctx, c, dir+"/f", dir+"/real/", files.Options{Mode: func(old uint32) uint32 { return old &^ 0o055 }}); err != nil {
		t.Fatal(err)
	}
	check(dir+"/real/f", "new", 0o700)
	// Through a link, which stays.
	if err := files.Put(ctx, c, dir+"/f", dir+"/link", files.Options{}); err != nil {
		t.Fatal(err)
	}
	check(dir+"/real/target", "new", 0o755)
	if _, err := os.Readlink(dir + "/link"); err != nil {
		t.Error(err)
	}
}
