package fs

import (
	"context"
	"io"
	"os"
	"strings"

	"github.com/mitoscript/mitoscript/interp"
	"github.com/mitoscript/mitoscript/mitogen/value"
	"github.com/mitoscript/mitoscript/stdlib/oserror"
)

func readFuncs() []*interp.Func {
	return []*interp.Func{
		onPath("read", "Returns a file's content as text, byte for byte.",
			func(_ context.Context, p string, _ *interp.Args) (value.Value, error) { return text(readFile(p)) }),
		onPath("read_bytes", "Returns a file's content as bytes.",
			func(_ context.Context, p string, _ *interp.Args) (value.Value, error) {
				s, err := readFile(p)
				if err != nil {
					return nil, err
				}
				return value.Bytes(s), nil
			}),
		onPath("lines", "Returns a file's lines, without their newlines, as a list.",
			func(_ context.Context, p string, _ *interp.Args) (value.Value, error) {
				s, err := readFile(p)
				if err != nil {
					return nil, err
				}
				return texts(SplitLines(s)), nil
			}),
	}
}

func text(s string, err error) (value.Value, error) {
	if err != nil {
		return nil, err
	}
	return s, nil
}

// readFile reads into a builder, so that a big file is held once.
func readFile(p string) (string, error) {
	f, err := os.Open(p)
	if err != nil {
		return "", oserror.Wrap("read", p, err)
	}
	defer f.Close()
	var b strings.Builder
	if info, err := f.Stat(); err == nil && info.Mode().IsRegular() {
		b.Grow(int(info.Size()))
	}
	if _, err := io.Copy(&b, f); err != nil {
		return "", oserror.Wrap("read", p, err)
	}
	return b.String(), nil
}

// SplitLines splits text at newlines (LF, CRLF); an ending newline opens no
// further line.
func SplitLines(s string) []string {
	var out []string
	for line := range strings.Lines(s) {
		line = strings.TrimSuffix(line, "\n")
		out = append(out, strings.TrimSuffix(line, "\r"))
	}
	return out
}
