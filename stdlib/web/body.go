package web

import (
	"bufio"
	"errors"
	"io"
	"strconv"
	"strings"
)

// bodyReader reads the body of an answer up to its end.
type bodyReader struct {
	r io.Reader
	// ended says that all of it was read, last that nothing may follow it on the
	// connection.
	ended, last bool
}

func (b *bodyReader) Read(p []byte) (int, error) {
	n, err := b.r.Read(p)
	if err == io.EOF {
		b.ended = true
	}
	return n, err
}

// body finds how the end of an answer's body is told (RFC 9112, section 6.3).
func (cn *conn) body(method string, h *head) (*bodyReader, error) {
	last := h.minor == '0'
	for _, option := range fields(h.header["Connection"]) {
		if option == "close" {
			last = true
		} else if option == "keep-alive" {
			last = false
		}
	}
	if method == "HEAD" || h.code == 204 || h.code == 304 {
		return &bodyReader{r: strings.NewReader(""), ended: true, last: last}, nil
	}
	if coding := fields(h.header["Transfer-Encoding"]); len(coding) > 0 {
		if len(coding) != 1 || coding[0] != "chunked" {
			return nil, errors.New("the answer has the transfer encoding " + strconv.Quote(strings.Join(coding, ", ")) + ", which is not known here")
		}
		// With both, what follows may be another answer's in the eyes of a proxy.
		last = last || len(h.header["Content-Length"]) > 0
		return &bodyReader{r: &chunked{in: cn.in}, last: last}, nil
	}
	lengths := fields(h.header["Content-Length"])
	if len(lengths) == 0 {
		return &bodyReader{r: cn.in, last: true}, nil
	}
	n, err := strconv.ParseUint(lengths[0], 10, 63)
	for _, other := range lengths[1:] {
		if other != lengths[0] {
			err = errors.New("several")
		}
	}
	if err != nil {
		return nil, errors.New("the answer has a Content-Length that is no length: " + strconv.Quote(strings.Join(lengths, ", ")))
	}
	return &bodyReader{r: &exactly{in: cn.in, left: int64(n)}, ended: n == 0, last: last}, nil
}

// fields are the members of a header that is a list, in lower case.
func fields(lines []string) []string {
	var out []string
	for _, line := range lines {
		for _, f := range strings.Split(line, ",") {
			if f = strings.ToLower(strings.TrimSpace(f)); f != "" {
				out = append(out, f)
			}
		}
	}
	return out
}

// exactly reads left bytes; fewer are an error.
type exactly struct {
	in   io.Reader
	left int64
}

func (e *exactly) Read(p []byte) (int, error) {
	if e.left == 0 {
		return 0, io.EOF
	}
	if int64(len(p)) > e.left {
		p = p[:e.left]
	}
	n, err := e.in.Read(p)
	e.left -= int64(n)
	if e.left > 0 {
		return n, eof(err)
	}
	if errors.Is(err, io.EOF) {
		err = nil
	}
	return n, err
}

// maxChunkLine bounds the line before a chunk and each line after the last, in
// bytes; maxTrailers bounds their number.
const (
	maxChunkLine = 4 << 10
	maxTrailers  = 100
)

var errChunk = errors.New("the body of the answer is damaged: a chunk does not begin or end as it must")

// chunked reads a body that comes in chunks, each after its length.
type chunked struct {
	in   *bufio.Reader
	left int64
	// begun says that a chunk was read whose line end is still to come.
	begun bool
	err   error
}

func (c *chunked) Read(p []byte) (int, error) {
	if c.err == nil && c.left == 0 {
		c.err = c.next()
	}
	if c.err != nil {
		return 0, c.err
	}
	if int64(len(p)) > c.left {
		p = p[:c.left]
	}
	n, err := c.in.Read(p)
	c.left -= int64(n)
	if err != nil {
		c.err = eof(err)
	}
	return n, c.err
}

// next reads up to the next chunk; io.EOF after the last.
func (c *chunked) next() error {
	if c.begun {
		if line, err := c.line(); err != nil || line != "" {
			return first(err, errChunk)
		}
	}
	line, err := c.line()
	if err != nil {
		return err
	}
	size, _, _ := strings.Cut(line, ";")
	n, err := strconv.ParseUint(strings.TrimSpace(size), 16, 63)
	if err != nil {
		return errChunk
	}
	c.left, c.begun = int64(n), true
	if n > 0 {
		return nil
	}
	for range maxTrailers {
		if line, err := c.line(); err != nil || line == "" {
			return first(err, io.EOF)
		}
	}
	return errChunk
}

func first(err, other error) error {
	if err != nil {
		return err
	}
	return other
}

// line reads a line without its end.
func (c *chunked) line() (string, error) {
	var line []byte
	for {
		part, err := c.in.ReadSlice('\n')
		line = append(line, part...)
		switch {
		case len(line) > maxChunkLine:
			return "", errChunk
		case errors.Is(err, bufio.ErrBufferFull):
		case err != nil:
			return "", eof(err)
		default:
			return strings.TrimSuffix(string(line[:len(line)-1]), "\r"), nil
		}
	}
}
