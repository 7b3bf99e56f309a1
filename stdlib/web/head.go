package web

import (
	"errors"
	"io"
	"net/textproto"
	"strconv"
	"strings"
)

const (
	// maxHead bounds the head of an answer, in bytes.
	maxHead = 1 << 20
	// maxInterim is how many answers such as 100 Continue may precede the answer.
	maxInterim = 16
)

var errHead = errors.New("the head of the answer is longer than 1 MiB")

// limitedReader ends with an error when more is read than it has left.
type limitedReader struct {
	r    io.Reader
	left int64
}

func (l *limitedReader) Read(p []byte) (int, error) {
	if l.left <= 0 {
		return 0, errHead
	}
	n, err := l.r.Read(p)
	l.left -= int64(n)
	return n, err
}

// head is the beginning of an answer.
type head struct {
	code   int
	reason string
	minor  byte // of HTTP/1.x: '0' or '1'
	header textproto.MIMEHeader
}

// readHead reads a status line and headers.
func (cn *conn) readHead() (*head, error) {
	cn.limited.left = maxHead
	if _, err := cn.in.Peek(1); err != nil {
		return nil, eof(err)
	}
	cn.heard = true
	tp := textproto.NewReader(cn.in)
	line, err := tp.ReadLine()
	if err != nil {
		return nil, eof(err)
	}
	h := &head{}
	proto, rest, _ := strings.Cut(line, " ")
	code, reason, _ := strings.Cut(strings.TrimLeft(rest, " "), " ")
	h.code, err = strconv.Atoi(code)
	if err != nil || len(code) != 3 || h.code < 100 || (proto != "HTTP/1.1" && proto != "HTTP/1.0") {
		if len(line) > 80 {
			line = line[:80]
		}
		return nil, errors.New("the answer is not HTTP/1.1: it begins with " + strconv.Quote(line))
	}
	h.reason, h.minor = reason, proto[len(proto)-1]
	h.header, err = tp.ReadMIMEHeader()
	if err != nil {
		return nil, eof(err)
	}
	return h, nil
}

// eof says that the server closed the connection too early.
func eof(err error) error {
	if errors.Is(err, io.EOF) {
		return io.ErrUnexpectedEOF
	}
	return err
}
