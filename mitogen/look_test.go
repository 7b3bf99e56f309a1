package mitogen

import (
	"testing"

	"github.com/mitoscript/mitoscript/mitogen/wire"
)

// Who passes on, and who works for somebody beyond the neighbour, does not look for what
// comes next.
func TestWhoMayLook(t *testing.T) {
	s := &Stream{router: &Router{id: 1}, remoteID: 0}
	for _, tt := range []struct {
		what string
		f    wire.Frame
		may  bool
	}{
		{"a call by the neighbour", wire.Frame{Src: 0, Dst: 1, Handle: wire.CallFunction}, true},
		{"a call from beyond it", wire.Frame{Src: 7, Dst: 1, Handle: wire.CallFunction}, false},
		{"an answer from beyond it", wire.Frame{Src: 7, Dst: 1, Handle: wire.FirstDynamic + 3}, true},
		{"an answer for another", wire.Frame{Src: 0, Dst: 2, Handle: wire.FirstDynamic + 3}, false},
		{"a call of another", wire.Frame{Src: 0, Dst: 2, Handle: wire.CallFunction}, false},
	} {
		if may := s.mayLook(&tt.f); may != tt.may {
			t.Errorf("%s: may look: %t", tt.what, may)
		}
	}
}
