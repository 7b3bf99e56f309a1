package template

import (
	"strings"
	"unicode"

	"github.com/mitoscript/mitoscript/mitogen/value"
)

// onText makes a filter of text alone.
func onText(f func(string) string) function {
	return function{impl: func(c *call) (value.Value, error) {
		text, err := c.state.text(c.in)
		return f(text), err
	}}
}

// withText makes a filter that gets the value's text.
func withText(f func(c *call, text string) (value.Value, error), params ...string) function {
	return function{params: params, impl: func(c *call) (value.Value, error) {
		text, err := c.state.text(c.in)
		if err != nil {
			return nil, err
		}
		return f(c, text)
	}}
}

func textFilters() map[string]function {
	escape := onText(strings.NewReplacer("&", "&amp;", "<", "&lt;", ">", "&gt;", `"`, "&#34;", "'", "&#39;").Replace)
	return map[string]function{
		"upper":       onText(strings.ToUpper),
		"lower":       onText(strings.ToLower),
		"title":       onText(title),
		"capitalize":  onText(capitalize),
		"string":      onText(func(s string) string { return s }),
		"safe":        onText(func(s string) string { return s }),
		"escape":      escape,
		"e":           escape,
		"forceescape": escape,
		"trim":        withText(trim, "chars"),
		"replace":     withText(replace, "old", "new", "count"),
		"indent":      withText(indent, "width", "first", "blank"),
		"truncate":    withText(truncate, "length", "killwords", "end", "leeway"),
		"center":      withText(center, "width"),
		"wordcount":   withText(func(_ *call, s string) (value.Value, error) { return int64(len(words(s))), nil }),
		"format":      withText(func(c *call, s string) (value.Value, error) { return c.format(s, c.rest) }, "*"),
		"urlencode":   onText(urlEncode),
	}
}

func words(s string) []string {
	return strings.FieldsFunc(s, func(r rune) bool { return r != '_' && !unicode.IsLetter(r) && !unicode.IsDigit(r) })
}

func title(s string) string {
	start := true
	return strings.Map(func(r rune) rune {
		was := start
		start = unicode.IsSpace(r) || strings.ContainsRune("-({[<", r)
		if was {
			return unicode.ToUpper(r)
		}
		return unicode.ToLower(r)
	}, s)
}

func capitalize(s string) string {
	for i := range s {
		if i > 0 {
			return strings.ToUpper(s[:i]) + strings.ToLower(s[i:])
		}
	}
	return strings.ToUpper(s)
}

func trim(c *call, s string) (value.Value, error) {
	chars, err := c.text("chars", "")
	if chars == "" {
		return strings.TrimSpace(s), err
	}
	return strings.Trim(s, chars), err
}

func replace(c *call, s string) (value.Value, error) {
	from, err := c.text("old", "")
	if err != nil {
		return nil, err
	}
	to, err := c.text("new", "")
	if err != nil {
		return nil, err
	}
	n, err := c.int("count", -1)
	if err != nil {
		return nil, err
	}
	if strings.Count(s, from)*len(to)+len(s) > maxOutput {
		return nil, c.fail("the text is too long")
	}
	return strings.Replace(s, from, to, n), nil
}

func indent(c *call, s string) (value.Value, error) {
	pad, ok := c.args["width"].(string)
	if !ok {
		n, err := c.int("width", 4)
		if err != nil {
			return nil, err
		}
		pad = strings.Repeat(" ", min(max(n, 0), 1000))
	}
	if strings.Count(s, "\n")*len(pad)+len(s) > maxOutput {
		return nil, c.fail("the text is too long")
	}
	lines := strings.Split(s, "\n")
	for i, l := range lines {
		if i == 0 && c.bool("first", false) || i > 0 && (l != "" || c.bool("blank", false)) {
			lines[i] = pad + l
		}
	}
	return strings.Join(lines, "\n"), nil
}

func truncate(c *call, s string) (value.Value, error) {
	n, err := c.int("length", 255)
	if err != nil {
		return nil, err
	}
	end, err := c.text("end", "...")
	if err != nil {
		return nil, err
	}
	leeway, err := c.int("leeway", 5)
	if err != nil {
		return nil, err
	}
	runes := []rune(s)
	keep := n - len([]rune(end))
	switch {
	case keep < 0 || leeway < 0:
		return nil, c.fail("length must be at least that of end, leeway at least 0")
	case len(runes) <= n+leeway:
		return s, nil
	}
	cut := string(runes[:keep])
	if i := strings.LastIndexByte(cut, ' '); i >= 0 && !c.bool("killwords", false) {
		cut = cut[:i]
	}
	return cut + end, nil
}

func center(c *call, s string) (value.Value, error) {
	n, err := c.int("width", 80)
	gap := min(n, 10000) - len([]rune(s))
	if err != nil || gap <= 0 {
		return s, err
	}
	left := gap/2 + gap%2*(n%2)
	return strings.Repeat(" ", left) + s + strings.Repeat(" ", gap-left), nil
}

func urlEncode(s string) string {
	const hex = "0123456789ABCDEF"
	var b strings.Builder
	for i := range len(s) {
		switch ch := s[i]; {
		case ch >= 'a' && ch <= 'z', ch >= 'A' && ch <= 'Z', isDigit(ch), strings.IndexByte("-_.~/", ch) >= 0:
			b.WriteByte(ch)
		default:
			b.Write([]byte{'%', hex[ch>>4], hex[ch&15]})
		}
	}
	return b.String()
}
