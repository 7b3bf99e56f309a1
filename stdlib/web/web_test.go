package web_test

import (
	"context"
	"errors"
	"io"
	"net/http"
	"net/http/httptest"
	"os"
	"strings"
	"testing"

	"github.com/mitoscript/mitoscript/interp"
	"github.com/mitoscript/mitoscript/mitogen/value"
	"github.com/mitoscript/mitoscript/stdlib/web"
)

type kw map[string]value.Value

func module() *interp.Module { return web.Module() }

func call(t *testing.T, name, url string, opts kw, args ...value.Value) (value.Value, error) {
	t.Helper()
	return callOf(t, module(), name, url, opts, args...)
}

func callOf(t *testing.T, m *interp.Module, name, url string, opts kw, args ...value.Value) (value.Value, error) {
	t.Helper()
	var fields []value.Field
	for k, v := range opts {
		fields = append(fields, value.Field{Name: k, Value: v})
	}
	for _, f := range m.Funcs {
		if f.Name == name {
			return f.CallGo(context.Background(), append([]value.Value{url}, args...), fields)
		}
	}
	t.Fatalf("no function %s", name)
	return nil, nil
}

// server echoes what it is asked.
func server(t *testing.T) *httptest.Server {
	s := httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		switch r.URL.Path {
		case "/missing":
			http.Error(w, "nothing here", http.StatusNotFound)
		case "/slow":
			<-r.Context().Done()
		default:
			body, _ := io.ReadAll(r.Body)
			user, pw, _ := r.BasicAuth()
			w.Header().Add("X-Two", "a")
			w.Header().Add("X-Two", "b")
			_, _ = io.WriteString(w, `["`+strings.Join([]string{r.Method, r.URL.RawQuery, r.Header.Get("Content-Type"),
				strings.ReplaceAll(string(body), `"`, `'`), user + pw, r.Header.Get("X-H")}, `","`)+`"]`)
		}
	}))
	t.Cleanup(s.Close)
	return s
}

func dict(k string, v value.Value) *value.Dict {
	d := &value.Dict{}
	d.Append(k, v)
	return d
}

func TestRequests(t *testing.T) {
	s := server(t)
	secret, _ := value.NewSecret("pw")
	for _, tc := range []struct {
		method string
		opts   kw
		want   string
	}{
		{"get", kw{"params": dict("q", "a b"), "headers": dict("x-h", "v")}, `["GET","x=1&q=a+b","","","","v"]`},
		{"post", kw{"json": dict("a", int64(1))}, `["POST","x=1","application/json","{'a':1}","",""]`},
		{"put", kw{"data": dict("a", "&"), "auth": value.Tuple{"me", secret}}, `["PUT","x=1","application/x-www-form-urlencoded","a=%26","mepw",""]`},
		{"patch", kw{"data": value.Bytes("raw")}, `["PATCH","x=1","","raw","",""]`},
		{"head", nil, ""},
	} {
		v, err := call(t, tc.method, s.URL+"/?x=1", tc.opts)
		if err != nil {
			t.Errorf("%s: %v", tc.method, err)
			continue
		}
		o := v.(interp.Object)
		body, _ := o.Attr("body")
		headers, _ := o.Attr("headers")
		two, _ := headers.(interp.Folded).Lookup("X-tWO")
		if body != tc.want || two != "a, b" {
			t.Errorf("%s: %v, %v", tc.method, body, two)
		}
	}
}

func TestErrors(t *testing.T) {
	s := server(t)
	_, err := call(t, "get", s.URL+"/missing", nil)
	if !errors.Is(err, value.KindHTTP) || !strings.Contains(err.Error(), "404") {
		t.Errorf("got %v", err)
	}
	if _, err := call(t, "get", s.URL+"/missing", kw{"check": false}); err != nil {
		t.Error(err)
	}
	if _, err := call(t, "get", s.URL+"/slow", kw{"timeout": 0.05}); !errors.Is(err, value.KindTimeout) {
		t.Errorf("got %v", err)
	}
	if _, err := call(t, "get", "ftp://web1/", nil); !errors.Is(err, value.KindValue) {
		t.Errorf("got %v", err)
	}
	s.Close()
	if _, err := call(t, "get", s.URL, nil); !errors.Is(err, value.KindOS) {
		t.Errorf("got %v", err)
	}
}

func TestDownload(t *testing.T) {
	s := server(t)
	file := t.TempDir() + "/f"
	if _, err := call(t, "download", s.URL, kw{"sha256": strings.Repeat("0", 64)}, file); !errors.Is(err, value.KindValue) {
		t.Errorf("got %v", err)
	}
	if entries, _ := os.ReadDir(file[:len(file)-2]); len(entries) != 0 {
		t.Errorf("left %v", entries)
	}
	if _, err := call(t, "download", s.URL, kw{"mode": int64(0o600)}, file); err != nil {
		t.Fatal(err)
	}
	if info, err := os.Stat(file); err != nil || info.Mode() != 0o600 || info.Size() == 0 {
		t.Errorf("got %v, %v", info, err)
	}
}
