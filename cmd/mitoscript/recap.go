//go:build !child

package main

import (
	"cmp"
	"fmt"
	"os"
	"slices"
	"strings"
	"time"

	"github.com/mitoscript/mitoscript/inventory"
	"github.com/mitoscript/mitoscript/mitogen/transport"
	"github.com/mitoscript/mitoscript/mitogen/value"
)

// outcome is what became of one host.
type outcome struct {
	host        *inventory.Host
	err         error
	unreachable bool
	skipped     bool // the command was stopped before its turn
	unfinished  bool // the command was ended meanwhile; err says why
	silent      bool // nothing is told of it
	took        time.Duration
}

// recap counts what became of hosts.
type recap struct {
	ok, failed, unreachable, unfinished, skipped int
}

func (r *recap) add(o *outcome) {
	switch {
	case o.skipped:
		r.skipped++
	case o.unfinished:
		r.unfinished++
	case o.unreachable:
		r.unreachable++
	case o.err != nil:
		r.failed++
	default:
		r.ok++
	}
}

func (r *recap) done() int { return r.ok + r.failed + r.unreachable + r.unfinished + r.skipped }

// troubles names what is not 0 of what went wrong.
func (r *recap) troubles(p palette) string {
	var parts []string
	for _, c := range []struct {
		n            int
		what, colour string
	}{{r.failed, "failed", red}, {r.unreachable, "unreachable", red}, {r.unfinished, "unfinished", yellow}, {r.skipped, "skipped", yellow}} {
		if c.n > 0 {
			parts = append(parts, p.paint(c.colour, fmt.Sprintf("%s %d", c.what, c.n)))
		}
	}
	return strings.Join(parts, ", ")
}

// line is the last line of a command for many hosts.
func (r *recap) line(p palette, slowest outcome) string {
	count := func(what string, n int, colour string) string {
		text := fmt.Sprintf("%s %d", what, n)
		if n == 0 {
			return text
		}
		return p.paint(colour, text)
	}
	parts := []string{count("ok", r.ok, green), count("failed", r.failed, red), count("unreachable", r.unreachable, red)}
	if r.unfinished > 0 {
		parts = append(parts, count("unfinished", r.unfinished, yellow))
	}
	if r.skipped > 0 {
		parts = append(parts, count("skipped", r.skipped, yellow))
	}
	if slowest.host != nil {
		parts = append(parts, fmt.Sprintf("slowest %s %s", slowest.host.Name, slowest.took.Round(time.Millisecond)))
	}
	return strings.Join(parts, ", ")
}

// fault is what went wrong with a host, in one line; "" for one of which nothing is
// to be told.
func (o *outcome) fault() string {
	switch {
	case o.skipped || o.silent || o.err == nil:
		return ""
	case o.unfinished:
		return "unfinished"
	case o.unreachable:
		return "unreachable: " + o.reason()
	}
	return "failed: " + o.reason()
}

// reason is the error in one line, without the host's name: so equal ones are seen to
// be equal.
func (o *outcome) reason() string {
	text := strings.TrimPrefix(visible(oneLine(o.err.Error())), o.host.Name+": ")
	return strings.TrimPrefix(text, "ssh "+o.host.Hostname()+": ")
}

// hint is what can be done about a fault; "" if nothing is known.
func (o *outcome) hint() string {
	hint := hintOf(value.AsError(o.err))
	if transport.WantsPassword(o.err) { // hints name parameters; who reads this has a command line
		hint += "; -k asks for that of ssh, -K for that of sudo, su and doas"
	}
	return hint
}

// maxShown is how long a list of hosts may be in a message, in bytes.
const maxShown = 200

// someHosts names hosts in a message.
func someHosts(names []string) string {
	text := inventory.Fold(names)
	if len(text) <= maxShown {
		return text
	}
	cut := text[:maxShown]
	if comma := strings.LastIndexByte(cut, ','); comma > 0 {
		cut = cut[:comma]
	}
	return fmt.Sprintf("%s,… (%d hosts)", cut, len(names))
}

// tellFaults writes a line for each fault, with the hosts that have it, and each hint
// once.
func (fl *fleet) tellFaults(outcomes []outcome) {
	type fault struct{ text, hint string }
	hosts := map[fault][]string{}
	var faults []fault
	for i := range outcomes {
		f := fault{text: outcomes[i].fault()}
		if f.text == "" {
			continue
		}
		f.hint = outcomes[i].hint()
		if hosts[f] == nil {
			faults = append(faults, f)
		}
		hosts[f] = append(hosts[f], outcomes[i].host.Name)
	}
	p := paletteOf(fl.fan.color, os.Stderr)
	told := map[string]bool{} // hints
	for _, f := range faults {
		what, why, _ := strings.Cut(f.text, ":")
		if why != "" {
			why = ":" + why
		}
		fmt.Fprintf(os.Stderr, "mitoscript: %s: %s%s\n", someHosts(hosts[f]), p.paint(red, what), why)
		if f.hint != "" && !told[f.hint] {
			told[f.hint] = true
			fmt.Fprintln(os.Stderr, "hint: "+visible(f.hint))
		}
	}
}

// conclude reports what became of the hosts, keeps it for @failed, and gives the
// error that is the command's.
func (fl *fleet) conclude(outcomes []outcome, stopped bool) error {
	var last inventory.Last
	var counts recap
	for i := range outcomes {
		o := &outcomes[i]
		counts.add(o)
		switch {
		case o.skipped || o.err == nil:
		case o.unreachable:
			last.Unreachable = append(last.Unreachable, o.host.Name)
		default:
			last.Failed = append(last.Failed, o.host.Name)
		}
	}
	fl.tellFaults(outcomes)
	if len(outcomes) > 1 && !fl.quiet {
		slowest := slices.MaxFunc(outcomes, func(a, b outcome) int { return cmp.Compare(a.took, b.took) })
		fmt.Fprintln(os.Stderr, counts.line(paletteOf(fl.fan.color, os.Stderr), slowest))
	}
	if err := keepRun(last); err != nil {
		fmt.Fprintf(os.Stderr, "mitoscript: cannot keep what failed for @failed: %v\n", err)
	}
	switch {
	case stopped:
		return &statusError{status: exitStopped}
	case len(last.Failed) > 0:
		return &statusError{status: exitFailed}
	case len(last.Unreachable) > 0:
		return &statusError{status: exitUnreachable}
	}
	return nil
}
