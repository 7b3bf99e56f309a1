package inventory

import (
	"errors"
	"io/fs"
	"os"
	"path/filepath"
	"strings"
)

// maxIncludes is how deep configurations may include each other, as in OpenSSH.
const maxIncludes = 16

// isSSHConfig tells an ssh configuration from an inventory by its first word.
func isSSHConfig(text string) bool {
	for line := range strings.SplitSeq(text, "\n") {
		words := strings.Fields(line)
		if len(words) < 2 || strings.HasPrefix(words[0], "#") {
			continue
		}
		switch strings.ToLower(words[0]) {
		case "host", "match", "include":
			return true
		}
		return false
	}
	return false
}

// addSSHConfig takes the names of an ssh configuration's Host entries. What they
// mean is ssh's business.
func (inv *Inventory) addSSHConfig(path string, optional bool) error {
	err := inv.readSSHConfig(path, 0)
	if optional && errors.Is(err, fs.ErrNotExist) {
		return nil
	}
	return err
}

func (inv *Inventory) readSSHConfig(path string, depth int) error {
	data, err := os.ReadFile(path)
	if err != nil {
		return err
	}
	for line := range strings.SplitSeq(string(data), "\n") {
		words := strings.FieldsFunc(line, func(c rune) bool { return c == ' ' || c == '\t' || c == '=' || c == '"' || c == '\r' })
		if len(words) < 2 {
			continue
		}
		switch strings.ToLower(words[0]) {
		case "host":
			for _, name := range words[1:] {
				if !strings.ContainsAny(name, "*?!#") {
					inv.Add(name)
				}
			}
		case "include":
			for _, pattern := range words[1:] {
				inv.includeSSHConfig(pattern, filepath.Dir(path), depth)
			}
		}
	}
	return nil
}

func (inv *Inventory) includeSSHConfig(pattern, dir string, depth int) {
	if home, err := os.UserHomeDir(); err == nil && strings.HasPrefix(pattern, "~/") {
		pattern = home + pattern[1:]
	}
	if !filepath.IsAbs(pattern) {
		pattern = filepath.Join(dir, pattern)
	}
	paths, _ := filepath.Glob(pattern) // a bad pattern matches nothing, as with ssh
	for _, p := range paths {
		if depth < maxIncludes {
			_ = inv.readSSHConfig(p, depth+1) // ssh ignores what it cannot read here
		}
	}
}
