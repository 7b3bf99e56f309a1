//go:build !child

package main

import (
	"os"

	"golang.org/x/term"
)

// palette colours text, or leaves it as it is.
type palette bool

const (
	red    = "31"
	green  = "32"
	yellow = "33"
	cyan   = "36"
)

func (p palette) paint(colour, text string) string {
	if !p || text == "" {
		return text
	}
	return "\x1b[" + colour + "m" + text + "\x1b[0m"
}

// checkColour reads the flag --color.
func checkColour(when string) error {
	switch when {
	case "", "auto", "always", "never":
		return nil
	}
	return usageError("--color %s: want auto, always or never", when)
}

// paletteOf gives the colours for a file: what the flag says, else NO_COLOR, else
// CLICOLOR_FORCE, else whether it is a terminal.
func paletteOf(when string, f *os.File) palette {
	force := os.Getenv("CLICOLOR_FORCE")
	switch {
	case when == "always":
		return true
	case when == "never", os.Getenv("NO_COLOR") != "":
		return false
	case force != "" && force != "0":
		return true
	}
	return palette(canMove(f))
}

// canMove reports whether a file is a terminal that knows escape sequences.
func canMove(f *os.File) bool {
	return term.IsTerminal(int(f.Fd())) && os.Getenv("TERM") != "dumb"
}
