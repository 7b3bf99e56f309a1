//go:build !child

package main

import (
	"errors"
	"fmt"
	"io"
	"io/fs"
	"os"
	"path/filepath"

	"github.com/mitoscript/mitoscript/interp"
)

// script is what is to be run.
type script struct {
	interp.Source
	lang string // "starlark" or "lua"
	file bool   // it is a file, whose folder has its modules
}

// source reads the script that the arguments name; rest are its own arguments.
func (f *runFlags) source(args []string) (s script, rest []string, err error) {
	switch {
	case f.isCode:
		s.Source = interp.Source{Path: "<code>", Text: []byte(f.code)}
		rest = args
	case len(args) == 0:
		return s, nil, usageError("run: give the script's file, or - for stdin")
	case args[0] == "-":
		text, err := io.ReadAll(os.Stdin)
		if err != nil {
			return s, nil, usageError("cannot read the script from stdin: %w", err)
		}
		s.Source = interp.Source{Path: "<stdin>", Text: text}
		rest = args[1:]
	default:
		text, err := os.ReadFile(args[0])
		if err != nil {
			return s, nil, fileError(args[0], err)
		}
		s.Source = interp.Source{Path: args[0], Text: text}
		s.file, rest = true, args[1:]
	}
	s.lang, err = f.language(s.Path)
	return s, rest, err
}

func fileError(path string, err error) error {
	var pe *fs.PathError
	if errors.As(err, &pe) {
		err = pe.Err
	}
	return &statusError{status: exitUsage, err: fmt.Errorf("cannot read the script %s: %w", path, err)}
}

// language is told by --lang, then by the extension; else it is Starlark.
func (f *runFlags) language(path string) (string, error) {
	switch f.lang {
	case "star", "starlark":
		return "starlark", nil
	case "lua":
		return "lua", nil
	case "":
		if filepath.Ext(path) == ".lua" {
			return "lua", nil
		}
		return "starlark", nil
	}
	return "", usageError("--lang: unknown language %q: star or lua", f.lang)
}
