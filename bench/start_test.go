package bench

import (
	"os/exec"
	"testing"
	"time"

	"github.com/mitoscript/mitoscript/mitogen"
	"github.com/mitoscript/mitoscript/mitogen/transport"
)

// BenchmarkStart is how long the program itself takes from its start to its end,
// beside one that does nothing, in turn.
func BenchmarkStart(b *testing.B) {
	rows := []struct {
		name string
		argv []string
		took samples
	}{
		{name: "true", argv: []string{"true"}},
		{name: "version", argv: []string{program(b), "version"}},
		{name: "empty-star", argv: []string{program(b), "run", "testdata/empty.star"}},
		{name: "empty-lua", argv: []string{program(b), "run", "testdata/empty.lua"}},
	}
	for b.Loop() {
		for i := range rows {
			rows[i].took.time(func() {
				if out, err := exec.Command(rows[i].argv[0], rows[i].argv[1:]...).CombinedOutput(); err != nil {
					b.Fatalf("%s: %v\n%s", rows[i].name, err, out)
				}
			})
		}
	}
	for _, r := range rows {
		r.took.reportAs(b, r.name)
	}
}

// BenchmarkFirstResult is from asking for a context on this machine to the result
// of a first call in it: of local, of fork without a spare, and of fork with one,
// in turn.
func BenchmarkFirstResult(b *testing.B) {
	m := newMaster(b)
	var local, cold, warm samples
	first := func(s *samples, way string) {
		var c *mitogen.Context
		s.time(func() {
			c = m.open(b, way)
			call(b, c)
		})
		m.end(b, c)
	}
	for b.Loop() {
		first(&local, "local")
		m.forker = &transport.Forker{Path: program(b), Args: m.factory.ChildArgs()}
		first(&cold, "fork")
		time.Sleep(spareTime)
		first(&warm, "fork")
		if err := m.forker.Close(); err != nil {
			b.Fatal(err)
		}
	}
	local.reportAs(b, "local")
	cold.reportAs(b, "fork")
	warm.reportAs(b, "spare-fork")
}

// spareTime is more than a spare needs to get ready. Nothing tells when it is.
const spareTime = 100 * time.Millisecond
