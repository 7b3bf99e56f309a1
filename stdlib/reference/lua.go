package reference

import "strings"

// words are Starlark's words with another spelling in Lua.
var words = map[string]string{"True": "true", "False": "false", "None": "nil", "len": "#"}

// toLua writes a line of Starlark in Lua: constants, lists and dicts, comparison.
// That is all that examples need that have no lines for Lua of their own.
func toLua(line string) string {
	var b strings.Builder
	if name, _, ok := strings.Cut(line, " = "); ok && strings.Trim(name, "abcdefghijklmnopqrstuvwxyz") == "" {
		b.WriteString("local ")
	}
	var closers []byte // of the brackets that are open
	for i := 0; i < len(line); {
		c := line[i]
		switch {
		case c == '"':
			n := stringEnd(line[i:])
			key := strings.HasPrefix(line[i+n:], ":")
			if key {
				b.WriteString("[" + line[i:i+n] + "] =")
				n++
			} else {
				b.WriteString(line[i : i+n])
			}
			i += n
			continue
		case letter(c):
			n := 1
			for i+n < len(line) && (letter(line[i+n]) || line[i+n] >= '0' && line[i+n] <= '9') {
				n++
			}
			word := line[i : i+n]
			if other, ok := words[word]; ok {
				word = other
			}
			b.WriteString(word)
			i += n
			continue
		case strings.HasPrefix(line[i:], "!="):
			b.WriteString("~=")
			i += 2
			continue
		case c == '[' && i > 0 && (letter(line[i-1]) || line[i-1] == ')' || line[i-1] == ']'):
			closers = append(closers, ']')
			b.WriteByte(c)
		case c == '[':
			closers = append(closers, '}')
			b.WriteByte('{')
		case c == ']' && len(closers) > 0:
			b.WriteByte(closers[len(closers)-1])
			closers = closers[:len(closers)-1]
		default:
			b.WriteByte(c)
		}
		i++
	}
	return b.String()
}

func letter(c byte) bool { return c == '_' || c >= 'a' && c <= 'z' || c >= 'A' && c <= 'Z' }

// stringEnd is the length of the string that s begins with.
func stringEnd(s string) int {
	for i := 1; i < len(s); i++ {
		switch s[i] {
		case '\\':
			i++
		case '"':
			return i + 1
		}
	}
	return len(s)
}
