package fs

import (
	"context"
	"io/fs"
	"os"
	"sort"
	"strings"

	"github.com/mitoscript/mitoscript/interp"
	"github.com/mitoscript/mitoscript/mitogen/value"
	"github.com/mitoscript/mitoscript/stdlib/oserror"
	"github.com/mitoscript/mitoscript/stdlib/path"
)

func treeFuncs() []*interp.Func {
	return []*interp.Func{
		onPath("list", "Returns the names in a folder, sorted.",
			func(_ context.Context, p string, _ *interp.Args) (value.Value, error) {
				entries, err := os.ReadDir(p)
				if err != nil {
					return nil, oserror.Wrap("list", p, err)
				}
				names := make([]string, len(entries))
				for i, e := range entries {
					names[i] = e.Name()
				}
				return texts(names), nil
			}),
		onPath("walk", "Returns the paths of all that is below a folder, sorted. Links are not followed and folders that may not be read are passed over.",
			func(ctx context.Context, p string, _ *interp.Args) (value.Value, error) {
				found, err := walk(ctx, p)
				if err != nil {
					return nil, oserror.Wrap("walk", p, err)
				}
				return texts(found), nil
			}),
		{Name: "glob", Doc: "Returns the paths that match a pattern, sorted. \"**\" stands for any number of folders; dot files match only a pattern that begins with a dot.", Blocking: true,
			Params: []interp.Param{param("pattern", "With *, ?, [abc], [!abc] and **.")}, Impl: glob},
	}
}

// walk lists what is below root. Only root itself must be readable.
func walk(ctx context.Context, root string) ([]string, error) {
	entries, err := os.ReadDir(root)
	if err != nil {
		return nil, err
	}
	var out []string
	var down func(dir string, entries []fs.DirEntry) error
	down = func(dir string, entries []fs.DirEntry) error {
		for _, e := range entries {
			p := under(dir, e.Name())
			out = append(out, p)
			if e.IsDir() {
				below, err := os.ReadDir(p)
				if err != nil {
					continue
				}
				if err := down(p, below); err != nil {
					return err
				}
			}
		}
		return ctx.Err()
	}
	err = down(root, entries)
	sort.Strings(out)
	return out, err
}

// under joins a folder, "" for the current one, and a name.
func under(dir, name string) string {
	if dir == "" || strings.HasSuffix(dir, "/") {
		return dir + name
	}
	return dir + "/" + name
}

func glob(ctx context.Context, a *interp.Args) (value.Value, error) {
	pattern, err := path.Arg(a, "pattern")
	if err != nil {
		return nil, err
	}
	g := globber{ctx: ctx, seen: map[string]bool{}}
	root, rest := "", pattern
	if strings.HasPrefix(pattern, "/") {
		root, rest = "/", strings.TrimLeft(pattern, "/")
	}
	var parts []string
	for part := range strings.SplitSeq(rest, "/") {
		if part != "" {
			parts = append(parts, part)
		}
	}
	if len(parts) > 0 && strings.HasSuffix(rest, "/") {
		parts = append(parts, "") // only folders match, and their paths end so too
	}
	if len(parts) == 0 {
		if root != "" {
			g.seen[root] = true
		}
	} else {
		g.expand(root, parts)
	}
	if ctx.Err() != nil {
		return nil, oserror.Wrap("glob", pattern, ctx.Err())
	}
	out := make([]string, 0, len(g.seen))
	for p := range g.seen {
		out = append(out, p)
	}
	sort.Strings(out)
	return texts(out), nil
}

type globber struct {
	ctx  context.Context
	seen map[string]bool
}

// expand finds what matches parts below dir ("" for the current folder).
func (g *globber) expand(dir string, parts []string) {
	if g.ctx.Err() != nil {
		return
	}
	part, rest := parts[0], parts[1:]
	switch {
	case part == "**":
		g.deep(dir, rest)
	case !path.HasMagic(part):
		g.found(under(dir, part), rest)
	default:
		for _, e := range entriesOf(dir) {
			name := e.Name()
			if hidden(name) && !strings.HasPrefix(part, ".") {
				continue
			}
			if path.MatchName(part, name) {
				g.found(under(dir, name), rest)
			}
		}
	}
}

func (g *globber) found(p string, rest []string) {
	if len(rest) == 1 && rest[0] == "" {
		if info, err := os.Stat(p); err == nil && info.IsDir() {
			g.seen[p+"/"] = true
		}
		return
	}
	if len(rest) == 0 {
		if _, err := os.Lstat(p); err == nil {
			g.seen[p] = true
		}
		return
	}
	if info, err := os.Stat(p); err == nil && info.IsDir() {
		g.expand(p, rest)
	}
}

// deep matches "**": rest here and in every folder below, links not followed.
func (g *globber) deep(dir string, rest []string) {
	for len(rest) > 0 && rest[0] == "**" {
		rest = rest[1:]
	}
	if len(rest) > 0 {
		g.expand(dir, rest)
	}
	for _, e := range entriesOf(dir) {
		if hidden(e.Name()) || g.ctx.Err() != nil {
			continue
		}
		p := under(dir, e.Name())
		if len(rest) == 0 {
			g.seen[p] = true
		}
		if e.IsDir() {
			g.deep(p, rest)
		}
	}
}

func entriesOf(dir string) []fs.DirEntry {
	if dir == "" {
		dir = "."
	}
	entries, err := os.ReadDir(dir)
	if err != nil {
		return nil // as in every shell: what cannot be read does not match
	}
	return entries
}

func hidden(name string) bool { return strings.HasPrefix(name, ".") }
