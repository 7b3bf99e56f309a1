// Command scale measures what many contexts, calls and messages cost, and shows that no
// step is worse than linear. Its scripts are run by the built program, once each, one
// after another; each prints its points as lines of JSON.
//
// It writes docs/scale.md and docs/scale.svg. `make bench-scale` runs it.
package main

import (
	"bytes"
	"encoding/json"
	"flag"
	"fmt"
	"os"
	"os/exec"
	"path/filepath"
	"strings"

	"github.com/mitoscript/mitoscript/bench/machine"
)

// point is a line that a script prints.
type point struct {
	// What is measured: the points of one name are a series.
	What    string
	Number  float64
	Seconds float64
	// Memory is the master's resident memory then, in KB; 0 if it was not asked for.
	Memory float64
}

// series are the points of one name.
type series struct {
	name   string
	points []point
}

// scripts are run in this order.
var scripts = [][]string{{"contexts.star", "1000"}, {"tree.star", "1000"}, {"messages.star"}}

func main() {
	program := flag.String("program", "bin/mitoscript", "the mitoscript to measure")
	out := flag.String("out", "docs", "where scale.md and scale.svg are written")
	flag.Parse()
	if err := run(*program, *out); err != nil {
		fmt.Fprintln(os.Stderr, "scale:", err)
		os.Exit(1)
	}
}

func run(program, out string) error {
	before := machine.Now()
	var all []series
	for _, script := range scripts {
		points, err := measure(program, script)
		if err != nil {
			return err
		}
		all = join(all, points)
	}
	var picture bytes.Buffer
	draw(&picture, all)
	if err := os.WriteFile(filepath.Join(out, "scale.svg"), picture.Bytes(), 0o644); err != nil {
		return err
	}
	return os.WriteFile(filepath.Join(out, "scale.md"), []byte(report(before, machine.Now(), all)), 0o644)
}

// measure runs a script, which is named from the top of the sources.
func measure(program string, script []string) ([]point, error) {
	cmd := exec.Command(program, append([]string{"run", filepath.Join("bench", "scale", script[0])}, script[1:]...)...)
	cmd.Stderr = os.Stderr
	text, err := cmd.Output()
	if err != nil {
		return nil, fmt.Errorf("%s: %w", script[0], err)
	}
	var points []point
	for line := range strings.Lines(string(text)) {
		var p point
		if err := json.Unmarshal([]byte(line), &p); err != nil {
			return nil, fmt.Errorf("%s printed %q: %w", script[0], line, err)
		}
		points = append(points, p)
	}
	return points, nil
}

// join adds points to the series of their names.
func join(all []series, points []point) []series {
	for _, p := range points {
		if n := len(all); n == 0 || all[n-1].name != p.What {
			all = append(all, series{name: p.What})
		}
		last := &all[len(all)-1]
		last.points = append(last.points, p)
	}
	return all
}
