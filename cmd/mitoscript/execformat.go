//go:build !child

package main

import (
	"bytes"
	"encoding/base64"
	"encoding/json"
	"fmt"
	"math"
	"os"
	"strings"
	"unicode/utf8"

	"golang.org/x/term"

	"github.com/mitoscript/mitoscript/inventory"
)

// resultFormat is a way to show results.
type resultFormat struct {
	live bool                                    // output is shown as it comes
	keep bool                                    // output is kept for each and all
	each func(s shape, r *result) string         // what is shown when a host has ended
	all  func(s shape, results []*result) string // what is shown when all have
}

var resultFormats = map[string]resultFormat{
	"text":    {live: true},
	"fold":    {keep: true, all: showFolded},
	"oneline": {keep: true, each: showLine},
	"table":   {keep: true, all: showTable},
	"json":    {keep: true, all: showJSON},
	"jsonl":   {keep: true, each: showJSONLine},
	"none":    {},
}

// shape is what the outputs allow.
type shape struct {
	stdout, stderr palette
	columns        int // of stdout; 0 if it is no terminal
}

func shapeOf(color string) shape {
	s := shape{stdout: paletteOf(color, os.Stdout), stderr: paletteOf(color, os.Stderr)}
	if n, _, err := term.GetSize(int(os.Stdout.Fd())); err == nil {
		s.columns = n
	}
	return s
}

// state is what became of a host in a word or two, and its colour.
func (r *result) state() (text, colour string) {
	switch {
	case r.skipped:
		return "skipped", yellow
	case r.unfinished:
		return "unfinished", yellow
	case r.unreachable:
		return "unreachable", red
	case r.err == nil:
		return "ok", green
	case !r.ran:
		return "failed", red
	}
	return r.err.Error(), red
}

// showFolded shows equal output once, under the names of all hosts that have it.
func showFolded(s shape, results []*result) string {
	type key struct{ state, stdout, stderr string }
	var keys []key
	hosts := map[key][]string{}
	colours := map[string]string{}
	for _, r := range results {
		if !r.ran {
			continue // the recap tells of it
		}
		state, colour := r.state()
		colours[state] = colour
		k := key{state, r.stdout.String(), r.stderr.String()}
		if hosts[k] == nil {
			keys = append(keys, k)
		}
		hosts[k] = append(hosts[k], r.host)
	}
	var b strings.Builder
	for _, k := range keys {
		head := fmt.Sprintf("--- %s (%d)", printable(inventory.Fold(hosts[k])), len(hosts[k]))
		b.WriteString(s.stdout.paint(cyan, head) + ": " + s.stdout.paint(colours[k.state], k.state) + "\n")
		for _, text := range []string{k.stdout, k.stderr} {
			b.WriteString(text)
			if text != "" && !strings.HasSuffix(text, "\n") {
				b.WriteByte('\n')
			}
		}
	}
	return b.String()
}

// said is what a host printed, or why it did not, for a line.
func (r *result) said() string {
	out, errs := strings.TrimRight(r.stdout.String(), "\r\n"), strings.TrimRight(r.stderr.String(), "\r\n")
	switch {
	case r.err != nil && !r.ran && !r.unfinished:
		return r.reason()
	case out == "":
		return errs
	case errs != "" && r.err != nil:
		return out + "\n" + errs
	}
	return out
}

// showLine shows a result in one line, with \n for the end of a line and \xNN for
// what would do something to a terminal.
func showLine(s shape, r *result) string {
	state, colour := r.state()
	return s.stdout.paint(cyan, printable(r.host)+":") + " " + strings.TrimRight(s.stdout.paint(colour, state)+": "+escaped(r.said()), " ") + "\n"
}

func escaped(text string) string {
	var b strings.Builder
	for i := 0; i < len(text); {
		c, n := utf8.DecodeRuneInString(text[i:])
		switch {
		case c == '\n':
			b.WriteString(`\n`)
		case c == '\t', c >= ' ' && c != '\\' && (c < 0x7f || c >= 0xa0) && (c != utf8.RuneError || n > 1):
			b.WriteString(text[i : i+n])
		case c == '\\':
			b.WriteString(`\\`)
		default:
			for _, octet := range []byte(text[i : i+n]) {
				fmt.Fprintf(&b, `\x%02x`, octet)
			}
		}
		i += n
	}
	return b.String()
}

// showTable shows a line for each host, as wide as the terminal, with the first line
// of what it printed.
func showTable(s shape, results []*result) string {
	rows := [][]string{{"HOST", "STATE", "SECONDS", "OUTPUT"}}
	colours := []string{""}
	for _, r := range results {
		state, colour := r.state()
		seconds := ""
		if !r.skipped {
			seconds = fmt.Sprintf("%.2f", r.took.Seconds())
		}
		first, _, _ := strings.Cut(strings.TrimSpace(r.said()), "\n")
		rows = append(rows, []string{printable(r.host), state, seconds, escaped(first)})
		colours = append(colours, colour)
	}
	widths := make([]int, 4)
	for _, row := range rows {
		for i, cell := range row {
			widths[i] = max(widths[i], utf8.RuneCountInString(cell))
		}
	}
	var b strings.Builder
	for i, row := range rows {
		line := fmt.Sprintf("%-*s  %-*s  %*s  %s", widths[0], row[0], widths[1], row[1], widths[2], row[2], row[3])
		line = strings.TrimRight(line, " ")
		if cut := []rune(line); s.columns > 0 && len(cut) > s.columns {
			line = string(cut[:s.columns])
		}
		if from := widths[0] + 2; colours[i] != "" {
			cells := []rune(line)
			from = min(from, len(cells))
			to := min(from+utf8.RuneCountInString(row[1]), len(cells))
			line = string(cells[:from]) + s.stdout.paint(colours[i], string(cells[from:to])) + string(cells[to:])
		}
		b.WriteString(line + "\n")
	}
	return b.String()
}

// record is a result as JSON.
type record struct {
	Host        string  `json:"host"`
	OK          bool    `json:"ok"`
	Unreachable bool    `json:"unreachable"`
	Code        *int    `json:"code"` // null if the command did not end by itself
	Stdout      string  `json:"stdout"`
	Stderr      string  `json:"stderr"`
	Error       *string `json:"error"` // null if there is none
	Seconds     float64 `json:"seconds"`
	// The exact bytes of what is not UTF-8.
	StdoutBase64 string `json:"stdout_base64,omitempty"`
	StderrBase64 string `json:"stderr_base64,omitempty"`
}

func (r *result) record() record {
	rec := record{Host: r.host, OK: r.ran && r.err == nil, Unreachable: r.unreachable,
		Seconds: math.Round(r.took.Seconds()*1e6) / 1e6}
	if r.ran {
		rec.Code = &r.code
	}
	rec.Stdout, rec.StdoutBase64 = jsonText(r.stdout.Bytes())
	rec.Stderr, rec.StderrBase64 = jsonText(r.stderr.Bytes())
	why := ""
	switch {
	case r.skipped:
		why = "skipped: the command was stopped before"
	case r.err != nil:
		why = r.err.Error()
	default:
		return rec
	}
	rec.Error = &why
	return rec
}

func jsonText(data []byte) (text, exact string) {
	if utf8.Valid(data) {
		return string(data), ""
	}
	return strings.ToValidUTF8(string(data), "\ufffd"), base64.StdEncoding.EncodeToString(data)
}

func showJSONLine(_ shape, r *result) string {
	var b bytes.Buffer
	enc := json.NewEncoder(&b)
	enc.SetEscapeHTML(false)
	if err := enc.Encode(r.record()); err != nil {
		panic("exec: a record that is no JSON: " + err.Error())
	}
	return b.String()
}

func showJSON(s shape, results []*result) string {
	lines := make([]string, len(results))
	for i, r := range results {
		lines[i] = strings.TrimSuffix(showJSONLine(s, r), "\n")
	}
	return "[\n" + strings.Join(lines, ",\n") + "\n]\n"
}
