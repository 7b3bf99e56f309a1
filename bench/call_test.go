package bench

import (
	"runtime"
	"strconv"
	"testing"
)

// BenchmarkCall is a call of a builtin by the Go API and its result: in a child as
// it is, in one with a thread for each processor, and the raw pipe, in turn: a
// hundred of each, as the first ones after another process are slow.
func BenchmarkCall(b *testing.B) {
	m := newMaster(b)
	c := m.open(b, "local")
	b.Setenv("GOMAXPROCS", strconv.Itoa(runtime.NumCPU()))
	wide := m.open(b, "local")
	trip := newPipe(b)
	call(b, c)
	call(b, wide)
	settle()
	var calls, wideCalls, trips samples
	for done := 0; done < b.N; done += 100 {
		for range 100 {
			calls.time(func() { call(b, c) })
		}
		for range 100 {
			wideCalls.time(func() { call(b, wide) })
		}
		for range 100 {
			trips.time(trip)
		}
	}
	calls.report(b)
	b.ReportMetric(micros(wideCalls.median()), "median-all-threads-µs")
	b.ReportMetric(micros(trips.median()), "median-pipe-µs")
	b.ReportMetric(float64(calls.median())/float64(trips.median()), "x-pipe")
}

// BenchmarkCallInARow is BenchmarkCall without the pipe between the calls.
func BenchmarkCallInARow(b *testing.B) {
	m := newMaster(b)
	c := m.open(b, "local")
	call(b, c)
	settle()
	b.ReportAllocs()
	var s samples
	for b.Loop() {
		s.time(func() { call(b, c) })
	}
	s.report(b)
}

// BenchmarkPipelined keeps 64 calls in flight.
func BenchmarkPipelined(b *testing.B) {
	const inFlight = 64
	m := newMaster(b)
	c := m.open(b, "local")
	call(b, c)
	settle()
	places := make(chan struct{}, inFlight)
	b.ResetTimer()
	for range b.N {
		places <- struct{}{}
		go func() { call(b, c); <-places }()
	}
	for range inFlight {
		places <- struct{}{}
	}
	b.ReportMetric(float64(b.N)/b.Elapsed().Seconds(), "calls/s")
}
