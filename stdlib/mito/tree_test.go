package mito_test

import (
	"bytes"
	"context"
	"fmt"
	"log/slog"
	"net"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/mitoscript/mitoscript/interp"
	"github.com/mitoscript/mitoscript/interp/lua"
	"github.com/mitoscript/mitoscript/interp/starlark"
	"github.com/mitoscript/mitoscript/mitogen"
	"github.com/mitoscript/mitoscript/mitogen/value"
	"github.com/mitoscript/mitoscript/stdlib/mito"
)

// text is a buffer that several goroutines write to.
type text struct {
	mu sync.Mutex
	b  bytes.Buffer
}

func (t *text) Write(p []byte) (int, error) {
	t.mu.Lock()
	defer t.mu.Unlock()
	return t.b.Write(p)
}

func (t *text) String() string {
	t.mu.Lock()
	defer t.mu.Unlock()
	return t.b.String()
}

// world is a tree of contexts in one process.
type world struct {
	t       *testing.T
	log     *text
	methods *text // what the factories were asked for
	loader  interp.Loader

	mu       sync.Mutex
	nodes    []*node // the master first
	children int
}

// node is one context: it has languages of its own.
type node struct {
	w      *world
	router *mitogen.Router
	host   *interp.Host
	rt     *mito.Runtime
	out    *text
}

func newWorld(t *testing.T) *world {
	w := &world{t: t, log: &text{}, methods: &text{}}
	t.Cleanup(w.end)
	return w
}

func (w *world) logger() *slog.Logger {
	return slog.New(slog.NewTextHandler(w.log, &slog.HandlerOptions{Level: slog.LevelInfo}))
}

func (w *world) end() {
	ctx, cancel := context.WithTimeout(context.Background(), 20*time.Second)
	defer cancel()
	for _, n := range w.nodes {
		n.rt.Finish(ctx)
	}
	if ctx.Err() != nil {
		w.t.Error("the tree did not end")
	}
}

// node makes a context; without parents it is the master.
func (w *world) node(id uint32, parents []uint32, name, script string) *node {
	n := &node{w: w, out: &text{}}
	n.host = &interp.Host{Stdout: n.out, Loader: w.loader, Languages: []interp.Language{starlark.Language(), lua.Language()}}
	n.router = mitogen.NewRouter(mitogen.Options{
		ID: id, ParentIDs: parents, Name: name, Log: w.logger(),
		Resolve: func(v value.Value) (value.Value, error) { return n.rt.Resolve(v) },
	})
	n.rt = mito.New(mito.Options{
		Host: n.host, Router: n.router, Connector: connector{n}, Script: script, Version: "1.0",
		Args: []string{"a", "b"}, Log: w.logger(),
		NewRouter: func(b *mitogen.Broker, resolve func(value.Value) (value.Value, error)) (*mitogen.Router, mito.Connector, error) {
			r := mitogen.NewRouter(mitogen.Options{Broker: b, Log: w.logger(), Resolve: resolve})
			return r, connector{&node{w: w, router: r}}, nil
		},
	})
	n.host.Modules = n.rt.Modules()
	interp.Seal(n.host.Modules)
	if err := mitogen.Serve(n.router, map[string]mitogen.Service{
		"connect": {Policy: mitogen.FromParents, Func: n.serveConnect},
	}); err != nil {
		w.t.Fatal(err)
	}
	sv := &mitogen.Server{Router: n.router, Dispatcher: n.rt, Lock: &n.host.Lock}
	if err := sv.Start(); err != nil {
		w.t.Fatal(err)
	}
	w.mu.Lock()
	w.nodes = append(w.nodes, n)
	w.mu.Unlock()
	return n
}

func (n *node) serveConnect(ctx context.Context, _ *mitogen.Message, arg value.Value) (value.Value, error) {
	c, err := n.connect(ctx, arg.(string))
	if err != nil {
		return nil, err
	}
	return value.List{int64(c.ID()), c.Name()}, nil
}

// connect makes a child of n.
func (n *node) connect(ctx context.Context, name string) (*mitogen.Context, error) {
	id, err := n.router.AllocateID(ctx)
	if err != nil {
		return nil, err
	}
	w := n.w
	parents := append([]uint32{n.router.ID()}, n.router.ParentIDs()...)
	child := w.node(id, parents, name, "")
	child.router.SetMaxMessageSize(n.router.MaxMessageSize())
	up, down := net.Pipe()
	c := n.router.NewChild(id, name)
	child.router.AttachParent(down, func(error) { child.router.Broker().Shutdown() })
	n.router.AttachChild(up, c)
	return c, nil
}

// connector makes contexts in memory; the host "nowhere" cannot be reached, the
// host "never" does not answer.
type connector struct{ n *node }

func (cn connector) Connect(ctx context.Context, via *mitogen.Context, method string, opts *value.Dict) (*mitogen.Context, error) {
	_, _ = fmt.Fprintln(cn.n.w.methods, method, shown(opts))
	if host, _ := opts.Get("hostname"); host == "nowhere" {
		return nil, value.Errorf(value.KindStream, "ssh nowhere: no such host")
	} else if host == "never" {
		<-ctx.Done()
		return nil, context.Cause(ctx)
	}
	w := cn.n.w
	w.mu.Lock()
	w.children++
	name := fmt.Sprintf("%s.%d", method, w.children)
	w.mu.Unlock()
	if given, ok := opts.Get("name"); ok {
		name = given.(string)
	}
	if via == nil {
		return cn.n.connect(ctx, name)
	}
	v, err := via.CallService(ctx, "connect", name)
	if err != nil {
		return nil, err
	}
	id := v.(value.List)[0].(int64)
	c := cn.n.router.ContextByID(uint32(id), name)
	c.Via = via
	return c, nil
}

func (cn connector) Shutdown(ctx context.Context, c *mitogen.Context, wait bool) error {
	if s := cn.n.router.StreamByID(c.ID()); s != nil {
		s.Close()
	}
	if !wait {
		return nil
	}
	select {
	case <-c.Gone():
	case <-ctx.Done():
	}
	return nil
}

func shown(d *value.Dict) string {
	var parts []string
	for _, it := range d.Items() {
		parts = append(parts, fmt.Sprintf("%v=%v", it.Key, it.Value))
	}
	return strings.Join(parts, " ")
}

// script is one case in both languages; both must print want.
type script struct {
	name, star, lua, want string
	// log is a part of what must have been logged.
	log string
}

// language is one of the node's.
func (n *node) language(name string) interp.Interp {
	in, err := n.host.Interp(name)
	if err != nil {
		n.w.t.Fatal(err)
	}
	return in
}

// run runs the script in one language as a master.
func (s script) run(t *testing.T, lang, ext, src string) {
	w := newWorld(t)
	path := "main" + ext
	n := w.node(0, nil, "master", path)
	ctx, cancel := context.WithTimeout(context.Background(), 20*time.Second)
	defer cancel()
	in := n.language(lang)
	var err error
	n.host.Lock.Do(func() {
		_, err = in.Run(ctx, interp.Source{Path: path, Text: []byte(src)})
	})
	if err != nil {
		report := err.Error()
		if e, ok := err.(*value.Error); ok {
			report = e.Report()
		}
		t.Errorf("the script failed: %s", report)
	}
	n.rt.AtExit(ctx)
	if got := n.out.String(); got != strings.TrimLeft(s.want, "\n") {
		t.Errorf("printed:\n%swant:\n%slog:\n%s", got, s.want, w.log)
	}
	if !strings.Contains(w.log.String(), s.log) {
		t.Errorf("the log lacks %q:\n%s", s.log, w.log)
	}
}

func runScripts(t *testing.T, scripts []script) {
	for _, s := range scripts {
		t.Run(s.name, func(t *testing.T) {
			if s.star != "" {
				t.Run("starlark", func(t *testing.T) { t.Parallel(); s.run(t, "starlark", ".star", s.star) })
			}
			if s.lua != "" {
				t.Run("lua", func(t *testing.T) { t.Parallel(); s.run(t, "lua", ".lua", s.lua) })
			}
		})
	}
}
