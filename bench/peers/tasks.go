package main

import "math"

// A task is work that one or several tools do, and what they tell of it.
type task struct {
	name    string
	tools   []string
	slow    bool // fewer turns
	metrics []metric
}

// metric is a figure of a task.
type metric struct {
	key, title, unit string
	more             bool // more is better
}

const (
	ours    = "mitoscript"
	python  = "mitogen"
	execnet = "execnet"
	pipe    = "raw pipe"
	pdsh    = "pdsh"
	clush   = "clush"
	ansible = "ansible"
	xargs   = "xargs ssh"
)

// order is that of columns and bars.
var order = []string{ours, python, execnet, pipe, pdsh, clush, ansible, xargs}

var tasks = []task{
	{name: "local", tools: []string{ours, python, execnet}, metrics: []metric{{key: "local", title: "new local context and its first call", unit: "ms"}}},
	{name: "fork", tools: []string{ours, python}, metrics: []metric{{key: "fork", title: "new fork context and its first call", unit: "ms"}}},
	{name: "via", tools: []string{ours, python}, metrics: []metric{{key: "via", title: "a chain of three local contexts, each via the one before", unit: "ms"}}},
	{name: "sudo", tools: []string{ours, python}, metrics: []metric{{key: "sudo", title: "new sudo context and its first call", unit: "ms"}}},
	{name: "ssh", tools: []string{ours, python, execnet}, metrics: []metric{{key: "ssh", title: "new ssh context and its first call", unit: "ms"}}},
	{name: "call", tools: []string{ours, python, execnet, pipe}, metrics: []metric{
		{key: "call", title: "call of a function that does nothing", unit: "µs"},
		{key: "call100", title: "the same with 100 bytes of text", unit: "µs"},
		{key: "call10k", title: "the same with 10 KB of text", unit: "µs"},
	}},
	{name: "depth", tools: []string{ours, python, pipe}, metrics: []metric{
		{key: "depth1", title: "call at depth 1", unit: "µs"},
		{key: "depth2", title: "call at depth 2", unit: "µs"},
		{key: "depth3", title: "call at depth 3", unit: "µs"},
		{key: "depth4", title: "call at depth 4", unit: "µs"},
	}},
	{name: "outstanding", tools: []string{ours, python, execnet}, metrics: []metric{
		{key: "outstanding", title: "1,000 calls outstanding, taken by Select, the first three times in a process", unit: "calls/s", more: true},
		{key: "warm", title: "the same, once a process has done it 14 times", unit: "calls/s", more: true},
	}},
	{name: "noreply", tools: []string{ours, python}, metrics: []metric{{key: "noreply", title: "2,000 calls without reply", unit: "calls/s", more: true}}},
	{name: "bulk", tools: []string{ours, python, execnet, pipe}, metrics: []metric{
		{key: "up128k", title: "stream to the child, messages of 128 KiB", unit: "MB/s", more: true},
		{key: "up1m", title: "stream to the child, messages of 1 MiB", unit: "MB/s", more: true},
		{key: "down128k", title: "stream from the child, messages of 128 KiB", unit: "MB/s", more: true},
		{key: "down1m", title: "stream from the child, messages of 1 MiB", unit: "MB/s", more: true},
		{key: "argument128k", title: "calls with 128 KiB as argument", unit: "MB/s", more: true},
		{key: "argument1m", title: "calls with 1 MiB as argument", unit: "MB/s", more: true},
		{key: "result128k", title: "calls with 128 KiB as result", unit: "MB/s", more: true},
		{key: "result1m", title: "calls with 1 MiB as result", unit: "MB/s", more: true},
	}},
	{name: "file", tools: []string{ours, python}, metrics: []metric{{key: "file", title: "a file of 64 MB to a local context", unit: "MB/s", more: true}}},
	{name: "busy", tools: []string{ours, python}, metrics: []metric{
		{key: "idle", title: "call, nothing else going on", unit: "µs"},
		{key: "busy", title: "call while a file goes to the same context", unit: "µs"},
		{key: "slower", title: "the latter to the former", unit: "×"},
	}},
	{name: "memory", tools: []string{ours, python, execnet}, metrics: []metric{
		{key: "child", title: "a local child that has run a call and waited for 2 s, resident", unit: "MB"},
		{key: "master", title: "its master, for each of 16 of them, resident", unit: "MB"},
	}},
	{name: "command", tools: []string{ours, python, execnet, pdsh, clush, ansible, xargs}, slow: true, metrics: []metric{
		{key: "seconds", title: "`true` on all hosts, from the start of the tool to its end", unit: "s"},
	}},
	{name: "fleet", tools: []string{ours, python, execnet}, slow: true, metrics: []metric{
		{key: "connect", title: "ssh to all hosts at once, and a first call in each", unit: "s"},
		{key: "round", title: "then a call in each, side by side", unit: "ms"},
	}},
}

// times says how many times as good a is as b.
func (m metric) times(a, b float64) float64 {
	if m.more {
		a, b = b, a
	}
	if a <= 0 || b <= 0 {
		return math.NaN()
	}
	return b / a
}
