package path

import "strings"

// MatchName reports whether one name (no slashes) matches a pattern of "*", "?",
// "[abc]", "[a-z]" and "[!abc]". A "[" without its "]" stands for itself.
func MatchName(pattern, name string) bool {
	for len(pattern) > 0 {
		switch pattern[0] {
		case '*':
			pattern = strings.TrimLeft(pattern, "*")
			if pattern == "" {
				return true
			}
			for i := 0; i <= len(name); i++ {
				if MatchName(pattern, name[i:]) {
					return true
				}
			}
			return false
		case '?':
			if name == "" {
				return false
			}
			pattern, name = pattern[1:], name[runeLen(name):]
		case '[':
			n, ok := matchClass(pattern, name)
			if !ok {
				return false
			}
			size := runeLen(name)
			if n == 1 {
				size = 1
			}
			pattern, name = pattern[n:], name[size:]
		default:
			if name == "" || name[0] != pattern[0] {
				return false
			}
			pattern, name = pattern[1:], name[1:]
		}
	}
	return name == ""
}

// matchClass matches the class at the start of pattern against the first
// character of name; n is the class's length.
func matchClass(pattern, name string) (n int, ok bool) {
	if name == "" {
		return 0, false
	}
	end := 1
	if end < len(pattern) && pattern[end] == '!' {
		end++
	}
	if end < len(pattern) && pattern[end] == ']' {
		end++
	}
	for end < len(pattern) && pattern[end] != ']' {
		end++
	}
	if end == len(pattern) {
		return 1, name[0] == '['
	}
	class, negated := strings.CutPrefix(pattern[1:end], "!")
	c := []rune(name[:runeLen(name)])[0]
	return end + 1, inClass([]rune(class), c) != negated
}

func inClass(class []rune, c rune) bool {
	for i := 0; i < len(class); i++ {
		if i+2 < len(class) && class[i+1] == '-' {
			if class[i] <= c && c <= class[i+2] {
				return true
			}
			i += 2
		} else if class[i] == c {
			return true
		}
	}
	return false
}

func runeLen(s string) int {
	for i := range s {
		if i > 0 {
			return i
		}
	}
	return len(s)
}

// HasMagic reports whether a pattern has any of "*", "?" and "[".
func HasMagic(pattern string) bool { return strings.ContainsAny(pattern, "*?[") }

// Match reports whether a path matches a pattern whose "**" stands for any
// number of folders. A relative pattern is matched from the right.
func Match(pattern, p string) bool {
	pat, names := segments(pattern), segments(p)
	if strings.HasPrefix(pattern, "/") {
		return strings.HasPrefix(p, "/") && matchSegments(pat, names)
	}
	for i := range names {
		if matchSegments(pat, names[i:]) {
			return true
		}
	}
	return len(names) == 0 && len(pat) == 0
}

func matchSegments(pat, names []string) bool {
	for len(pat) > 0 {
		if pat[0] == "**" {
			for i := 0; i <= len(names); i++ {
				if matchSegments(pat[1:], names[i:]) {
					return true
				}
			}
			return false
		}
		if len(names) == 0 || !MatchName(pat[0], names[0]) {
			return false
		}
		pat, names = pat[1:], names[1:]
	}
	return len(names) == 0
}

// segments splits a path, leaving out what is empty or ".".
func segments(p string) []string {
	var out []string
	for s := range strings.SplitSeq(p, "/") {
		if s != "" && s != "." {
			out = append(out, s)
		}
	}
	return out
}
