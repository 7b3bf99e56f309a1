package mitogen_test

import (
	"context"
	"fmt"
	"sync"
	"sync/atomic"
	"testing"

	"github.com/mitoscript/mitoscript/mitogen"
	"github.com/mitoscript/mitoscript/mitogen/value"
	"github.com/mitoscript/mitoscript/mitogen/wire"
)

// TestOneRequestForAModule: however many contexts below ask for a module, each link
// carries one request, and contexts that come later are served on the way.
func TestOneRequestForAModule(t *testing.T) {
	var asked atomic.Int64
	begun, release := make(chan struct{}), make(chan struct{})
	master := newTree(t, mitogen.Options{Modules: func(_ context.Context, n mitogen.ModuleName) (mitogen.ModuleSource, error) {
		if asked.Add(1) == 1 {
			close(begun)
		}
		<-release
		return mitogen.ModuleSource{Path: "/srv/" + n.Name + n.Extension, Text: []byte("text of " + n.Importer)}, nil
	}})
	mid := master.child("mid", nil)
	leaves := []*contextNode{mid, mid.child("a", nil), mid.child("b", nil).child("deep", nil)}
	name := mitogen.ModuleName{Importer: "main.lua", Name: "lib", Extension: ".lua"}
	var all sync.WaitGroup
	get := func(n *contextNode) {
		src, err := n.router.Chunks.Module(context.Background(), name)
		if err != nil || src.Path != "/srv/lib.lua" || string(src.Text) != "text of main.lua" {
			t.Errorf("got %q %q, %v", src.Path, src.Text, err)
		}
	}
	for _, n := range leaves {
		for range 5 {
			all.Go(func() { get(n) })
		}
	}
	<-begun
	close(release)
	all.Wait()
	get(mid.child("late", nil))
	if got := asked.Load(); got != 1 {
		t.Errorf("the root was asked %d times", got)
	}
}

func TestModuleThatIsNotServed(t *testing.T) {
	found := atomic.Bool{}
	master := newTree(t, mitogen.Options{Modules: func(context.Context, mitogen.ModuleName) (mitogen.ModuleSource, error) {
		if found.Load() {
			return mitogen.ModuleSource{Path: "x"}, nil
		}
		return mitogen.ModuleSource{}, value.Errorf(value.KindError, "no such module")
	}})
	leaf := master.child("mid", nil).child("leaf", nil)
	_, err := leaf.router.Chunks.Module(context.Background(), mitogen.ModuleName{Name: "x"})
	wantError(t, err, value.KindError, "no such module")
	found.Store(true) // what was not there is asked for again
	if src, err := leaf.router.Chunks.Module(context.Background(), mitogen.ModuleName{Name: "x"}); err != nil || src.Path != "x" {
		t.Errorf("got %v, %v", src, err)
	}
	bare := newTree(t, mitogen.Options{}).child("a", nil)
	_, err = bare.router.Chunks.Module(context.Background(), mitogen.ModuleName{Name: "x"})
	wantError(t, err, value.KindError, "nothing loads modules here")
}

func TestMalformedRequestsForCode(t *testing.T) {
	master := newTree(t, mitogen.Options{Modules: func(context.Context, mitogen.ModuleName) (mitogen.ModuleSource, error) {
		t.Error("a malformed request was served")
		return mitogen.ModuleSource{}, nil
	}})
	a := master.child("a", nil)
	for _, data := range [][]byte{nil, {0x40}, {0x83}, {0x83, 0x60, 0x60, 1}, {0x82, 0x60, 0x60}, make([]byte, 32), make([]byte, 1<<20)} {
		t.Run(fmt.Sprint(len(data)), func(t *testing.T) {
			_, err := a.from(master).SendAwait(context.Background(), &mitogen.Message{Frame: wire.Frame{Handle: wire.GetModule, Data: data}})
			wantError(t, err, value.KindChannel, "malformed request for code")
		})
	}
}
