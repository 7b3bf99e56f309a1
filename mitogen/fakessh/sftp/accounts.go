package sftp

import (
	"os"
	"strconv"
	"strings"
)

// accounts knows the names of ids, from the files that have the local ones. The
// zero value is ready.
type accounts struct {
	users, groups map[string]string // by id; nil until they are read
	homes         map[string]string // by name
}

func (a *accounts) user(id uint32) string {
	a.readUsers()
	return nameOf(a.users, id)
}

func (a *accounts) group(id uint32) string {
	if a.groups == nil {
		a.groups = map[string]string{}
		for _, f := range fields("/etc/group", 3) {
			a.groups[f[2]] = f[0]
		}
	}
	return nameOf(a.groups, id)
}

func (a *accounts) home(name string) (string, bool) {
	a.readUsers()
	dir, ok := a.homes[name]
	return dir, ok
}

func (a *accounts) readUsers() {
	if a.users != nil {
		return
	}
	a.users, a.homes = map[string]string{}, map[string]string{}
	for _, f := range fields("/etc/passwd", 6) {
		a.users[f[2]], a.homes[f[0]] = f[0], f[5]
	}
}

func nameOf(names map[string]string, id uint32) string {
	text := strconv.FormatUint(uint64(id), 10)
	if name, ok := names[text]; ok {
		return name
	}
	return text
}

// fields are the lines of a file that have at least n fields.
func fields(path string, n int) (out [][]string) {
	data, _ := os.ReadFile(path) // without it ids are shown
	for line := range strings.Lines(string(data)) {
		if f := strings.Split(strings.TrimSpace(line), ":"); len(f) >= n {
			out = append(out, f)
		}
	}
	return out
}
