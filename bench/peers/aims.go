package main

import (
	"fmt"
	"strings"
)

// An aim is a bound on what is measured.
type aim struct {
	what    string
	atLeast bool
	bound   float64
	value   func(results) (float64, bool)
}

// aims are those of the project; ratios are to Python mitogen in the same turn unless they say otherwise.
var aims = []aim{
	{"a call is × as fast", true, 10, faster("call", python)},
	{"a call is × a trip through the raw pipe", false, 8, share("call", pipe)},
	{"1,000 outstanding calls are × as fast, the first times in a process", true, 10, faster("outstanding", python)},
	{"1,000 outstanding calls are × as fast, later", true, 10, faster("warm", python)},
	{"streams to the child are × its best", true, 3, best(python, "up128k", "up1m")},
	{"streams from the child are × its best", true, 3, best(python, "down128k", "down1m")},
	{"streams to the child are × the raw pipe", true, 0.4, best(pipe, "up128k", "up1m")},
	{"streams from the child are × the raw pipe", true, 0.4, best(pipe, "down128k", "down1m")},
	{"a local context is × as fast", true, 15, faster("local", python)},
	{"a fork context is × as fast", true, 1.5, faster("fork", python)},
	{"each hop adds, µs", false, 40, hop(ours)},
	{"an idle child, resident MB", false, 10, figure("child")},
	{"a call during a transfer is × an idle one", false, 3, figure("slower")},
}

func (r report) aims() string {
	var b strings.Builder
	fmt.Fprintf(&b, "| against Python mitogen, unless it says otherwise | aim | measured | |\n|---|---|---|---|\n")
	for _, a := range aims {
		v, known := a.value(r.results)
		if !known {
			continue
		}
		sign, met := "≤", v <= a.bound
		if a.atLeast {
			sign, met = "≥", v >= a.bound
		}
		verdict := "missed"
		if met {
			verdict = "met"
		}
		fmt.Fprintf(&b, "| %s | %s %g | %s | %s |\n", a.what, sign, a.bound, orBlank(v, true), verdict)
	}
	if v, known := hop(pipe)(r.results); known {
		fmt.Fprintf(&b, "\nEach hop of raw pipes between processes that only hand on adds %s µs in the same turns.\n", orBlank(v, true))
	}
	return b.String()
}

func metricOf(key string) metric {
	for _, t := range tasks {
		for _, m := range t.metrics {
			if m.key == key {
				return m
			}
		}
	}
	return metric{}
}

func faster(key, than string) func(results) (float64, bool) {
	return func(r results) (float64, bool) { return r.ratio(key, ours, than, metricOf(key).times) }
}

func share(key, of string) func(results) (float64, bool) {
	return func(r results) (float64, bool) {
		return r.ratio(key, ours, of, func(a, b float64) float64 { return a / b })
	}
}

func figure(key string) func(results) (float64, bool) {
	return func(r results) (float64, bool) { return median(r[key][ours]), r[key][ours] != nil }
}

// best compares the best of several figures in each turn, at whatever size of message.
func best(of string, keys ...string) func(results) (float64, bool) {
	return func(r results) (float64, bool) {
		merged := results{"best": {}}
		for _, tool := range []string{ours, of} {
			for i := range r[keys[0]][tool] {
				v := 0.0
				for _, key := range keys {
					v = max(v, r[key][tool][i])
				}
				merged["best"][tool] = append(merged["best"][tool], v)
			}
		}
		return merged.ratio("best", ours, of, func(a, b float64) float64 { return a / b })
	}
}

// hop is what each of three further hops adds.
func hop(tool string) func(results) (float64, bool) {
	return func(r results) (float64, bool) {
		var added []float64
		for i, near := range r["depth1"][tool] {
			added = append(added, (r["depth4"][tool][i]-near)/3)
		}
		return median(added), added != nil
	}
}
