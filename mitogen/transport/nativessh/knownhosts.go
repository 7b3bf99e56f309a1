package nativessh

import (
	"bufio"
	"crypto/hmac"
	"crypto/sha1" //nolint:gosec // the format of known_hosts
	"encoding/base64"
	"os"
	"path"
	"strconv"
	"strings"

	"golang.org/x/crypto/ssh"
)

// knownLine is a line of a known hosts file that concerns the host.
type knownLine struct {
	file string
	line int
	// marker is "", "@cert-authority" or "@revoked".
	marker string
	key    ssh.PublicKey
}

// knownName is the name of a host in known hosts files: "web1", "[web1]:2222".
func knownName(host string, port int) string {
	if port == 22 {
		return strings.ToLower(host)
	}
	return "[" + strings.ToLower(host) + "]:" + strconv.Itoa(port)
}

// lookup gives the lines of the files that name the host. Files that cannot be
// read and lines that make no sense are passed over, as the ssh program does;
// only lines of the host are decoded, since such files may be long.
func lookup(files []string, name string) []knownLine {
	var out []knownLine
	for _, file := range files {
		f, err := os.Open(file)
		if err != nil {
			continue
		}
		out = append(out, scan(f, file, name)...)
		_ = f.Close()
	}
	return out
}

func scan(f *os.File, file, name string) []knownLine {
	var out []knownLine
	lines := bufio.NewScanner(f)
	lines.Buffer(nil, 1<<20)
	for n := 1; lines.Scan(); n++ {
		if k, ok := parseKnown(lines.Text(), name); ok {
			k.file, k.line = file, n
			out = append(out, k)
		}
	}
	return out
}

func parseKnown(line, name string) (knownLine, bool) {
	fields := strings.Fields(line)
	var k knownLine
	if len(fields) > 0 && strings.HasPrefix(fields[0], "@") {
		k.marker, fields = fields[0], fields[1:]
	}
	if len(fields) < 3 || strings.HasPrefix(fields[0], "#") || !namesHost(fields[0], name) {
		return k, false
	}
	blob, err := base64.StdEncoding.DecodeString(fields[2])
	if err != nil {
		return k, false
	}
	k.key, err = ssh.ParsePublicKey(blob)
	return k, err == nil
}

// namesHost reports whether the patterns of a line, or its hash, mean name.
func namesHost(patterns, name string) bool {
	if rest, ok := strings.CutPrefix(patterns, "|1|"); ok {
		return hashMatches(rest, name)
	}
	found := false
	for _, p := range strings.Split(strings.ToLower(patterns), ",") {
		negated, p := strings.HasPrefix(p, "!"), strings.TrimPrefix(p, "!")
		if !wildcard(p, name) {
			continue
		}
		if negated {
			return false
		}
		found = true
	}
	return found
}

func hashMatches(saltAndHash, name string) bool {
	s, h, _ := strings.Cut(saltAndHash, "|")
	salt, err := base64.StdEncoding.DecodeString(s)
	if err != nil {
		return false
	}
	hash, err := base64.StdEncoding.DecodeString(h)
	if err != nil {
		return false
	}
	mac := hmac.New(sha1.New, salt)
	mac.Write([]byte(name))
	return hmac.Equal(mac.Sum(nil), hash)
}

// wildcard matches * and ?; no other character of a pattern is special.
func wildcard(pattern, name string) bool {
	if !strings.ContainsAny(pattern, "*?") {
		return pattern == name
	}
	escaped := strings.NewReplacer("[", `\[`, `\`, `\\`).Replace(pattern)
	ok, _ := path.Match(escaped, strings.ReplaceAll(name, "/", "_"))
	return ok
}
