package unix_test

import (
	"context"
	"crypto/sha256"
	"errors"
	"fmt"
	"io"
	"log/slog"
	"net"
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"syscall"
	"testing"

	"go.uber.org/goleak"

	"github.com/mitoscript/mitoscript/mitogen"
	"github.com/mitoscript/mitoscript/mitogen/parent"
	"github.com/mitoscript/mitoscript/mitogen/unix"
	"github.com/mitoscript/mitoscript/mitogen/value"
	"github.com/mitoscript/mitoscript/mitogen/wire"
)

const build = "build1"

// visitorEnv makes this test program a client of the socket that it names.
const visitorEnv = "MITOSCRIPT_TEST_VISIT"

func TestMain(m *testing.M) {
	if path := os.Getenv(visitorEnv); path != "" {
		os.Exit(visit(path))
	}
	goleak.VerifyTestMain(m)
}

// visit joins the tree at path and shows what came of it.
func visit(path string) int {
	conn, _, err := unix.Connect(context.Background(), path, build)
	if err != nil {
		fmt.Println(err)
		return 1
	}
	_ = conn.Close()
	return 0
}

func newRouter(t *testing.T, opts mitogen.Options) *mitogen.Router {
	t.Helper()
	opts.Log = slog.New(slog.DiscardHandler)
	r := mitogen.NewRouter(opts)
	t.Cleanup(func() { end(r) })
	return r
}

func end(r *mitogen.Router) {
	r.Broker().Shutdown()
	r.Broker().Join()
}

// listen makes a master that answers calls with the authority they came with.
func listen(t *testing.T, path string) (*mitogen.Router, string) {
	t.Helper()
	r := newRouter(t, mitogen.Options{Name: "master"})
	answer(t, r)
	path, err := unix.Listen(r, build, path)
	if err != nil {
		t.Fatal(err)
	}
	return r, path
}

type dispatchFunc func(ctx context.Context, c *mitogen.Call) (value.Value, error)

func (fn dispatchFunc) Dispatch(ctx context.Context, c *mitogen.Call) (value.Value, error) {
	return fn(ctx, c)
}

// answer makes a context answer calls with [its name, their source, their authority].
func answer(t *testing.T, r *mitogen.Router) {
	t.Helper()
	sv := &mitogen.Server{Router: r, Dispatcher: dispatchFunc(func(_ context.Context, c *mitogen.Call) (value.Value, error) {
		if f, ok := c.Func.(*value.Func); ok {
			if _, err := r.Chunks.Fetch(context.Background(), f.Root); err != nil {
				return nil, err
			}
		}
		return value.List{r.Name(), int64(c.From.Src), int64(c.From.Auth)}, nil
	})}
	if err := sv.Start(); err != nil {
		t.Fatal(err)
	}
}

// join makes a client of the socket at path.
func join(t *testing.T, path string) *mitogen.Router {
	t.Helper()
	conn, cfg, err := unix.Connect(context.Background(), path, build)
	if err != nil {
		t.Fatal(err)
	}
	r := newRouter(t, mitogen.Options{ID: cfg.ID, ParentIDs: cfg.ParentIDs, Name: cfg.Name, Deputy: true})
	r.AttachParent(conn, nil)
	return r
}

// child adds a context below r.
func child(t *testing.T, r *mitogen.Router, name string) *mitogen.Router {
	t.Helper()
	id, err := r.AllocateID(context.Background())
	if err != nil {
		t.Fatal(err)
	}
	c := newRouter(t, mitogen.Options{ID: id, ParentIDs: append([]uint32{r.ID()}, r.ParentIDs()...), Name: name})
	answer(t, c)
	up, down := net.Pipe()
	c.AttachParent(down, nil)
	r.AttachChild(up, r.NewChild(id, name))
	return c
}

func function(code string) *value.Func {
	c := &value.Chunk{Hash: sha256.Sum256([]byte(code)), Data: []byte(code)}
	return &value.Func{Name: "f", Lang: "starlark", Root: c.Hash, Chunks: []*value.Chunk{c}}
}

func socketPath(t *testing.T) string { return filepath.Join(t.TempDir(), "s") }

func TestClientActsWithTheListenersAuthority(t *testing.T) {
	master, path := listen(t, socketPath(t))
	client := join(t, path)
	if client.ID() != 1 || fmt.Sprint(client.ParentIDs()) != "[0]" || client.Name() != fmt.Sprintf("unix.%d", os.Getpid()) {
		t.Fatalf("the client is %d below %v, named %q", client.ID(), client.ParentIDs(), client.Name())
	}
	web := child(t, master, "web1")
	for _, tt := range []struct {
		target *mitogen.Router
		want   string
	}{{master, "[master 1 0]"}, {web, "[web1 1 0]"}} {
		for name, fn := range map[string]value.Value{
			"a name":     "f",
			"a function": function("code of " + tt.want),
		} {
			got, err := client.ContextByID(tt.target.ID(), "").Call(context.Background(), fn)
			if err != nil || fmt.Sprint(got) != tt.want {
				t.Errorf("%s called by %s: %v, %v, want %s", tt.target.Name(), name, got, err, tt.want)
			}
		}
	}
}

func TestWhatIsBelowAClientHasNoAuthority(t *testing.T) {
	_, path := listen(t, socketPath(t))
	below := child(t, join(t, path), "db1")
	if _, err := below.Master().Call(context.Background(), "f"); !errors.Is(err, value.KindSecurity) {
		t.Fatalf("the call gave %v, want a SecurityError", err)
	}
}

func TestClientHearsThatTheListenerEnds(t *testing.T) {
	master, path := listen(t, socketPath(t))
	client := join(t, path)
	up := client.Parent()
	end(master)
	<-up.Gone()
	if _, err := up.Call(context.Background(), "f"); !errors.Is(err, value.KindChannel) {
		t.Fatalf("a call then gave %v, want a ChannelError", err)
	}
}

func TestSocketIsPrivateAndRemoved(t *testing.T) {
	for _, given := range []string{"s", ""} {
		t.Run("path "+given, func(t *testing.T) {
			dir := t.TempDir()
			t.Setenv("TMPDIR", dir)
			path := given
			if path != "" {
				path = filepath.Join(dir, path)
			}
			master, path := listen(t, path)
			fi, err := os.Stat(path)
			if err != nil || fi.Mode() != os.ModeSocket|0o600 {
				t.Fatalf("the socket is %v, %v", fi, err)
			}
			if unix.IsDead(path) {
				t.Error("the socket is dead while there is a listener")
			}
			if got := entries(t, filepath.Dir(path)); len(got) != 1 {
				t.Errorf("there is more than the socket: %v", got)
			}
			end(master)
			if left := entries(t, dir); len(left) > 0 {
				t.Errorf("left behind: %v", left)
			}
		})
	}
}

func entries(t *testing.T, dir string) []os.DirEntry {
	t.Helper()
	out, err := os.ReadDir(dir)
	if err != nil {
		t.Fatal(err)
	}
	return out
}

// stale leaves a socket behind on which nobody listens.
func stale(t *testing.T, path string) {
	t.Helper()
	l, err := net.ListenUnix("unix", &net.UnixAddr{Name: path, Net: "unix"})
	if err != nil {
		t.Fatal(err)
	}
	l.SetUnlinkOnClose(false)
	if err := l.Close(); err != nil {
		t.Fatal(err)
	}
}

func TestStaleSocketIsReplaced(t *testing.T) {
	path := socketPath(t)
	if !unix.IsDead(path) {
		t.Error("a path where nothing is counts as alive")
	}
	stale(t, path)
	if !unix.IsDead(path) {
		t.Error("a socket without a listener counts as alive")
	}
	listen(t, path)
	join(t, path)
}

func TestWhatIsInUseIsLeftAlone(t *testing.T) {
	live := socketPath(t)
	listen(t, live)
	file := filepath.Join(t.TempDir(), "file")
	if err := os.WriteFile(file, []byte("text"), 0o600); err != nil {
		t.Fatal(err)
	}
	for path, want := range map[string]string{
		live: "somebody listens there already", file: "no socket",
		filepath.Join(t.TempDir(), "none", "s"): "no such file",
	} {
		r := newRouter(t, mitogen.Options{})
		if _, err := unix.Listen(r, build, path); err == nil || !strings.Contains(err.Error(), want) {
			t.Errorf("listening at %s: %v, want %q", path, err, want)
		}
		end(r)
	}
	join(t, live)
	if _, err := os.Stat(file); err != nil {
		t.Error(err)
	}
}

func TestListenerSurvivesBadClients(t *testing.T) {
	_, path := listen(t, socketPath(t))
	hello, err := (&parent.Ready{Build: build, PID: 1}).Encode()
	if err != nil {
		t.Fatal(err)
	}
	whole := wire.AppendPreamble(nil, wire.ReadyMagic, hello)
	for name, said := range map[string][]byte{
		"nothing": nil, "half of its name": whole[:len(whole)/2], "all of it": whole,
		"something else": []byte("GET / HTTP/1.1\r\n\r\n"), "no dict": wire.AppendPreamble(nil, wire.ReadyMagic, []byte{1}),
	} {
		t.Run(name, func(t *testing.T) {
			conn, err := net.Dial("unix", path)
			if err != nil {
				t.Fatal(err)
			}
			_, werr := conn.Write(said)
			if err := errors.Join(werr, conn.Close()); err != nil {
				t.Fatal(err)
			}
			if _, err := join(t, path).Parent().Call(context.Background(), "f"); err != nil {
				t.Error(err)
			}
		})
	}
}

func TestAnotherBuildIsRefused(t *testing.T) {
	master, path := listen(t, socketPath(t))
	_, _, err := unix.Connect(context.Background(), path, "build2")
	if !errors.Is(err, value.KindStream) || !strings.Contains(err.Error(), "the listener is mitoscript build1, this one is build2") {
		t.Errorf("got %v", err)
	}
	if left := master.Contexts(); len(left) > 0 {
		t.Errorf("attached all the same: %v", left)
	}
}

func TestConnectErrors(t *testing.T) {
	dead := socketPath(t)
	stale(t, dead)
	for path, errno := range map[string]string{socketPath(t): "ENOENT", dead: "ECONNREFUSED"} {
		_, _, err := unix.Connect(context.Background(), path, build)
		e := value.AsError(err)
		if got := attr(e, "errno"); !e.IsA(value.KindStream) || got != errno {
			t.Errorf("got %s %v with errno %v, want %s", e.Kind, err, got, errno)
		}
	}
}

func attr(e *value.Error, name string) value.Value {
	for _, f := range e.Attrs {
		if f.Name == name {
			return f.Value
		}
	}
	return nil
}

func TestConnectIsCancelled(t *testing.T) {
	path := socketPath(t)
	l, err := net.Listen("unix", path)
	if err != nil {
		t.Fatal(err)
	}
	ctx, cancel := context.WithCancelCause(context.Background())
	failed := make(chan error, 1)
	go func() {
		_, _, err := unix.Connect(ctx, path, build)
		failed <- err
	}()
	conn, err := l.Accept() // and no word
	if err != nil {
		t.Fatal(err)
	}
	cancel(value.Errorf(value.KindCancelled, "enough"))
	if err := <-failed; !errors.Is(err, value.KindCancelled) {
		t.Errorf("got %v, want a CancelledError", err)
	}
	_, _ = io.Copy(io.Discard, conn)
	if err := errors.Join(conn.Close(), l.Close()); err != nil {
		t.Error(err)
	}
}

// TestOtherAccountsAreRefused lets nobody try, first by the mode, then, with a
// mode that lets everybody in, by the account alone.
func TestOtherAccountsAreRefused(t *testing.T) {
	if os.Geteuid() != 0 {
		t.Skip("this is not root")
	}
	dir, err := os.MkdirTemp("", "mitoscript-unix-test-")
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { _ = os.RemoveAll(dir) })
	if err := os.Chmod(dir, 0o755); err != nil {
		t.Fatal(err)
	}
	_, path := listen(t, filepath.Join(dir, "s"))
	program := filepath.Join(dir, "client")
	self, err := os.ReadFile("/proc/self/exe")
	if err != nil {
		t.Skip("there is no /proc")
	}
	if err := os.WriteFile(program, self, 0o755); err != nil {
		t.Fatal(err)
	}
	for _, tt := range []struct {
		mode os.FileMode
		want string
	}{{0o600, "permission denied"}, {0o666, "only its own account and root may join"}} {
		if err := os.Chmod(path, tt.mode); err != nil {
			t.Fatal(err)
		}
		cmd := exec.Command(program)
		cmd.Env = []string{visitorEnv + "=" + path}
		cmd.SysProcAttr = &syscall.SysProcAttr{Credential: &syscall.Credential{Uid: 65534, Gid: 65534}}
		out, err := cmd.CombinedOutput()
		if err == nil || !strings.Contains(string(out), tt.want) {
			t.Errorf("mode %o: %v, %q, want %q", tt.mode, err, out, tt.want)
		}
	}
	join(t, path)
}
