package mitogen_test

import (
	"context"
	"strings"
	"testing"

	"github.com/mitoscript/mitoscript/mitogen"
	"github.com/mitoscript/mitoscript/mitogen/value"
)

// A call is sent once: what it was encoded into belongs to others then.
func TestACallIsSentOnce(t *testing.T) {
	master := newTree(t, mitogen.Options{})
	child := master.child("child", nil)
	c := master.router.ContextByID(child.router.ID(), "")
	for name, send := range map[string]func(*mitogen.EncodedCall) error{
		"Do":      func(e *mitogen.EncodedCall) error { _, err := e.Do(context.Background()); return err },
		"Start":   func(e *mitogen.EncodedCall) error { _, err := e.Start(); return err },
		"NoReply": (*mitogen.EncodedCall).NoReply,
	} {
		e, err := c.EncodeCall(&mitogen.Call{Func: "f", Args: []value.Value{int64(1)}}, mitogen.CallNames{})
		if err != nil {
			t.Fatal(err)
		}
		if err := e.NoReply(); err != nil {
			t.Fatal(err)
		}
		if err := send(e); err == nil || !strings.Contains(err.Error(), "the call has been sent") {
			t.Errorf("%s: got %v", name, err)
		}
	}
}
