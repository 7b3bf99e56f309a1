package web_test

import (
	"bytes"
	"compress/gzip"
	"crypto/sha256"
	"encoding/hex"
	"encoding/pem"
	"errors"
	"fmt"
	"io"
	"net"
	"net/http"
	"net/http/httptest"
	"os"
	"strings"
	"sync"
	"sync/atomic"
	"testing"

	"github.com/mitoscript/mitoscript/interp"
	"github.com/mitoscript/mitoscript/mitogen/value"
)

func attr(t *testing.T, v value.Value, name string) value.Value {
	t.Helper()
	got, ok := v.(interp.Object).Attr(name)
	if !ok {
		t.Fatalf("the answer has no %s", name)
	}
	return got
}

func TestTLSWithAnAuthorityOfItsOwn(t *testing.T) {
	s := httptest.NewTLSServer(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) { _, _ = io.WriteString(w, r.Proto) }))
	defer s.Close()
	s.Config.ErrorLog = nil
	ca := t.TempDir() + "/ca.pem"
	if err := os.WriteFile(ca, pem.EncodeToMemory(&pem.Block{Type: "CERTIFICATE", Bytes: s.Certificate().Raw}), 0o600); err != nil {
		t.Fatal(err)
	}
	if _, err := call(t, "get", s.URL, nil); !errors.Is(err, value.KindOS) || !strings.Contains(err.Error(), "certificate") {
		t.Errorf("an unknown authority: %v", err)
	}
	for _, verify := range []value.Value{ca, false} {
		v, err := call(t, "get", s.URL, kw{"verify": verify})
		if err != nil || attr(t, v, "body") != "HTTP/1.1" {
			t.Errorf("verify=%v: %v", verify, err)
		}
	}
	if _, err := call(t, "get", s.URL, kw{"verify": ca + "x"}); !errors.Is(err, value.KindOS) || !strings.Contains(err.Error(), "read "+ca+"x") {
		t.Errorf("no such file: %v", err)
	}
}

func TestRedirects(t *testing.T) {
	other := httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		_, _ = io.WriteString(w, "other:"+r.Header.Get("Authorization")+r.Header.Get("X-Token")+r.Header.Get("X-Plain"))
	}))
	defer other.Close()
	s := httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		body, _ := io.ReadAll(r.Body)
		switch r.URL.Path {
		case "/302", "/303", "/307", "/308":
			w.Header().Set("Location", "end?from="+r.URL.Path[1:])
			w.WriteHeader(int(r.URL.Path[1]-'0')*100 + int(r.URL.Path[3]-'0'))
		case "/round":
			http.Redirect(w, r, "/round", http.StatusFound)
		case "/away":
			http.Redirect(w, r, other.URL, http.StatusFound)
		case "/ftp":
			w.Header().Set("Location", "ftp://web1/")
			w.WriteHeader(http.StatusFound)
		default:
			_, _ = io.WriteString(w, r.Method+" "+r.URL.RawQuery+" "+string(body)+" "+r.Header.Get("Authorization"))
		}
	}))
	defer s.Close()
	token, err := value.NewSecret("token")
	if err != nil {
		t.Fatal(err)
	}
	headers := dict("x-token", token)
	if err := headers.Set("X-Plain", "plain"); err != nil {
		t.Fatal(err)
	}
	for path, want := range map[string]string{
		"/302": "GET from=302  Basic YTpi", "/303": "GET from=303  Basic YTpi",
		"/307": "POST from=307 x Basic YTpi", "/308": "POST from=308 x Basic YTpi", "/away": "other:plain",
	} {
		v, err := call(t, "post", s.URL+path, kw{"data": "x", "auth": value.Tuple{"a", "b"},
			"headers": headers})
		if err != nil || attr(t, v, "body") != want {
			t.Errorf("%s: %v, %v", path, v, err)
		}
	}
	for _, path := range []string{"/round", "/ftp"} {
		if _, err := call(t, "get", s.URL+path, nil); !errors.Is(err, value.KindOS) || !strings.Contains(err.Error(), "sent on") {
			t.Errorf("%s: %v", path, err)
		}
	}
}

// TestLargeDownload also shows that a body of chunks comes whole.
func TestLargeDownload(t *testing.T) {
	block := bytes.Repeat([]byte("0123456789abcdef"), 1<<12)
	sum := sha256.New()
	for range 512 { // 32 MiB
		sum.Write(block)
	}
	s := httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, _ *http.Request) {
		for range 512 {
			_, _ = w.Write(block)
		}
	}))
	defer s.Close()
	file := t.TempDir() + "/f"
	if _, err := call(t, "download", s.URL, kw{"sha256": hex.EncodeToString(sum.Sum(nil))}, file); err != nil {
		t.Fatal(err)
	}
	if info, err := os.Stat(file); err != nil || info.Size() != 32<<20 {
		t.Errorf("got %v, %v", info, err)
	}
}

func TestConnectionsAreUsedAgain(t *testing.T) {
	var opened atomic.Int32
	s := httptest.NewUnstartedServer(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		body, _ := io.ReadAll(r.Body)
		w.Header().Set("Content-Encoding", "gzip")
		z := gzip.NewWriter(w)
		_, _ = fmt.Fprint(z, len(body), r.Header.Get("Accept-Encoding"))
		_ = z.Close()
	}))
	s.Config.ConnState = func(_ net.Conn, st http.ConnState) {
		if st == http.StateNew {
			opened.Add(1)
		}
	}
	s.Start()
	defer s.Close()
	web := module()
	for range 3 {
		v, err := callOf(t, web, "post", s.URL, kw{"data": strings.Repeat("x", 1<<20)})
		if err != nil || attr(t, v, "body") != "1048576gzip" {
			t.Errorf("got %v, %v", v, err)
		}
	}
	if n := opened.Load(); n != 1 {
		t.Errorf("%d connections", n)
	}
	s.CloseClientConnections() // as a server does with idle ones
	if _, err := callOf(t, web, "post", s.URL, nil); err != nil {
		t.Error(err)
	}
}

// TestProxies sends by a proxy that tunnels for TLS.
func TestProxies(t *testing.T) {
	var mu sync.Mutex
	var asked []string
	target := httptest.NewTLSServer(http.HandlerFunc(func(w http.ResponseWriter, _ *http.Request) { _, _ = io.WriteString(w, "secured") }))
	defer target.Close()
	proxy := httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		mu.Lock()
		asked = append(asked, r.Method+" "+r.RequestURI+" "+r.Header.Get("Proxy-Authorization"))
		mu.Unlock()
		if r.Method != http.MethodConnect {
			_, _ = io.WriteString(w, "by the proxy")
			return
		}
		to, err := net.Dial("tcp", r.Host)
		if err != nil {
			http.Error(w, err.Error(), http.StatusBadGateway)
			return
		}
		w.WriteHeader(http.StatusOK)
		from, buffered, err := w.(http.Hijacker).Hijack()
		if err != nil {
			t.Error(err)
			return
		}
		go func() { _, _ = io.Copy(to, buffered); _ = to.Close() }()
		go func() { _, _ = io.Copy(from, to); _ = from.Close() }()
	}))
	defer proxy.Close()
	at := strings.Replace(proxy.URL, "http://", "http://me:pw@", 1)
	for _, name := range []string{"http_proxy", "https_proxy", "all_proxy", "no_proxy", "HTTP_PROXY", "HTTPS_PROXY", "ALL_PROXY", "NO_PROXY", "REQUEST_METHOD"} {
		t.Setenv(name, "")
	}
	t.Setenv("http_proxy", at)
	t.Setenv("HTTPS_PROXY", at)
	for url, want := range map[string]string{"http://web1.invalid/x?y": "by the proxy", target.URL: "secured"} {
		v, err := call(t, "get", url, kw{"verify": false})
		if err != nil || attr(t, v, "body") != want {
			t.Errorf("%s: %v, %v", url, v, err)
		}
	}
	got := strings.Join(asked, "\n")
	for _, want := range []string{"GET http://web1.invalid/x?y Basic bWU6cHc=", "CONNECT " + target.Listener.Addr().String() + " Basic bWU6cHc="} {
		if !strings.Contains(got, want) {
			t.Errorf("the proxy was asked\n%s\nnot %s", got, want)
		}
	}
	asked = nil
	t.Setenv("no_proxy", "web2, 127.0.0.0/8")
	if _, err := call(t, "get", target.URL, kw{"verify": false}); err != nil || asked != nil {
		t.Errorf("no_proxy: %v, %q", err, asked)
	}
	t.Setenv("http_proxy", "socks5://web3")
	if _, err := call(t, "get", "http://web1.invalid/", nil); !errors.Is(err, value.KindOS) || !strings.Contains(err.Error(), "socks5") {
		t.Errorf("got %v", err)
	}
}

// TestHostileAnswers has a server that says what it should not.
func TestHostileAnswers(t *testing.T) {
	for answer, want := range map[string]string{
		"SSH-2.0-OpenSSH_9.2\r\n": "not HTTP/1.1",
		"":                        "EOF",
		"HTTP/1.1 200 OK\r\nContent-Length: 5\r\n\r\nabc":                                        "EOF",
		"HTTP/1.1 200 OK\r\nContent-Length: 5\r\nContent-Length: 6\r\n\r\nabcdef":                "no length",
		"HTTP/1.1 200 OK\r\nContent-Length: -5\r\n\r\nabc":                                       "no length",
		"HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\nzz\r\n":                            "damaged",
		"HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n3\r\nabcd\r\n":                     "damaged",
		"HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n3\r\nabc\r\n":                      "EOF",
		"HTTP/1.1 200 OK\r\nTransfer-Encoding: gzip\r\n\r\nabc":                                  "not known",
		"HTTP/1.1 200 OK\r\nX: " + strings.Repeat("y", 2<<20):                                    "longer than",
		strings.Repeat("HTTP/1.1 100 Continue\r\n\r\n", 100):                                     "not asked for",
		"HTTP/1.1 101 Switching Protocols\r\n\r\n":                                               "not asked for",
		"HTTP/1.1 200 OK\r\nContent-Encoding: gzip\r\nContent-Length: 3\r\n\r\nabc":              "EOF",
		"HTTP/1.1 100 Continue\r\n\r\nHTTP/1.0 200 OK\r\n\r\nuntil the end":                      "",
		"HTTP/1.1 204 No Content\r\n\r\n":                                                        "",
		"HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n3;x=y\r\nabc\r\n0\r\nT: v\r\n\r\n": "",
	} {
		l, err := net.Listen("tcp", "127.0.0.1:0")
		if err != nil {
			t.Fatal(err)
		}
		done := make(chan struct{})
		go func() {
			defer close(done)
			c, err := l.Accept()
			if err != nil {
				return
			}
			defer c.Close()
			buf := make([]byte, 1<<12)
			_, _ = c.Read(buf)
			_, _ = io.WriteString(c, answer)
		}()
		_, err = call(t, "get", "http://"+l.Addr().String(), kw{"timeout": 60.0})
		if (err == nil) != (want == "") || err != nil && !strings.Contains(err.Error(), want) {
			t.Errorf("%.60q: %v, want %q", answer, err, want)
		}
		_ = l.Close()
		<-done
	}
}

// A body that would not fit into memory is refused as soon as its length is known.
func TestLongBodiesAreRefused(t *testing.T) {
	s := httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, _ *http.Request) {
		w.Header().Set("Content-Length", "2000000000")
		_, _ = io.WriteString(w, "x")
		w.(http.Flusher).Flush()
	}))
	defer s.Close()
	if _, err := call(t, "get", s.URL, nil); !errors.Is(err, value.KindOS) || !strings.Contains(err.Error(), "longer than 1 GiB") {
		t.Error(err)
	}
}

func TestErrorsShowNoPasswords(t *testing.T) {
	for _, url := range []string{"ftp://u:hidden@web1/", "http://u:hidden@a b/", "http://u:hid%zzden@web1/", "http://u:hidden@127.0.0.1:1/"} {
		_, err := call(t, "get", url, nil)
		if err == nil || strings.Contains(err.Error(), "hid") {
			t.Errorf("%s: %v", url, err)
		}
	}
}

func TestProxiesAreNamedInErrors(t *testing.T) {
	t.Setenv("http_proxy", "http://u:hidden@127.0.0.1:1")
	_, err := call(t, "get", "http://web1/", nil)
	if err == nil || !strings.Contains(err.Error(), "by the proxy http://u:xxxxx@127.0.0.1:1") || !strings.Contains(strings.ToLower(err.Error()), "refused") {
		t.Error(err)
	}
}

func TestSpacesInQueries(t *testing.T) {
	s := httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) { _, _ = io.WriteString(w, r.URL.RawQuery) }))
	defer s.Close()
	v, err := call(t, "get", s.URL+"/?q=a b HTTP/1.1", nil)
	if err != nil || attr(t, v, "body") != "q=a%20b%20HTTP/1.1" {
		t.Error(v, err)
	}
}

func TestHeadersCannotBreakOut(t *testing.T) {
	for _, h := range []*value.Dict{dict("X\r\nY", "v"), dict("X", "v\r\nY: z"), dict("", "v")} {
		if _, err := call(t, "get", "http://127.0.0.1:1/", kw{"headers": h}); !errors.Is(err, value.KindValue) {
			t.Errorf("%v: %v", h, err)
		}
	}
	for _, url := range []string{"http://bücher.example/", "http:///x", "web1", "http://a b/"} {
		if _, err := call(t, "get", url, nil); !errors.Is(err, value.KindValue) {
			t.Errorf("%s: %v", url, err)
		}
	}
}
