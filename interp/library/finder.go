// Package library finds the source of library modules on the master's disk.
package library

import (
	"context"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"sync"

	"github.com/mitoscript/mitoscript/interp"
	"github.com/mitoscript/mitoscript/mitogen/value"
)

// Finder looks for modules beside the importing file, under the main script's
// folder, and in each folder of MITOSCRIPT_PATH. It may be used by several
// goroutines at a time.
type Finder struct {
	main string

	mu    sync.Mutex
	path  []string
	found map[string]interp.Source // what Find gave, by identity
}

// NewFinder returns a Finder for a main script ("" for one that is no file).
// searchPath is in the form of PATH.
func NewFinder(script, searchPath string) *Finder {
	f := &Finder{main: ".", found: map[string]interp.Source{}}
	if script != "" {
		f.main = filepath.Dir(script)
	}
	for _, dir := range filepath.SplitList(searchPath) {
		if dir != "" {
			f.path = append(f.path, dir)
		}
	}
	return f
}

// DropPath makes the Finder look nowhere but at the script's own modules.
func (f *Finder) DropPath() {
	f.mu.Lock()
	defer f.mu.Unlock()
	f.path = nil
}

// Local makes it an interp.LocalLoader.
func (f *Finder) Local() {}

// Find returns the first file that exists. A Lua name has dots for slashes and no
// extension; a Starlark name is a path. The Source's path is the resolved file.
func (f *Finder) Find(_ context.Context, importer, name, extension string) (interp.Source, error) {
	var tried []string
	for _, path := range f.candidates(importer, name, extension) {
		tried = append(tried, path)
		text, err := os.ReadFile(path)
		if err == nil {
			src := interp.Source{Path: resolved(path), Text: text}
			f.mu.Lock()
			f.found[src.Path] = src
			f.mu.Unlock()
			return src, nil
		}
		if !os.IsNotExist(err) {
			return interp.Source{}, value.Errorf(value.KindOS, "cannot read module %q: %w", name, err)
		}
	}
	return interp.Source{}, value.Errorf(value.KindError, "module %q not found; looked for %s", name, strings.Join(tried, ", "))
}

// Serve is Find for a context that is not trusted: of a name that it made up, it
// gets what Find gave before, and scripts that stand under a folder of
// MITOSCRIPT_PATH. Nothing else is read, and all else is the same Error, so that
// no answer tells what files there are.
func (f *Finder) Serve(importer, name, extension string) (interp.Source, error) {
	for _, path := range f.candidates(importer, name, extension) {
		file := resolved(path)
		f.mu.Lock()
		src, ok := f.found[file]
		f.mu.Unlock()
		if ok {
			return src, nil
		}
		if !isScript(file, extension) || !f.onPath(name, file) {
			continue
		}
		if text, err := os.ReadFile(file); err == nil {
			return interp.Source{Path: file, Text: text}, nil
		}
	}
	return interp.Source{}, value.Errorf(value.KindError,
		"module %q is not served: the script has not loaded it, and no folder of MITOSCRIPT_PATH has it", name)
}

// isScript reports whether file has the extension, and that is one of a language: who
// asks gives both.
func isScript(file, extension string) bool {
	return filepath.Ext(file) == extension && (extension == ".star" || extension == ".lua")
}

// onPath reports whether a resolved file stands under a folder of MITOSCRIPT_PATH.
func (f *Finder) onPath(name, file string) bool {
	if filepath.IsAbs(name) || slices.Contains(strings.Split(filepath.ToSlash(name), "/"), "..") {
		return false
	}
	f.mu.Lock()
	path := f.path
	f.mu.Unlock()
	return slices.ContainsFunc(path, func(dir string) bool {
		rel, err := filepath.Rel(resolved(dir), file)
		return err == nil && filepath.IsLocal(rel)
	})
}

// candidates are the files that name may mean, in order.
func (f *Finder) candidates(importer, name, extension string) []string {
	rel := relative(name, extension)
	if filepath.IsAbs(rel) {
		return []string{rel}
	}
	folders := f.folders(importer)
	for i, dir := range folders {
		folders[i] = filepath.Join(dir, rel)
	}
	return folders
}

func relative(name, extension string) string {
	if strings.HasSuffix(name, extension) {
		return filepath.FromSlash(name)
	}
	if extension == ".lua" {
		name = strings.ReplaceAll(name, ".", "/")
	}
	return filepath.FromSlash(name) + extension
}

// folders are where to look, each once, in order.
func (f *Finder) folders(importer string) []string {
	f.mu.Lock()
	defer f.mu.Unlock()
	all := make([]string, 0, 2+len(f.path))
	if importer != "" {
		all = append(all, filepath.Dir(importer))
	}
	all = append(append(all, f.main), f.path...)
	var out []string
	seen := map[string]bool{}
	for _, dir := range all {
		if clean := filepath.Clean(dir); !seen[clean] {
			seen[clean] = true
			out = append(out, clean)
		}
	}
	return out
}

// resolved is the identity of a module: the file itself, whatever links lead to it.
func resolved(path string) string {
	if abs, err := filepath.Abs(path); err == nil {
		path = abs
	}
	if real, err := filepath.EvalSymlinks(path); err == nil {
		return real
	}
	return path
}
