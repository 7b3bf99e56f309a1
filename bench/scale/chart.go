package main

import (
	"fmt"
	"io"
	"math"
	"strings"
)

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

// draw shows seconds against numbers, both logarithmic, a line for each series. A
// straight line at the slope of the grid's diagonal is linear cost.
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
			fmt.Fprintf(&path, "%c%.1f %.1f", "ML"[min(j, 1)], x(pt.Number), y(pt.Seconds))
			p(`<circle cx="%.1f" cy="%.1f" r="3" fill="%s"/>`, x(pt.Number), y(pt.Seconds), colour)
		}
		p(`<path d="%s" fill="none" stroke="%s" stroke-width="2"/>`, path.String(), colour)
		p(`<text x="%.1f" y="%.1f" fill="%s">%s</text>`, left, bottom+legendAbove+legendLine*float64(i), colour, s.name)
	}
	p(`</svg>`)
}
