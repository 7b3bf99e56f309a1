package web

import (
	"bytes"
	"compress/gzip"
	"context"
	"errors"
	"io"
	"math"
	"net/textproto"
	"net/url"
	"strconv"
	"strings"
	"time"
)

// message is a request as it goes onto a connection.
type message struct {
	method string
	url    *url.URL
	header textproto.MIMEHeader
	secret []string // headers that were given as Secret
	body   *string  // nil without one
	// unpack asks for a compressed body, and unpacks it.
	unpack bool
}

// response is what came back. Whoever has it closes it.
type response struct {
	code   int
	reason string
	header textproto.MIMEHeader
	url    *url.URL
	body   io.Reader

	done func() // ends the use of the connection
}

func (r *response) Close() { r.done() }

// send gets the answer to m, with no regard to what the answer says.
func (c *clients) send(ctx context.Context, m *message, o tlsOptions) (*response, error) {
	for {
		cn, err := c.pool.get(ctx, m.url, o)
		if err != nil {
			return nil, err
		}
		r, err := cn.exchange(ctx, m)
		// A server may close a connection that was idle just as it is used again.
		if err != nil && cn.used && !cn.heard && ctx.Err() == nil && (m.method == "GET" || m.method == "HEAD") {
			continue
		}
		return r, err
	}
}

// exchange sends m on the connection and reads the head of the answer.
func (cn *conn) exchange(ctx context.Context, m *message) (*response, error) {
	cn.heard = false
	stop := context.AfterFunc(ctx, func() { _ = cn.SetDeadline(time.Unix(1, 0)) })
	written := make(chan error, 1)
	if m.body == nil || *m.body == "" {
		written <- cn.write(m)
	} else { // the server may answer before it has read everything
		go func() { written <- cn.write(m) }()
	}
	r, err := cn.readAnswer(m)
	if err != nil {
		stop()
		_ = cn.Close()
		if werr := <-written; werr != nil && errors.Is(err, io.ErrUnexpectedEOF) {
			err = werr
		}
		return nil, err
	}
	r.done = func() {
		intact := stop()
		select {
		case err := <-written:
			intact = intact && err == nil
		default: // what is left of the request is not wanted
			intact = false
		}
		if end, ok := r.body.(*bodyReader); intact && ok && end.ended && !end.last {
			cn.pool.put(cn)
			return
		}
		_ = cn.Close()
	}
	return r, nil
}

// readAnswer reads up to the beginning of the body.
func (cn *conn) readAnswer(m *message) (*response, error) {
	h, err := cn.readHead()
	for n := 0; err == nil && h.code >= 100 && h.code < 200; n++ {
		if n == maxInterim || h.code == 101 {
			return nil, errors.New("the server answered with a protocol that was not asked for")
		}
		h, err = cn.readHead()
	}
	if err != nil {
		return nil, err
	}
	body, err := cn.body(m.method, h)
	if err != nil {
		return nil, err
	}
	cn.limited.left = math.MaxInt64
	return &response{code: h.code, reason: h.reason, header: h.header, url: m.url, body: body}, nil
}

// maxBody bounds the body of an answer that is kept in memory, as it is unpacked, in
// bytes.
const maxBody = 1 << 30

var errBody = errors.New("the body of the answer is longer than 1 GiB; http.download writes it to a file")

// text reads the body.
func (r *response) text(m *message) (string, error) {
	if told, err := strconv.ParseInt(r.header.Get("Content-Length"), 10, 64); err == nil && told > maxBody && m.method != "HEAD" {
		return "", errBody
	}
	from, err := r.unpacked(m)
	if err != nil {
		return "", err
	}
	var body strings.Builder
	n, err := io.Copy(&body, io.LimitReader(from, maxBody+1))
	if n > maxBody {
		err = errBody
	}
	return body.String(), err
}

// unpacked gives the body as it was before the server packed it for the way.
func (r *response) unpacked(m *message) (io.Reader, error) {
	if !m.unpack || !strings.EqualFold(r.header.Get("Content-Encoding"), "gzip") {
		return r.body, nil
	}
	first := make([]byte, 1)
	if n, err := io.ReadFull(r.body, first); n == 0 && err == io.EOF {
		return r.body, nil // an answer without a body, as to HEAD
	} else if err != nil {
		return nil, err
	}
	z, err := gzip.NewReader(io.MultiReader(bytes.NewReader(first), r.body))
	if err != nil {
		return nil, err
	}
	r.header.Del("Content-Encoding")
	r.header.Del("Content-Length")
	return z, nil
}
