package transport_test

import (
	"testing"

	"github.com/mitoscript/mitoscript/mitogen/transport"
)

// One start to the first byte of the child: of a fresh process, and by a Forker.
func BenchmarkStart(b *testing.B) {
	env := transport.SpawnOptions{Env: []string{"STUB=spare"}}
	f := &transport.Forker{Spawn: env}
	for name, tr := range map[string]transport.Transport{"local": &transport.Local{Spawn: env}, "fork": f} {
		b.Run(name, func(b *testing.B) {
			for range b.N {
				l, err := tr.Open(b.Context(), nil)
				if err != nil {
					b.Fatal(err)
				}
				if _, err := l.Read(make([]byte, 16)); err != nil {
					b.Fatal(err)
				}
				b.StopTimer()
				_ = l.Close()
				_ = l.Wait()
				b.StartTimer()
			}
		})
	}
	if err := f.Close(); err != nil {
		b.Fatal(err)
	}
}
