package luaio

import (
	"bufio"
	"context"
	"errors"
	"io"
	"strconv"
	"strings"
	"syscall"

	"github.com/mitoscript/mitoscript/mitogen/value"
)

// read reads by formats ("*l", "*L", "*n", "*a" or a number of bytes): one result
// for each, nil for the first that finds nothing, and none after it.
func (f *file) read(ctx context.Context, formats []value.Value) (value.Value, error) {
	if err := f.usable(); err != nil {
		return nil, err
	}
	if f.input == nil {
		return value.Tuple{nil, f.name + " is opened for only writing", int64(syscall.EBADF)}, nil
	}
	if len(formats) == 0 {
		formats = []value.Value{"*l"}
	}
	var reads []func(*bufio.Reader) (value.Value, error)
	for _, format := range formats {
		read, err := reader(format)
		if err != nil {
			return nil, err
		}
		reads = append(reads, read)
	}
	results := make(chan value.Tuple, 1)
	err := f.input.Use(ctx, func(in *bufio.Reader) error {
		var out value.Tuple
		for _, read := range reads {
			v, err := read(in)
			if err != nil && !errors.Is(err, io.EOF) {
				return err
			}
			if out = append(out, v); v == nil {
				break
			}
		}
		results <- out
		return nil
	})
	switch {
	case ctx.Err() != nil && err != nil:
		return nil, err
	case err != nil:
		return failure(err), nil
	}
	return <-results, nil
}

func reader(format value.Value) (func(*bufio.Reader) (value.Value, error), error) {
	switch v := format.(type) {
	case int64:
		if v >= 0 {
			return func(r *bufio.Reader) (value.Value, error) { return readBytes(r, v) }, nil
		}
	case string:
		switch name := strings.TrimPrefix(v, "*"); {
		case strings.HasPrefix(name, "l"):
			return func(r *bufio.Reader) (value.Value, error) { return readLine(r, false) }, nil
		case strings.HasPrefix(name, "L"):
			return func(r *bufio.Reader) (value.Value, error) { return readLine(r, true) }, nil
		case strings.HasPrefix(name, "n"):
			return readNumber, nil
		case strings.HasPrefix(name, "a"):
			return func(r *bufio.Reader) (value.Value, error) {
				data, err := io.ReadAll(r)
				return string(data), err
			}, nil
		}
	}
	return nil, value.Errorf(value.KindValue, "read: want \"*l\", \"*n\", \"*a\" or a number of bytes, got %v", format)
}

// readBytes reads up to n bytes; of 0 it tells whether there are more.
func readBytes(r *bufio.Reader, n int64) (value.Value, error) {
	if n == 0 {
		if _, err := r.Peek(1); err != nil {
			return nil, err
		}
		return "", nil
	}
	data, err := io.ReadAll(io.LimitReader(r, n))
	if len(data) == 0 {
		return nil, err
	}
	return string(data), err
}

func readLine(r *bufio.Reader, keep bool) (value.Value, error) {
	line, err := r.ReadString('\n')
	if line == "" {
		return nil, err
	}
	if !keep {
		line = strings.TrimSuffix(line, "\n")
	}
	return line, err
}

// maxNumeral bounds the text of a number, in bytes, as Lua does.
const maxNumeral = 200

// readNumber reads a number, after white space.
func readNumber(r *bufio.Reader) (value.Value, error) {
	text := ""
	for len(text) < maxNumeral {
		next, err := r.Peek(1)
		if err != nil {
			break
		}
		c := rune(next[0])
		if text == "" && strings.ContainsRune(" \t\r\n\v\f", c) {
			_, _ = r.Discard(1)
			continue
		}
		sign := text == "" || strings.HasSuffix(strings.ToLower(text), "e")
		if !strings.ContainsRune("0123456789abcdefABCDEFxX.", c) && !(sign && (c == '-' || c == '+')) {
			break
		}
		_, _ = r.Discard(1)
		text += string(c)
	}
	if n, err := strconv.ParseInt(text, 0, 64); err == nil && strings.ContainsAny(text, "xX") {
		return float64(n), nil
	}
	if n, err := strconv.ParseFloat(text, 64); err == nil {
		return n, nil
	}
	return nil, nil
}

// lines walks the lines of a file, without their newlines.
type lines struct {
	f      *file
	closes bool // at the end, which io.lines opened
}

// TypeName makes it an interp.Object.
func (*lines) TypeName() string { return "lines" }

// Attr finds nothing: it is only walked.
func (*lines) Attr(string) (value.Value, bool) { return nil, false }

// AttrNames is empty.
func (*lines) AttrNames() []string { return nil }

// Next gives the next line.
func (l *lines) Next(ctx context.Context) (value.Value, bool, error) {
	v, err := l.f.read(ctx, nil)
	if err != nil {
		return nil, false, err
	}
	got := v.(value.Tuple)
	if got[0] != nil {
		return got[0], true, nil
	}
	if len(got) > 1 {
		return nil, false, value.Errorf(value.KindOS, "cannot read %s: %v", l.f.name, got[1])
	}
	if l.closes {
		_, err = l.f.close(ctx)
	}
	return nil, false, err
}
