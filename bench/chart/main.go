// Command chart draws the table of a Markdown file as an SVG picture: seconds against
// number, both logarithmic, a line for each row that names what is measured. A straight
// line at the slope of the grid's diagonal is linear cost.
//
//	go run ./bench/chart docs/benchmarks.md > docs/benchmarks.svg
package main

import (
	"bufio"
	"errors"
	"fmt"
	"io"
	"math"
	"os"
	"strconv"
	"strings"
)

type point struct{ number, seconds float64 }

// series is what one row names, with the rows below it that name nothing.
type series struct {
	name   string
	points []point
}

func main() {
	if err := run(os.Args[1:], os.Stdout); err != nil {
		fmt.Fprintln(os.Stderr, "chart:", err)
		os.Exit(1)
	}
}

func run(args []string, w io.Writer) error {
	if len(args) != 1 {
		return errors.New("want the file with the table")
	}
	f, err := os.Open(args[0])
	if err != nil {
		return err
	}
	defer func() { _ = f.Close() }()
	all, err := read(f)
	if err != nil {
		return fmt.Errorf("%s: %w", args[0], err)
	}
	out := bufio.NewWriter(w)
	draw(out, all)
	return out.Flush()
}

// read takes the rows whose second and third cells are numbers.
func read(r io.Reader) (all []series, err error) {
	lines := bufio.NewScanner(r)
	for lines.Scan() {
		cells := strings.Split(lines.Text(), "|")
		if len(cells) < 5 {
			continue
		}
		number, err := strconv.ParseFloat(strings.ReplaceAll(strings.TrimSpace(cells[2]), " ", ""), 64)
		seconds, err2 := strconv.ParseFloat(strings.TrimSpace(cells[3]), 64)
		if err != nil || err2 != nil || number <= 0 || seconds <= 0 {
			continue
		}
		if name := strings.TrimSpace(cells[1]); name != "" || len(all) == 0 {
			all = append(all, series{name: name})
		}
		last := &all[len(all)-1]
		last.points = append(last.points, point{number, seconds})
	}
	if len(all) == 0 && lines.Err() == nil {
		return nil, errors.New("there is no table of numbers and seconds")
	}
	return all, lines.Err()
}

// The picture: a decade is as wide as it is high.
const (
	decade      = 90.0
	left, top   = 60.0, 20.0
	fromX, toX  = 1, 6  // powers of ten of numbers
	fromY, toY  = -2, 2 // of seconds
	legendLine  = 18.0
	legendAbove = 40.0
)

func x(number float64) float64 { return left + (math.Log10(number)-fromX)*decade }

func y(seconds float64) float64 { return top + (toY-math.Log10(seconds))*decade }

func draw(w io.Writer, all []series) {
	bottom, right := y(math.Pow(10, fromY)), x(math.Pow(10, toX))
	height := bottom + legendAbove + legendLine*float64(len(all)) + 10
	p := func(format string, args ...any) { _, _ = fmt.Fprintf(w, format+"\n", args...) }
	p(`<svg xmlns="http://www.w3.org/2000/svg" width="%.0f" height="%.0f" font-family="sans-serif" font-size="12">`, right+40, height)
	p(`<rect width="100%%" height="100%%" fill="white"/>`)
	for e := fromX; e <= toX; e++ {
		at := x(math.Pow(10, float64(e)))
		p(`<path d="M%.1f %.1fV%.1f" stroke="#ddd"/><text x="%.1f" y="%.1f" text-anchor="middle">10^%d</text>`, at, top, bottom, at, bottom+16, e)
	}
	for e := fromY; e <= toY; e++ {
		at := y(math.Pow(10, float64(e)))
		p(`<path d="M%.1f %.1fH%.1f" stroke="#ddd"/><text x="%.1f" y="%.1f" text-anchor="end">%g s</text>`, left, at, right, left-6, at+4, math.Pow(10, float64(e)))
	}
	for i, s := range all {
		colour := fmt.Sprintf("hsl(%d,70%%,40%%)", i*360/len(all))
		var path strings.Builder
		for j, pt := range s.points {
			fmt.Fprintf(&path, "%c%.1f %.1f", "ML"[min(j, 1)], x(pt.number), y(pt.seconds))
			p(`<circle cx="%.1f" cy="%.1f" r="3" fill="%s"/>`, x(pt.number), y(pt.seconds), colour)
		}
		p(`<path d="%s" fill="none" stroke="%s" stroke-width="2"/>`, path.String(), colour)
		p(`<text x="%.1f" y="%.1f" fill="%s">%s</text>`, left, bottom+legendAbove+legendLine*float64(i), colour, s.name)
	}
	p(`</svg>`)
}
