//go:build !child

package main

import (
	"bytes"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"net/http"
	"net/http/httptest"
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"syscall"
	"testing"

	"github.com/google/go-cmp/cmp"

	"github.com/mitoscript/mitoscript/stdlib/reference"
)

// TestLibrary runs the example of every function of the library in both languages,
// in the master and in a child.
func TestLibrary(t *testing.T) {
	entries, err := reference.Entries()
	if err != nil {
		t.Fatal(err)
	}
	server := httptest.NewServer(http.HandlerFunc(echo))
	defer server.Close()
	for _, lang := range []struct {
		ext    string
		script func([]reference.Entry) string
		gives  func(reference.Entry) string
	}{
		{".star", starlarkCases, func(e reference.Entry) string { return e.Gives }},
		{".lua", luaCases, func(e reference.Entry) string { return e.LuaGives }},
	} {
		t.Run(lang.ext[1:], func(t *testing.T) {
			var cases []reference.Entry
			for _, e := range entries {
				if e.Fails != "exit" && (lang.ext == ".star" || !strings.HasPrefix(e.Name, "math.")) {
					cases = append(cases, e)
				}
			}
			text := strings.ReplaceAll(lang.script(cases), "http://web1.example", server.URL)
			got := map[string]libraryResult{}
			out := runText(t, lang.ext, text, 0)
			for line := range strings.Lines(out) {
				if row, ok := strings.CutPrefix(line, "RESULT "); ok {
					var r libraryResult
					if err := json.Unmarshal([]byte(row), &r); err != nil {
						t.Fatalf("%v in %s", err, row)
					}
					got[r.Place+" "+r.Name] = r
				}
			}
			for _, e := range cases {
				for _, place := range []string{"master", "child"} {
					checkResult(t, place, e, lang.gives(e), got)
				}
			}
		})
	}
}

type libraryResult struct{ Place, Name, Value, Kind, Message string }

func checkResult(t *testing.T, place string, e reference.Entry, gives string, got map[string]libraryResult) {
	t.Helper()
	r, ran := got[place+" "+e.Name]
	switch {
	case !ran:
		t.Errorf("%s in the %s: did not run", e.Name, place)
	case r.Kind != e.Fails:
		t.Errorf("%s in the %s: ended with %q (%s), want %q", e.Name, place, r.Kind, r.Message, e.Fails)
	case e.Fails == "":
		var want, have any
		if err := json.Unmarshal([]byte(gives), &want); err != nil {
			t.Fatalf("%s: %v in %s", e.Name, err, gives)
		}
		if err := json.Unmarshal([]byte(r.Value), &have); err != nil {
			t.Fatalf("%s: %v in %s", e.Name, err, r.Value)
		}
		if diff := cmp.Diff(want, have); diff != "" {
			t.Errorf("%s in the %s (-want +got):\n%s", e.Name, place, diff)
		}
	}
}

func starlarkCases(entries []reference.Entry) string {
	var b, list strings.Builder
	for i, e := range entries {
		fmt.Fprintf(&b, "def case%d():\n    os.chdir(fs.temp_dir())\n", i)
		for j, line := range e.Starlark {
			if j == len(e.Starlark)-1 {
				line = "return json.encode(" + line + ")"
			}
			b.WriteString("    " + line + "\n")
		}
		fmt.Fprintf(&list, "    (%q, case%d),\n", e.Name, i)
	}
	return b.String() + "cases = [\n" + list.String() + `]
def tell(place, name, r, kind):
    print("RESULT " + json.encode({"place": place, "name": name, "value": r.value or "", "kind": kind, "message": r.error.message if r.error else ""}))
for name, fn in cases:
    r = attempt(fn)
    tell("master", name, r, r.error.kind if r.error else "")
child = router.local()
for name, fn in cases:
    r = attempt(child.call, fn)
    tell("child", name, r, r.error.cause_kind if r.error else "")
`
}

func luaCases(entries []reference.Entry) string {
	b := strings.Builder{}
	b.WriteString("cases = {}\n")
	for _, e := range entries {
		fmt.Fprintf(&b, "cases[#cases + 1] = {%q, function()\n  os.chdir(fs.temp_dir())\n", e.Name)
		for j, line := range e.Lua {
			if j == len(e.Lua)-1 {
				line = "return json.encode((" + line + "))"
			}
			b.WriteString("  " + line + "\n")
		}
		b.WriteString("end}\n")
	}
	return b.String() + `
function tell(place, name, ok, r, kind)
  print("RESULT " .. json.encode({place=place, name=name, value=ok and r or "", kind=kind or "", message=ok and "" or tostring(r)}))
end
for _, c in ipairs(cases) do
  local ok, r = pcall(c[2])
  tell("master", c[1], ok, r, not ok and (r.kind or "ScriptError"))
end
child = router:local_()
for _, c in ipairs(cases) do
  local ok, r = pcall(child.call, child, c[2])
  tell("child", c[1], ok, r, not ok and (r.cause_kind or "ScriptError"))
end
`
}

// TestExit is the case of os.exit, which ends what it runs in.
func TestExit(t *testing.T) {
	runText(t, ".star", "os.exit(3)", 3)
	runText(t, ".lua", "os.exit(3)", 3)
	for ext, text := range map[string]string{
		".star": "c = router.local()\nr = attempt(c.call, os.exit, 3)\nprint(r.ok, r.error.kind)",
		".lua":  "c = router:local_()\nlocal ok, e = pcall(c.call, c, os.exit, 3)\nprint(ok and 'True' or 'False', e.kind)",
	} {
		if out := strings.Join(strings.Fields(runText(t, ext, text, 0)), " "); out != "False ChannelError" {
			t.Errorf("%s: %q", ext, out)
		}
	}
}

// runText runs a script with the real program, without a terminal.
func runText(t *testing.T, ext, text string, status int) string {
	t.Helper()
	dir := t.TempDir()
	file := filepath.Join(dir, "script"+ext)
	if err := os.WriteFile(file, []byte(text), 0o600); err != nil {
		t.Fatal(err)
	}
	cmd := exec.CommandContext(t.Context(), program(os.Getenv(programDirEnv)), "run", file)
	var out, log bytes.Buffer
	cmd.Stdout, cmd.Stderr = &out, &log
	cmd.Env = append(os.Environ(), "TMPDIR="+dir, "http_proxy=", "HTTP_PROXY=", "all_proxy=", "ALL_PROXY=")
	cmd.SysProcAttr = &syscall.SysProcAttr{Setsid: true}
	err := cmd.Run()
	var ended *exec.ExitError
	if err != nil && !errors.As(err, &ended) {
		t.Fatal(err)
	}
	if got := cmd.ProcessState.ExitCode(); got != status {
		t.Fatalf("status %d, want %d\n%s", got, status, &log)
	}
	return out.String()
}

// echo answers with what it was asked.
func echo(w http.ResponseWriter, r *http.Request) {
	body, err := io.ReadAll(r.Body)
	if err != nil {
		return
	}
	_ = json.NewEncoder(w).Encode(map[string]string{"method": r.Method, "query": r.URL.RawQuery, "body": string(body)})
}
