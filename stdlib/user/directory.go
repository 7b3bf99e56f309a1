package user

import (
	"context"
	"os/exec"
	"strconv"
	"strings"
	"time"
)

// askTimeout bounds a question to a directory service that does not answer.
const askTimeout = 10 * time.Second

// askAccount asks the machine about a user that its passwd file does not know
// (LDAP, Open Directory).
func askAccount(nameOrUID string) (Account, bool) {
	if line, ok := ask("getent", "passwd", nameOrUID); ok {
		return parseAccount(strings.Split(line, ":"))
	}
	key := "name"
	if _, err := strconv.Atoi(nameOrUID); err == nil {
		key = "uid"
	}
	text, ok := ask("dscacheutil", "-q", "user", "-a", key, nameOrUID)
	if !ok {
		return Account{}, false
	}
	f := fields(text)
	return parseAccount([]string{f["name"], "", f["uid"], f["gid"], f["gecos"], f["dir"], f["shell"]})
}

func askGroup(nameOrGID string) (Group, bool) {
	if line, ok := ask("getent", "group", nameOrGID); ok {
		return parseGroup(strings.Split(line, ":"))
	}
	key := "name"
	if _, err := strconv.Atoi(nameOrGID); err == nil {
		key = "gid"
	}
	text, ok := ask("dscacheutil", "-q", "group", "-a", key, nameOrGID)
	if !ok {
		return Group{}, false
	}
	f := fields(text)
	return parseGroup([]string{f["name"], "", f["gid"], strings.ReplaceAll(f["users"], " ", ",")})
}

// ask runs a tool that may not be there; ok is false if it said nothing.
func ask(argv ...string) (string, bool) {
	if strings.HasPrefix(argv[len(argv)-1], "-") {
		return "", false // would be read as an option
	}
	path, err := exec.LookPath(argv[0])
	if err != nil {
		return "", false
	}
	ctx, cancel := context.WithTimeout(context.Background(), askTimeout)
	defer cancel()
	out, err := exec.CommandContext(ctx, path, argv[1:]...).Output()
	text := strings.TrimSpace(string(out))
	return text, err == nil && text != ""
}

// fields reads lines of the form "key: value".
func fields(text string) map[string]string {
	out := map[string]string{}
	for line := range strings.Lines(text) {
		if k, v, ok := strings.Cut(line, ":"); ok {
			out[strings.TrimSpace(k)] = strings.TrimSpace(v)
		}
	}
	return out
}
