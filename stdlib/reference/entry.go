package reference

import (
	_ "embed"
	"fmt"
	"strings"
)

// Entry is what library.txt has of a function.
type Entry struct {
	// Name is dotted: "fs.read".
	Name string
	// Returns and Raises tell the result and the errors; Raises may be "".
	Returns, Raises string
	// Starlark and Lua are the example's lines in each; the last is an expression.
	Starlark, Lua []string
	// Gives is the expression's value as JSON, LuaGives what it is in Lua if that
	// differs.
	Gives, LuaGives string
	// Fails is the kind of the error that the example ends with, "exit" if it ends
	// the context, "" if it has a value.
	Fails string
}

//go:embed library.txt
var library string

// Entries reads library.txt. A line "NAME | RETURNS | RAISES" begins an entry; its
// lines are indented: the example in Starlark, lines that begin with "lua" where
// Lua's is more than another notation of the same, and "> VALUE" or "! KIND".
func Entries() ([]Entry, error) {
	var out []Entry
	for i, line := range strings.Split(strings.TrimSuffix(library, "\n"), "\n") {
		text, indented := strings.CutPrefix(line, "  ")
		if !indented {
			parts := strings.Split(line, "|")
			if len(parts) != 3 {
				return nil, fmt.Errorf("library.txt:%d: want NAME | RETURNS | RAISES", i+1)
			}
			out = append(out, Entry{Name: strings.TrimSpace(parts[0]), Returns: strings.TrimSpace(parts[1]), Raises: strings.TrimSpace(parts[2])})
			continue
		}
		if len(out) == 0 {
			return nil, fmt.Errorf("library.txt:%d: an example of nothing", i+1)
		}
		out[len(out)-1].add(text)
	}
	for i := range out {
		e := &out[i]
		if e.Lua == nil {
			for _, line := range e.Starlark {
				e.Lua = append(e.Lua, toLua(line))
			}
		}
		if e.LuaGives == "" {
			e.LuaGives = e.Gives
		}
	}
	return out, nil
}

func (e *Entry) add(text string) {
	kind, rest, _ := strings.Cut(text, " ")
	switch kind {
	case "lua":
		e.Lua = append(e.Lua, rest)
	case ">":
		e.Gives = rest
	case "luagives":
		e.LuaGives = rest
	case "!":
		e.Fails = rest
	default:
		e.Starlark = append(e.Starlark, text)
	}
}
