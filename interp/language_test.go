package interp_test

import (
	"errors"
	"sync"
	"sync/atomic"
	"testing"

	"github.com/mitoscript/mitoscript/interp"
	"github.com/mitoscript/mitoscript/mitogen/value"
)

// tongue is a language of nothing but a name.
type tongue struct {
	interp.Interp
	name string
}

func (t *tongue) Name() string { return t.name }

// A language is made once, by whoever asks first in whichever way, and others are not.
func TestLanguagesAreMadeWhenAskedFor(t *testing.T) {
	var made atomic.Int32
	language := func(name string) interp.Language {
		return interp.Language{Name: name, Extension: "." + name, New: func(h *interp.Host) interp.Interp {
			made.Add(1)
			in := &tongue{name: name}
			h.Register(in)
			return in
		}}
	}
	h := &interp.Host{Languages: []interp.Language{language("a"), language("b")}}
	var got [8]interp.Interp
	var all sync.WaitGroup
	for i := range got {
		all.Go(func() {
			if i%2 == 0 {
				got[i], _ = h.ByExtension(".b")
			} else {
				got[i], _ = h.Interp("b")
			}
		})
	}
	all.Wait()
	for _, in := range got {
		if in == nil || in != got[0] {
			t.Fatalf("got %v", got)
		}
	}
	if n := made.Load(); n != 1 {
		t.Errorf("%d were made", n)
	}
	if in, err := h.Interp("c"); in != nil || !errors.Is(err, value.KindError) {
		t.Errorf("of a language that there is not: %v, %v", in, err)
	}
	if in, ok := h.ByExtension(".c"); in != nil || ok {
		t.Errorf("of an extension that there is not: %v", in)
	}
}
