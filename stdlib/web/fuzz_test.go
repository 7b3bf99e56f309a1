package web

import (
	"bufio"
	"bytes"
	"io"
	"math"
	"testing"
)

// FuzzAnswer: whatever a server answers is read to its end, or refused.
func FuzzAnswer(f *testing.F) {
	for _, s := range []string{
		"HTTP/1.1 200 OK\r\nContent-Length: 3\r\n\r\nabcdef", "HTTP/1.1 100 Continue\r\n\r\nHTTP/1.0 204 \r\n\r\n",
		"HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n3;x=y\r\nabc\r\n0\r\nA: b\r\n\r\n", "HTTP/1.1 200 OK\nContent-Length: 1, 2\n\n",
		"HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\nffffffffffffffff\r\n", "HTTP/2 200\r\n\r\n", "HTTP/1.1 999 x\r\n folded: y\r\n\r\n",
	} {
		f.Add([]byte(s), "GET")
	}
	f.Fuzz(func(t *testing.T, data []byte, method string) {
		cn := &conn{limited: &limitedReader{r: bytes.NewReader(data)}}
		cn.in = bufio.NewReader(cn.limited)
		h, err := cn.readHead()
		if err != nil {
			return
		}
		if h.code < 100 || h.code > 999 {
			t.Fatalf("status %d", h.code)
		}
		cn.limited.left = math.MaxInt64
		body, err := cn.body(method, h)
		if err != nil {
			return
		}
		if n, _ := io.Copy(io.Discard, body); n > int64(len(data)) {
			t.Fatalf("%d bytes of body in an answer of %d", n, len(data))
		}
	})
}
