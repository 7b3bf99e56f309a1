package mitogen_test

import (
	"net"
	"testing"

	"github.com/mitoscript/mitoscript/mitogen"
)

func TestAnOrderlyEndIsNoLossOfTheParent(t *testing.T) {
	for _, tt := range []struct {
		name string
		end  func(r *mitogen.Router, up net.Conn)
		lost bool
	}{
		{"the child ends", func(r *mitogen.Router, _ net.Conn) { r.Broker().Shutdown() }, false},
		{"the parent goes", func(_ *mitogen.Router, up net.Conn) { _ = up.Close() }, true},
	} {
		t.Run(tt.name, func(t *testing.T) {
			n := newTree(t, mitogen.Options{ID: 1, ParentIDs: []uint32{0}})
			up, down := net.Pipe()
			defer func() { _ = up.Close() }()
			lost := false
			s := n.router.AttachParent(down, func(error) { lost = true })
			tt.end(n.router, up)
			if <-s.Done(); lost != tt.lost {
				t.Fatalf("told of a loss: %v", lost)
			}
		})
	}
}
