package main

import (
	"fmt"
	"math"
	"strings"
)

const (
	rowHeight = 15
	textWidth = 380
	barsWidth = 420
	decades   = 4 // from 0.1 to 1000 times
	lowest    = -1
)

var colours = map[string]string{
	ours: "#1f6feb", execnet: "#d29922", pipe: "#6e7781", pdsh: "#8250df", clush: "#bf3989", ansible: "#cf222e", xargs: "#57606a",
}

// chart draws, for every figure, how many times as good as Python mitogen each tool
// is, on a logarithmic scale: to the right of the line is better.
func chart(r results) string {
	var rows strings.Builder
	y := 50
	for _, t := range tasks {
		for _, m := range t.metrics {
			if r[m.key][python] == nil || m.key == "slower" || m.key == "master" {
				continue
			}
			fmt.Fprintf(&rows, `<text x="%d" y="%d" text-anchor="end">%s</text>`+"\n", textWidth-8, y+11, strings.ReplaceAll(m.title, "`", ""))
			for _, tool := range order {
				times, known := r.ratio(m.key, tool, python, m.times)
				if tool == python || !known || math.IsNaN(times) {
					continue
				}
				from, to := place(1), place(times)
				fmt.Fprintf(&rows, `<rect x="%.1f" y="%d" width="%.1f" height="%d" fill="%s"><title>%s: %s</title></rect>`+"\n",
					min(from, to), y+2, math.Abs(to-from), rowHeight-4, colours[tool], tool, orBlank(times, true))
				fmt.Fprintf(&rows, `<text x="%.1f" y="%d">%s</text>`+"\n", max(from, to)+3, y+12, orBlank(times, true))
				y += rowHeight
			}
			y += 5
		}
	}
	var b strings.Builder
	width := textWidth + barsWidth + 60
	fmt.Fprintf(&b, `<svg xmlns="http://www.w3.org/2000/svg" viewBox="0 0 %d %d" width="%d" height="%d" font-family="sans-serif" font-size="11" fill="#24292f">`+"\n", width, y+20, width, y+20)
	fmt.Fprintf(&b, `<rect width="%d" height="%d" fill="#ffffff"/>`+"\n", width, y+20)
	fmt.Fprintf(&b, `<text x="8" y="18" font-size="14">How many times as good as Python mitogen (logarithmic)</text>`+"\n")
	x := 8
	for _, tool := range order {
		if colour, ok := colours[tool]; ok {
			fmt.Fprintf(&b, `<rect x="%d" y="28" width="10" height="10" fill="%s"/><text x="%d" y="37">%s</text>`+"\n", x, colour, x+14, tool)
			x += 95
		}
	}
	for i := 0; i <= decades; i++ {
		times := math.Pow(10, float64(i+lowest))
		fmt.Fprintf(&b, `<line x1="%.1f" x2="%.1f" y1="46" y2="%d" stroke="%s"/><text x="%.1f" y="%d" text-anchor="middle">%g</text>`+"\n",
			place(times), place(times), y, grid(times), place(times), y+14, times)
	}
	return b.String() + rows.String() + "</svg>\n"
}

func grid(times float64) string {
	if times == 1 {
		return "#24292f"
	}
	return "#d0d7de"
}

// place is where a ratio is on the scale.
func place(times float64) float64 {
	log := min(max(math.Log10(times), lowest), lowest+decades)
	return textWidth + (log-lowest)/decades*barsWidth
}
