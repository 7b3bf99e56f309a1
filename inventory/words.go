package inventory

import (
	"fmt"
	"strings"
)

// shellWords splits a text as a POSIX shell does, by quotes and backslashes; nothing in
// it is expanded.
func shellWords(text string) ([]string, error) {
	var words []string
	var word strings.Builder
	some := false
	for i := 0; i < len(text); i++ {
		switch c := text[i]; c {
		case ' ', '\t', '\n':
			if some {
				words = append(words, word.String())
				word.Reset()
				some = false
			}
			continue
		case '\'', '"':
			n, err := quoted(&word, text[i:])
			if err != nil {
				return nil, err
			}
			i += n - 1
		case '\\':
			if i++; i == len(text) {
				return nil, fmt.Errorf("nothing follows the backslash at the end of %s", text)
			}
			word.WriteByte(text[i])
		default:
			word.WriteByte(c)
		}
		some = true
	}
	if some {
		words = append(words, word.String())
	}
	return words, nil
}

// quoted adds what stands in the quotes that text begins with, and gives their length.
func quoted(word *strings.Builder, text string) (int, error) {
	quote := text[0]
	for i := 1; i < len(text); i++ {
		switch c := text[i]; {
		case c == quote:
			return i + 1, nil
		case c == '\\' && quote == '"' && i+1 < len(text) && strings.IndexByte("\"\\$`", text[i+1]) >= 0:
			i++
			word.WriteByte(text[i])
		default:
			word.WriteByte(c)
		}
	}
	return 0, fmt.Errorf("a quote %c is not closed in %s", quote, text)
}
