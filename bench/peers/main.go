// Command peers measures mitoscript beside what does the same work: Python
// mitogen, execnet, and for a command on many hosts pdsh, clush, Ansible and ssh
// itself; and a raw pipe between two Go processes, which is the limit of what any
// of them could reach here. Each task is a process of its own that takes its own
// times; the tools take turns, and what counts is the median of the ratios of a turn.
//
// It writes docs/benchmarks.md and docs/benchmarks.svg. `make bench-peers`
// installs the tools and runs it.
package main

import (
	"context"
	"errors"
	"flag"
	"fmt"
	"os"
	"os/signal"
	"strconv"
	"strings"
	"syscall"

	"github.com/mitoscript/mitoscript/bench/machine"
)

func main() {
	if len(os.Args) > 1 && os.Args[1] == farEnd {
		if err := farSide(os.Args[2:]); err != nil {
			fmt.Fprintln(os.Stderr, "peers:", err)
			os.Exit(1)
		}
		return
	}
	rounds := flag.Int("rounds", 5, "turns of each task; tasks that connect to many hosts get three fifths of them")
	hosts := flag.Int("hosts", 20, "hosts of the fleet; all are this machine")
	only := flag.String("only", "", "names of tasks after commas; nothing is written then")
	program := flag.String("program", "bin/mitoscript", "the mitoscript to measure")
	out := flag.String("out", "docs", "where benchmarks.md and benchmarks.svg are written")
	flag.Parse()
	ctx, stop := signal.NotifyContext(context.Background(), os.Interrupt, syscall.SIGTERM)
	defer stop()
	if err := run(ctx, *program, *out, *only, *rounds, *hosts); err != nil {
		fmt.Fprintln(os.Stderr, "peers:", err)
		os.Exit(1)
	}
}

// farSide is what this program does as a process of a raw pipe.
func farSide(args []string) error {
	further, err := strconv.Atoi(strings.Join(args, ""))
	if err != nil || further == 0 {
		return errors.Join(err, serveRaw())
	}
	return relayRaw(further)
}

func run(ctx context.Context, program, out, only string, rounds, hosts int) error {
	lab, err := newLab(program, hosts)
	if err != nil {
		return err
	}
	defer lab.close()
	before := machine.Now()
	got, err := lab.measure(ctx, chosen(only), rounds)
	if err != nil {
		return err
	}
	after := machine.Now()
	r := report{results: got, before: before, after: after, versions: lab.versions(), missing: lab.missing, rounds: rounds, hosts: hosts}
	if only != "" {
		fmt.Print(r.table())
		return nil
	}
	if err := os.WriteFile(out+"/benchmarks.svg", []byte(chart(got)), 0o644); err != nil {
		return err
	}
	return os.WriteFile(out+"/benchmarks.md", []byte(r.text()), 0o644)
}

func chosen(only string) []task {
	if only == "" {
		return tasks
	}
	var some []task
	for _, t := range tasks {
		for _, name := range strings.Split(only, ",") {
			if t.name == name {
				some = append(some, t)
			}
		}
	}
	return some
}
