package transport

import (
	"bufio"
	"errors"
	"fmt"
	"io/fs"
	"os"
	"strconv"
	"strings"

	"github.com/mitoscript/mitoscript/mitogen/value"
)

// account is one of a container.
type account struct {
	name, home, shell string
	uid, gid          int
}

// env is the whole environment of a program in the container: ours has paths and
// settings of another system.
func (a account) env() []string {
	return []string{
		"PATH=/usr/local/sbin:/usr/local/bin:/usr/sbin:/usr/bin:/sbin:/bin",
		"HOME=" + a.home, "SHELL=" + a.shell, "USER=" + a.name, "LOGNAME=" + a.name,
	}
}

// account finds the account in the container's own list. One that has no list, as
// containers without a shell may, has a root all the same.
func (s *SetNS) account(pid int) (account, error) {
	name := or(s.Username, "root")
	// A Root does not follow the container's links out of it.
	root, err := os.OpenRoot(fmt.Sprintf("/proc/%d/root", pid))
	if err != nil {
		return account{}, s.unreachable(pid, err)
	}
	defer func() { _ = root.Close() }()
	a, err := readAccount(root, name)
	switch {
	case err == nil:
		return a, nil
	case name == "root":
		return account{name: "root", home: "/root", shell: "/bin/sh"}, nil
	case errors.Is(err, fs.ErrNotExist):
		return account{}, value.Errorf(value.KindStream, "%s: there is no account %q in the container", s.Name(), name)
	}
	return account{}, value.Errorf(value.KindStream, "%s: cannot read the container's accounts: %w", s.Name(), err)
}

// readAccount wraps fs.ErrNotExist if the account is not in etc/passwd.
func readAccount(root *os.Root, name string) (account, error) {
	file, err := root.Open("etc/passwd")
	if err != nil {
		return account{}, err
	}
	defer func() { _ = file.Close() }()
	lines := bufio.NewScanner(file)
	for lines.Scan() {
		f := strings.Split(lines.Text(), ":")
		if len(f) != 7 || f[0] != name {
			continue
		}
		uid, err1 := strconv.Atoi(f[2])
		gid, err2 := strconv.Atoi(f[3])
		if err := errors.Join(err1, err2); err != nil {
			return account{}, err
		}
		return account{name: name, uid: uid, gid: gid, home: or(f[5], "/"), shell: or(f[6], "/bin/sh")}, nil
	}
	return account{}, errors.Join(lines.Err(), fs.ErrNotExist)
}

// hostID is the number that the machine knows an account of the container by: the
// container may have accounts of its own (/proc/PID/uid_map).
func hostID(pid int, list string, id int) (int, error) {
	text, err := os.ReadFile(fmt.Sprintf("/proc/%d/%s", pid, list))
	if err != nil {
		return 0, err
	}
	for line := range strings.Lines(string(text)) {
		var inside, outside, count int
		if _, err := fmt.Sscan(line, &inside, &outside, &count); err != nil {
			return 0, fmt.Errorf("%s: %w", list, err)
		}
		if id >= inside && id-inside < count {
			return outside + id - inside, nil
		}
	}
	return 0, fmt.Errorf("the container has no account %d", id)
}
