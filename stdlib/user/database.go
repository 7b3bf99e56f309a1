package user

import (
	"os"
	"strconv"
	"strings"

	"github.com/mitoscript/mitoscript/mitogen/value"
	"github.com/mitoscript/mitoscript/stdlib/oserror"
)

// Account is one user of the machine.
type Account struct {
	Name, Gecos, Home, Shell string
	UID, GID                 int
}

// Group is one group of the machine.
type Group struct {
	Name    string
	GID     int
	Members []string
}

// Database finds accounts and groups. The zero Database is the machine's own.
type Database struct {
	// PasswdFile and GroupFile replace /etc/passwd and /etc/group; if one is set,
	// nothing else is asked.
	PasswdFile, GroupFile string
}

// Account finds a user by name or number; an unknown one is a ValueError.
func (d Database) Account(nameOrUID string) (Account, error) {
	uid, numErr := strconv.Atoi(nameOrUID)
	accounts, err := d.Accounts()
	for _, a := range accounts {
		if a.Name == nameOrUID || (numErr == nil && a.UID == uid) {
			return a, nil
		}
	}
	if d.PasswdFile == "" {
		if a, ok := askAccount(nameOrUID); ok {
			return a, nil
		}
	}
	if err != nil {
		return Account{}, err
	}
	return Account{}, value.Errorf(value.KindValue, "there is no user %s on this machine", oserror.Show(nameOrUID))
}

// Current is the account of this process's effective user; one that is not
// known has its number as its name.
func (d Database) Current() Account {
	uid := os.Geteuid()
	if a, err := d.Account(strconv.Itoa(uid)); err == nil {
		return a
	}
	return Account{Name: strconv.Itoa(uid), UID: uid, GID: os.Getegid(), Home: os.Getenv("HOME"), Shell: os.Getenv("SHELL")}
}

// Accounts lists the users that the passwd file knows.
func (d Database) Accounts() ([]Account, error) {
	lines, err := records(d.PasswdFile, "/etc/passwd")
	var out []Account
	for _, f := range lines {
		if a, ok := parseAccount(f); ok {
			out = append(out, a)
		}
	}
	return out, err
}

// Group finds a group by name or number; an unknown one is a ValueError.
func (d Database) Group(nameOrGID string) (Group, error) {
	gid, numErr := strconv.Atoi(nameOrGID)
	groups, err := d.groups()
	for _, g := range groups {
		if g.Name == nameOrGID || (numErr == nil && g.GID == gid) {
			return g, nil
		}
	}
	if d.GroupFile == "" {
		if g, ok := askGroup(nameOrGID); ok {
			return g, nil
		}
	}
	if err != nil {
		return Group{}, err
	}
	return Group{}, value.Errorf(value.KindValue, "there is no group %s on this machine", oserror.Show(nameOrGID))
}

// GroupsOf lists the groups of an account, its primary group first.
func (d Database) GroupsOf(a Account) ([]Group, error) {
	groups, err := d.groups()
	if err != nil {
		return nil, err
	}
	var out []Group
	if g, err := d.Group(strconv.Itoa(a.GID)); err == nil {
		out = append(out, g)
	} else {
		out = append(out, Group{Name: strconv.Itoa(a.GID), GID: a.GID})
	}
	for _, g := range groups {
		if g.GID != a.GID && contains(g.Members, a.Name) {
			out = append(out, g)
		}
	}
	return out, nil
}

func (d Database) groups() ([]Group, error) {
	lines, err := records(d.GroupFile, "/etc/group")
	var out []Group
	for _, f := range lines {
		if g, ok := parseGroup(f); ok {
			out = append(out, g)
		}
	}
	return out, err
}

func contains(names []string, name string) bool {
	for _, n := range names {
		if n == name {
			return true
		}
	}
	return false
}

// records splits a colon separated file; comments are left out.
func records(file, system string) ([][]string, error) {
	if file == "" {
		file = system
	}
	data, err := os.ReadFile(file)
	if err != nil {
		return nil, oserror.Wrap("read", file, err)
	}
	var out [][]string
	for line := range strings.Lines(string(data)) {
		line = strings.TrimRight(line, "\r\n")
		if line != "" && !strings.HasPrefix(line, "#") {
			out = append(out, strings.Split(line, ":"))
		}
	}
	return out, nil
}

func parseAccount(f []string) (Account, bool) {
	if len(f) < 7 {
		return Account{}, false
	}
	uid, err1 := strconv.Atoi(f[2])
	gid, err2 := strconv.Atoi(f[3])
	a := Account{Name: f[0], UID: uid, GID: gid, Gecos: f[4], Home: f[5], Shell: f[6]}
	return a, err1 == nil && err2 == nil
}

func parseGroup(f []string) (Group, bool) {
	if len(f) < 4 {
		return Group{}, false
	}
	gid, err := strconv.Atoi(f[2])
	g := Group{Name: f[0], GID: gid}
	if f[3] != "" {
		g.Members = strings.Split(f[3], ",")
	}
	return g, err == nil
}
