package transport

import "strings"

// Quote joins words to shell text that every login shell we meet (sh and its
// kin, csh, tcsh, fish, zsh) splits into the same words again. What single
// quotes do not keep literal everywhere stands outside of them behind a
// backslash: the quote itself, csh's history mark, and a backslash that fish
// would take for an escape. csh cannot be given a newline, whatever the quoting.
func Quote(words ...string) string {
	var b strings.Builder
	for i, w := range words {
		if i > 0 {
			b.WriteByte(' ')
		}
		quoteWord(&b, w)
	}
	return b.String()
}

func quoteWord(b *strings.Builder, w string) {
	if w != "" && strings.Trim(w, plainBytes) == "" {
		b.WriteString(w)
		return
	}
	b.WriteByte('\'')
	for i := range len(w) {
		if needsBackslash(w, i) {
			b.WriteString(`'\`)
			b.WriteByte(w[i])
			b.WriteByte('\'')
			continue
		}
		b.WriteByte(w[i])
	}
	b.WriteByte('\'')
}

// plainBytes mean nothing to any shell, wherever they stand in a word.
const plainBytes = "abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ0123456789_./:,+-"

func needsBackslash(w string, i int) bool {
	switch w[i] {
	case '\'', '!':
		return true
	case '\\':
		return i+1 == len(w) || w[i+1] == '\\' || w[i+1] == '\'' || w[i+1] == '!'
	}
	return false
}
