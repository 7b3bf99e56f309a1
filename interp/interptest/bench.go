package interptest

import (
	"context"
	"io/fs"
	"testing"

	"github.com/mitoscript/mitoscript/interp"
	"github.com/mitoscript/mitoscript/mitogen/value"
)

// Bench measures what shipping functions costs beside the call itself. The file
// "bench" of the language has the functions that it names:
//
//	make(i)   returns a new function of known text that adds i
//	constant  refers to another function and a number
//	frozen    refers to 1 MB of data that cannot change (if the language has it)
//	both      refers to that, and to a small list
//	small     refers to a small dict that may change
//	large     refers to 1 MB of data that may change
func Bench(b *testing.B, lang Language) {
	w := NewWorld(lang)
	name := "bench" + w.Master.Interp.Extension()
	text, err := fs.ReadFile(lang.Files, name)
	if err != nil {
		b.Fatal(err)
	}
	s, err := w.Master.Run(b.Context(), interp.Source{Path: name, Text: text})
	if err != nil {
		b.Fatal(value.AsError(err).Report())
	}
	b.Run("capture/new", func(b *testing.B) { benchNew(b, w, s) })
	for _, fn := range []string{"constant", "frozen", "both", "small", "large"} {
		c, ok := s.Global(fn)
		if !ok {
			continue
		}
		b.Run("capture/"+fn, func(b *testing.B) { benchPort(b, w, c) })
		b.Run("revive/"+fn, func(b *testing.B) { benchRevive(b, w, c) })
	}
}

// benchNew captures functions that were not captured before, of text that was.
func benchNew(b *testing.B, w *World, s interp.Script) {
	w.Master.Host.Lock.Lock()
	defer w.Master.Host.Lock.Unlock()
	maker, _ := s.Global("make")
	fns := make([]interp.Callable, b.N)
	for i := range fns {
		v, err := maker.Call(b.Context(), []value.Value{int64(i)}, nil)
		if err != nil {
			b.Fatal(err)
		}
		fns[i] = v.(interp.Callable)
	}
	b.ResetTimer()
	for _, fn := range fns {
		if _, err := fn.Port(); err != nil {
			b.Fatal(err)
		}
	}
}

// benchPort captures one function again and again, as repeated calls do.
func benchPort(b *testing.B, w *World, fn interp.Callable) {
	w.Master.Host.Lock.Lock()
	defer w.Master.Host.Lock.Unlock()
	if _, err := fn.Port(); err != nil { // the first time, it is hashed
		b.Fatal(err)
	}
	for b.Loop() {
		if _, err := fn.Port(); err != nil {
			b.Fatal(err)
		}
	}
}

// benchRevive is what the same calls cost the child.
func benchRevive(b *testing.B, w *World, fn interp.Callable) {
	var form value.Value
	var err error
	w.Master.Host.Lock.Do(func() { form, err = fn.Port() })
	if err != nil {
		b.Fatal(err)
	}
	f := form.(*value.Func)
	chunks := map[value.Hash][]byte{}
	for _, c := range f.Chunks {
		chunks[c.Hash] = c.Data
	}
	fetch := func(_ context.Context, h value.Hash) ([]byte, error) { return chunks[h], nil }
	w.Child.Host.Lock.Lock()
	defer w.Child.Host.Lock.Unlock()
	revive := func() {
		if _, err := w.Child.Interp.Revive(b.Context(), f, fetch); err != nil {
			b.Fatal(err)
		}
	}
	revive() // the first time, it is decoded
	for b.Loop() {
		revive()
	}
}
