package inventory

import (
	"slices"
	"strconv"
	"strings"

	"github.com/mitoscript/mitoscript/mitogen/value"
)

// Connection is what the command line says of how hosts are reached. What it says
// wins over a host's variables.
type Connection struct {
	User      string
	Port      int
	SSHConfig string
	SSHArgs   []string
	// Password is that of ssh; nil to be asked for where it is needed.
	Password *value.Secret
	// Timeout is that of a set-up, in seconds; 0 for the usual one.
	Timeout float64
	Become  Become
}

// Become says whether and how to change the account there.
type Become struct {
	// On and Off decide; else the host's variables do.
	On, Off bool
	// User and Method are "" for what the host's variables say, else root and sudo.
	User, Method string
	Password     *value.Secret
}

// Step is a set-up: a context factory's method and its parameters. The first of a
// Plan starts here, each further one from the context of the one before.
type Step struct {
	Method string
	Opts   *value.Dict
}

// text gives the first of the variables that is set.
func (h *Host) text(names ...string) string {
	for _, n := range names {
		switch v, _ := h.Vars.Get(n); v := v.(type) {
		case nil:
		case string:
			return v
		case value.Secret:
			return v.Text()
		case int64:
			return strconv.FormatInt(v, 10)
		}
	}
	return ""
}

// Hostname is where the host is: ansible_host, or its name.
func (h *Host) Hostname() string {
	if s := h.text("ansible_host", "ansible_ssh_host"); s != "" {
		return s
	}
	return h.Name
}

// Port is ansible_port; 0 for what ssh's configuration says.
func (h *Host) Port() int {
	n, _ := strconv.Atoi(h.text("ansible_port", "ansible_ssh_port"))
	return n
}

// Username is ansible_user; "" for what ssh's configuration says.
func (h *Host) Username() string { return h.text("ansible_user", "ansible_ssh_user") }

// Plan gives the set-ups that lead to the host. A variable that makes no sense is a
// ValueError that names it.
func (h *Host) Plan(conn Connection) ([]Step, error) {
	var steps []Step
	switch kind := plugin(h.text("ansible_connection")); kind {
	case "", "ssh", "smart", "paramiko", "paramiko_ssh", "mitogen_ssh":
		s, err := h.ssh(conn)
		if err != nil {
			return nil, err
		}
		steps = append(steps, s)
	case "local", "mitogen_local":
		steps = append(steps, h.step("local", conn))
	case "docker", "podman", "lxc", "lxd", "incus", "jail", "buildah":
		s := h.step(kind, conn)
		_ = s.Opts.Set("container", h.Hostname()) // text is hashable, as below
		if user := first(conn.User, h.Username()); user != "" && kind != "lxc" && kind != "lxd" && kind != "incus" {
			_ = s.Opts.Set("username", user)
		}
		steps = append(steps, s)
	case "kubectl":
		s := h.step(kind, conn)
		_ = s.Opts.Set("pod", h.Hostname())
		steps = append(steps, s)
	default:
		return nil, value.Errorf(value.KindValue, "host %s: ansible_connection %q is not known", h.Name, kind)
	}
	become, err := h.become(conn)
	if err != nil || become == nil {
		return steps, err
	}
	return append(steps, *become), nil
}

// plugin is the name of a plugin of Ansible without that of its collection, as in
// "community.docker.docker".
func plugin(name string) string { return name[strings.LastIndexByte(name, '.')+1:] }

func first(a ...string) string {
	for _, s := range a {
		if s != "" {
			return s
		}
	}
	return ""
}

func (h *Host) step(method string, conn Connection) Step {
	opts := &value.Dict{}
	if conn.Timeout > 0 {
		_ = opts.Set("connect_timeout", conn.Timeout)
	}
	_ = opts.Set("name", h.Name)
	return Step{Method: method, Opts: opts}
}

func (h *Host) ssh(conn Connection) (Step, error) {
	s := h.step("ssh", conn)
	set := func(name string, v value.Value) { _ = s.Opts.Set(name, v) }
	set("hostname", h.Hostname())
	if user := first(conn.User, h.Username()); user != "" {
		set("username", user)
	}
	if port := conn.Port; port != 0 {
		set("port", int64(port))
	} else if text := h.text("ansible_port", "ansible_ssh_port"); text != "" {
		if port = h.Port(); port < 1 || port > 65535 {
			return s, value.Errorf(value.KindValue, "host %s: ansible_port %q is no number from 1 to 65535", h.Name, text)
		}
		set("port", int64(port))
	}
	if file := h.text("ansible_ssh_private_key_file", "ansible_private_key_file"); file != "" {
		set("identity_file", file)
	}
	if conn.SSHConfig != "" {
		set("config_file", conn.SSHConfig)
	}
	if conn.Password != nil {
		set("password", *conn.Password)
	} else if v := h.text("ansible_password", "ansible_ssh_pass", "ansible_ssh_password"); v != "" {
		set("password", secret(v))
	}
	if path := h.text("ansible_ssh_executable"); path != "" {
		set("ssh_path", path)
	}
	if v, _ := h.Vars.Get("ansible_host_key_checking"); v == false {
		set("check_host_keys", false)
	}
	args := value.List{}
	for _, name := range []string{"ansible_ssh_common_args", "ansible_ssh_extra_args"} {
		words, err := h.words(name)
		if err != nil {
			return s, err
		}
		args = append(args, words...)
	}
	for _, word := range conn.SSHArgs {
		args = append(args, word)
	}
	if len(args) > 0 {
		set("ssh_args", args)
	}
	return s, nil
}

// words are those of the first of the variables that is set, split as a shell would.
func (h *Host) words(names ...string) (value.List, error) {
	words, err := shellWords(h.text(names...))
	if err != nil {
		return nil, value.Errorf(value.KindValue, "host %s: %s: %w", h.Name, strings.Join(names, " or "), err)
	}
	list := make(value.List, len(words))
	for i, word := range words {
		list[i] = word
	}
	return list, nil
}

func secret(text string) value.Secret {
	s, err := value.NewSecret(text)
	if err != nil {
		panic("inventory: text cannot be hidden: " + err.Error())
	}
	return s
}

// become is the change of account; nil for none.
func (h *Host) become(conn Connection) (*Step, error) {
	b := conn.Become
	if b.Off || !b.On && !h.truth("ansible_become", "ansible_sudo") {
		return nil, nil
	}
	method := first(b.Method, plugin(h.text("ansible_become_method")), "sudo")
	if method != "sudo" && method != "su" && method != "doas" {
		return nil, value.Errorf(value.KindValue, "host %s: cannot become another user by %q: want sudo, su or doas", h.Name, method)
	}
	s := h.step(method, conn)
	_ = s.Opts.Set("username", first(b.User, h.text("ansible_become_user", "ansible_sudo_user"), "root"))
	if b.Password != nil {
		_ = s.Opts.Set("password", *b.Password)
	} else if v := h.text("ansible_become_password", "ansible_become_pass", "ansible_sudo_pass"); v != "" {
		_ = s.Opts.Set("password", secret(v))
	}
	if path := h.text("ansible_become_exe", "ansible_sudo_exe"); path != "" {
		_ = s.Opts.Set(method+"_path", path)
	}
	flags, err := h.words("ansible_become_flags", "ansible_sudo_flags")
	if err != nil {
		return nil, err
	}
	if _, has := s.Opts.Get("password"); has { // as Ansible does: -n forbids sudo to ask for it
		flags = slices.DeleteFunc(flags, func(v value.Value) bool { return v == "-n" })
	}
	if method == "sudo" && len(flags) > 0 {
		_ = s.Opts.Set("sudo_args", flags)
	}
	return &s, nil
}

// truth reads a variable as Ansible does.
func (h *Host) truth(names ...string) bool {
	for _, n := range names {
		v, ok := h.Vars.Get(n)
		if !ok {
			continue
		}
		switch v := v.(type) {
		case bool:
			return v
		case int64:
			return v != 0
		case string:
			switch strings.ToLower(v) {
			case "yes", "true", "on", "1", "y", "t":
				return true
			}
		}
		return false
	}
	return false
}
