//go:build !child

package main

import (
	"encoding/json"
	"errors"
	"io"
	"os/exec"
	"slices"
	"strings"
	"testing"
)

const modulePath = "github.com/mitoscript/mitoscript/"

// layers says which of our packages each of our packages may import, by prefix
// ("stdlib/..." is the folder and all below). The first row that fits counts.
var layers = []struct {
	pkg string
	may []string
	why string
}{
	{"cmd/mitoscript", []string{"..."}, "it joins the parts"},
	{"cmd/mitoscript/repl", []string{"interp", "mitogen", "mitogen/value"}, "it is a prompt for languages and the tree"},
	{"cmd/mitoscript/timeline", []string{"mitogen", "mitogen/parent", "mitogen/value"}, "it hears of a run"},
	{"cmd/mitoscript/doctor", []string{"mitogen/parent", "mitogen/transport", "mitogen/value"}, "it hears of set-ups, and makes none"},
	{"cmd/mitoscript/report", []string{"cmd/mitoscript/timeline", "mitogen/value"}, "it shows a run"},
	{"inventory", []string{"mitogen/value", "stdlib/format/json", "stdlib/format/yaml"}, "it knows hosts, and connects to none"},
	{"cmd/mitoscript/scripttest", []string{"interp", "mitogen/value", "cmd/mitoscript/repl"}, "assertions on values"},
	{"bench/machine", nil, "it looks at the machine"},
	{"bench/scale", []string{"bench/machine"}, "it measures the program from outside"},
	{"bench/peers", []string{"bench/machine", "mitogen/transport/sshdtest"}, "it measures programs from outside"},
	{"bench", []string{"..."}, "it measures the parts"},
	{"interp", []string{"mitogen/value"}, "it knows no language, no library and no tree"},
	{"interp/ship", []string{"mitogen/value", "mitogen/codec"}, "it is the form in which functions travel"},
	{"interp/library", []string{"interp", "mitogen/value"}, "it reads files"},
	{"interp/interptest", []string{"interp", "interp/ship", "mitogen/value", "mitogen/codec"}, "it knows no language"},
	{"interp/starlark", []string{"interp", "interp/ship", "mitogen/value"}, "one interpreter, one seam"},
	{"interp/lua", []string{"interp", "interp/ship", "mitogen/value"}, "one interpreter, one seam"},
	{"interp/format", []string{"interp", "interp/starlark"}, "it lays out a text"},
	{"interp/vet", []string{"interp", "interp/starlark", "interp/lua", "mitogen/value"}, "it reads scripts of both languages"},
	{"stdlib/mito", []string{"interp", "mitogen", "mitogen/value", "mitogen/wire", "mitogen/codec", "mitogen/files", "stdlib/fs", "stdlib/path"}, "it is the script view of contexts"},
	{"stdlib/proc", []string{"interp", "stdlib/...", "mitogen/value", "mitogen/pgroup"}, "it runs programs, and is plain Go on neutral values else"},
	{"stdlib/...", []string{"interp", "stdlib/...", "mitogen/value"}, "library functions are plain Go on neutral values"},
	{"stdlib", []string{"interp", "stdlib/...", "mitogen/value", "mitogen/pgroup"}, "library functions are plain Go on neutral values"},
	{"mitogen/value", nil, "everything rests on it"},
	{"mitogen/codec", []string{"mitogen/value"}, "values and bytes"},
	{"mitogen/wire", nil, "frames"},
	{"mitogen", []string{"mitogen/value", "mitogen/codec", "mitogen/wire"}, "it moves frames and values, and starts no process"},
	{"mitogen/simulation", []string{"mitogen", "mitogen/value", "mitogen/codec", "mitogen/wire"}, "it tests routers"},
	{"mitogen/files", []string{"mitogen", "mitogen/value", "mitogen/wire", "stdlib/oserror"}, "it copies files between contexts"},
	{"mitogen/transport", []string{"mitogen/nonblock", "mitogen/value"}, "bytes to a target"},
	{"mitogen/transport/nativessh", []string{"mitogen/transport", "mitogen/value", "mitogen/nonblock"}, "bytes to a target"},
	{"mitogen/transport/sshdtest", nil, "a server for tests"},
	{"mitogen/bootstrap", []string{"mitogen/value"}, "it works on a byte stream"},
	{"mitogen/bootstrap/mkbundle", []string{"mitogen/bootstrap"}, "a tool of the build"},
	{"mitogen/parent", []string{"mitogen", "mitogen/value", "mitogen/codec", "mitogen/wire", "mitogen/transport", "mitogen/bootstrap"}, "it creates children"},
	{"mitogen/unix", []string{"mitogen", "mitogen/value", "mitogen/wire", "mitogen/parent"}, "it takes clients as children"},
	{"mitogen/fakessh", []string{"mitogen", "mitogen/value", "mitogen/codec", "mitogen/wire", "mitogen/pgroup", "mitogen/nonblock", "mitogen/fakessh/sftp"}, "it runs programs over contexts"},
	{"mitogen/pgroup", nil, "it knows processes only"},
	{"mitogen/nonblock", nil, "it knows descriptors only"},
	{"mitogen/fakessh/sftp", nil, "it answers on a byte stream"},
	{"mitogen/methods", []string{"mitogen/value", "mitogen/parent", "mitogen/transport", "mitogen/transport/nativessh"}, "parameters to transports"},
	{"mitogen/child", []string{"mitogen", "mitogen/nonblock", "mitogen/value", "mitogen/wire", "mitogen/bootstrap", "mitogen/parent"}, "it is a child's main program"},
}

func TestPackagesImportOnlyWhatTheirLayerMay(t *testing.T) {
	for pkg, imports := range importsOfTree(t) {
		i := slices.IndexFunc(layers, func(l struct {
			pkg string
			may []string
			why string
		}) bool {
			return fits(l.pkg, pkg)
		})
		if i < 0 {
			t.Errorf("package %s stands in no row of the table", pkg)
			continue
		}
		for _, imp := range imports {
			if !slices.ContainsFunc(layers[i].may, func(m string) bool { return fits(m, imp) }) {
				t.Errorf("package %s imports %s: it may not, as %s", pkg, imp, layers[i].why)
			}
		}
	}
}

func fits(pattern, pkg string) bool {
	prefix, deep := strings.CutSuffix(pattern, "...")
	return pattern == pkg || deep && strings.HasPrefix(pkg, prefix)
}

// importsOfTree gives our packages' imports of our packages, tests left out.
func importsOfTree(t *testing.T) map[string][]string {
	t.Helper()
	cmd := exec.Command("go", "list", "-json=ImportPath,Imports", modulePath+"...")
	out, err := cmd.Output()
	if err != nil {
		t.Fatalf("go list: %v", err)
	}
	tree := map[string][]string{}
	for dec := json.NewDecoder(strings.NewReader(string(out))); ; {
		var p struct {
			ImportPath string
			Imports    []string
		}
		if err := dec.Decode(&p); errors.Is(err, io.EOF) {
			return tree
		} else if err != nil {
			t.Fatal(err)
		}
		name := strings.TrimPrefix(p.ImportPath, modulePath)
		tree[name] = nil
		for _, imp := range p.Imports {
			if rel, ours := strings.CutPrefix(imp, modulePath); ours {
				tree[name] = append(tree[name], rel)
			}
		}
	}
}
