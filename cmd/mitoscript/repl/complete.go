package repl

import (
	"context"
	"os"
	"path/filepath"
	"regexp"
	"slices"
	"strings"

	"github.com/mitoscript/mitoscript/interp"
)

// dotted is a name at the end of a line, with the path before it.
var dotted = regexp.MustCompile(`([A-Za-z_]\w*[.:])*([A-Za-z_]\w*)?$`)

// Complete finds how the end of a line may go on: what each candidate adds, and
// how many characters of the line belong to it already. It runs no script code.
func (s *Session) Complete(line string) (candidates []string, length int) {
	found, typed := s.candidates(line)
	slices.Sort(found)
	for _, name := range slices.Compact(found) {
		if rest, ok := strings.CutPrefix(name, typed); ok && (typed != "" || !strings.HasPrefix(name, "_")) {
			candidates = append(candidates, rest)
		}
	}
	return candidates, len([]rune(typed))
}

func (s *Session) candidates(line string) (names []string, typed string) {
	if text, ok := inText(line); ok {
		return s.textNames(text), text
	}
	trimmed := strings.TrimLeft(line, " ")
	if name, arg, hasArg := strings.Cut(strings.TrimPrefix(trimmed, ":"), " "); strings.HasPrefix(trimmed, ":") {
		switch {
		case !hasArg:
			return commandNames(), name
		case name == "load":
			return pathNames(arg), arg
		case name == "lang":
			return []string{"lua", "star"}, arg
		}
	}
	path := dotted.FindString(line)
	at := strings.LastIndexAny(path, ".:") + 1
	typed = path[at:]
	var steps []string
	if at > 0 {
		steps = strings.FieldsFunc(path[:at-1], func(r rune) bool { return r == '.' || r == ':' })
	}
	s.opts.Host.Lock.Lock()
	defer s.opts.Host.Lock.Unlock()
	if sym, ok := s.lang.Look(context.Background(), steps); ok {
		names = sym.Members
	}
	if at == 0 {
		names = append(slices.Clone(names), s.keywords(line[:len(line)-len(typed)])...)
	}
	return names, typed
}

// inText gives what was typed of a text that is not closed.
func inText(line string) (string, bool) {
	quote, start := rune(0), 0
	escaped := false
	for i, r := range line {
		switch {
		case escaped:
			escaped = false
		case quote != 0 && r == '\\':
			escaped = true
		case quote == 0 && (r == '"' || r == '\''):
			quote, start = r, i+1
		case r == quote:
			quote = 0
		}
	}
	return line[start:], quote != 0
}

// textNames are files, and contexts by name.
func (s *Session) textNames(text string) []string {
	names := pathNames(text)
	for _, c := range s.opts.Router.Contexts() {
		names = append(names, c.Name())
	}
	return names
}

func pathNames(typed string) []string {
	dir, _ := filepath.Split(typed)
	entries, err := os.ReadDir(filepath.Clean("./" + dir))
	if filepath.IsAbs(dir) {
		entries, err = os.ReadDir(dir)
	}
	if err != nil {
		return nil
	}
	var names []string
	for _, e := range entries {
		name := dir + e.Name()
		if e.IsDir() {
			name += "/"
		}
		names = append(names, name)
	}
	return names
}

func commandNames() []string {
	var names []string
	for _, c := range commands() {
		names = append(names, c.name)
	}
	return names
}

// keywords are the parameters of the call that line stands in.
func (s *Session) keywords(line string) []string {
	name, ok := openCall(line)
	if !ok {
		return nil
	}
	steps := strings.FieldsFunc(name, func(r rune) bool { return r == '.' || r == ':' })
	sym, ok := s.lang.Look(context.Background(), steps)
	if !ok {
		return nil
	}
	var out []string
	for _, p := range paramNames(sym) {
		out = append(out, p+"=")
	}
	return out
}

func paramNames(sym interp.Symbol) []string {
	if sym.Func == nil {
		return sym.Params
	}
	var out []string
	for _, p := range sym.Func.Params {
		out = append(out, p.Name)
	}
	return out
}

// openCall is the name before the innermost bracket that is not closed.
func openCall(line string) (string, bool) {
	depth := 0
	for i := len(line) - 1; i >= 0; i-- {
		switch line[i] {
		case ')', '}', ']':
			depth++
		case '(', '{', '[':
			if depth--; depth < 0 {
				before := strings.TrimRight(line[:i], "({ ")
				name := strings.TrimRight(dotted.FindString(before), ".:")
				return name, name != "" && line[i] != '['
			}
		}
	}
	return "", false
}
