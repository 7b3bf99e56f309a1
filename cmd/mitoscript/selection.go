//go:build !child

package main

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"math/rand/v2"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"time"

	"github.com/spf13/cobra"

	"github.com/mitoscript/mitoscript/interp"
	"github.com/mitoscript/mitoscript/inventory"
	"github.com/mitoscript/mitoscript/mitogen/value"
)

// selection are the flags that say which hosts are meant and how they are reached.
type selection struct {
	inventory      []string
	limit          string
	order          string
	list           bool
	sshConfig      string
	user           string
	port           int
	sshArgs        []string
	askPassword    bool
	askBecome      bool
	become         inventory.Become
	connectTimeout time.Duration
}

// addSources adds the flags that say what is known of hosts.
func (s *selection) addSources(cmd *cobra.Command) {
	fl := cmd.Flags()
	fl.StringArrayVarP(&s.inventory, "inventory", "i", nil, "an inventory: a file (INI, YAML, script, program, ssh configuration) or names after commas")
	fl.StringVarP(&s.sshConfig, "ssh-config", "F", "", "the configuration file of ssh")
}

// addHosts adds the flags that say which hosts are meant.
func (s *selection) addHosts(cmd *cobra.Command) {
	s.addSources(cmd)
	fl := cmd.Flags()
	fl.StringVarP(&s.limit, "limit", "l", "", "a pattern of hosts: a,b  a:&b  a:!b  web*  ~regex  node[1-50]  @file  @failed  @unreachable")
	fl.StringVar(&s.order, "order", "inventory", "the order of hosts: inventory, sorted, reverse or random")
	complete(cmd, "order", "inventory", "sorted", "reverse", "random")
}

// addAccount adds the flags that say where on the hosts.
func (s *selection) addAccount(cmd *cobra.Command) {
	cmd.Flags().StringVarP(&s.user, "user", "u", "", "the account on the hosts")
	cmd.Flags().IntVarP(&s.port, "port", "p", 0, "the port of ssh")
}

// addReaching adds the further flags that say how hosts are reached.
func (s *selection) addReaching(cmd *cobra.Command) {
	fl := cmd.Flags()
	fl.StringArrayVar(&s.sshArgs, "ssh-arg", nil, "a further argument of ssh")
	fl.BoolVarP(&s.askPassword, "ask-pass", "k", false, "ask for the password of ssh, once for all hosts")
	fl.BoolVarP(&s.become.On, "become", "b", false, "become another account there")
	fl.StringVar(&s.become.User, "become-user", "", "the account to become (default root)")
	fl.StringVar(&s.become.Method, "become-method", "", "how: sudo (the default), su or doas")
	complete(cmd, "become-method", "sudo", "su", "doas")
	fl.BoolVarP(&s.askBecome, "ask-become-pass", "K", false, "ask for the password of sudo, su or doas, once for all hosts")
	spanVar(fl, &s.connectTimeout, "connect-timeout", 0, "how long reaching a host may take (default 30s)")
}

// add adds all its flags.
func (s *selection) add(cmd *cobra.Command) {
	s.addHosts(cmd)
	s.addAccount(cmd)
	s.addReaching(cmd)
	cmd.Flags().BoolVar(&s.list, "list-hosts", false, "print the names of the hosts and do nothing else")
}

// given reports whether hosts were selected.
func (s *selection) given() bool { return len(s.inventory) > 0 || s.limit != "" }

// tellAll says that all hosts of the ssh configuration are meant, where nothing says
// so: who forgot to select some should see it.
func (s *selection) tellAll(quiet bool, hosts []*inventory.Host) {
	if quiet || s.given() || s.sshConfig != "" {
		return
	}
	names := make([]string, len(hosts))
	for i, h := range hosts {
		names[i] = h.Name
	}
	fmt.Fprintf(os.Stderr, "mitoscript: no -i and no -l: all hosts of ~/.ssh/config are meant: %s\n", someHosts(names))
}

// load reads the inventory.
func (s *selection) load(ctx context.Context, m *master) (*inventory.Inventory, error) {
	loader := inventory.Loader{SSHConfig: s.sshConfig, Script: m.scriptHosts}
	inv, err := loader.Load(ctx, s.inventory)
	if err != nil {
		return nil, &statusError{status: exitUsage, err: err}
	}
	return inv, nil
}

// hosts are those selected, in their order.
func (s *selection) hosts(inv *inventory.Inventory) ([]*inventory.Host, error) {
	hosts, err := inv.Select(s.limit, lastRun())
	if err != nil {
		return nil, &statusError{status: exitUsage, err: err}
	}
	if len(hosts) == 0 {
		return nil, &statusError{status: exitUsage, err: errors.New("the inventory has no hosts"), hint: "give hosts with -i, or Host entries in ~/.ssh/config"}
	}
	switch s.order {
	case "", "inventory": // "" is that of a command without the flag
	case "sorted":
		slices.SortFunc(hosts, func(a, b *inventory.Host) int { return strings.Compare(a.Name, b.Name) })
	case "reverse":
		slices.Reverse(hosts)
	case "random":
		rand.Shuffle(len(hosts), func(i, j int) { hosts[i], hosts[j] = hosts[j], hosts[i] })
	default:
		return nil, usageError("--order %s: want inventory, sorted, reverse or random", s.order)
	}
	return hosts, nil
}

// connection is what the flags say of how hosts are reached; passwords are asked for.
func (s *selection) connection() (inventory.Connection, error) {
	c := inventory.Connection{
		User: s.user, Port: s.port, SSHConfig: s.sshConfig, SSHArgs: s.sshArgs,
		Timeout: s.connectTimeout.Seconds(), Become: s.become,
	}
	switch c.Become.Method {
	case "", "sudo", "su", "doas":
	default:
		return c, usageError("--become-method %s: want sudo, su or doas", c.Become.Method)
	}
	c.Become.On = c.Become.On || c.Become.User != "" || c.Become.Method != ""
	var err error
	if s.askPassword {
		if c.Password, err = askSecret("ssh password: "); err != nil {
			return c, err
		}
	}
	if s.askBecome {
		c.Become.Password, err = askSecret("become password: ")
	}
	return c, err
}

func askSecret(prompt string) (*value.Secret, error) {
	ask := askPassword()
	if ask == nil {
		return nil, usageError("cannot ask for a password: there is no terminal")
	}
	text, err := ask(context.Background(), prompt)
	if err != nil {
		return nil, usageError("cannot ask for a password: %w", err)
	}
	secret, err := value.NewSecret(text)
	return &secret, err
}

// scriptHosts calls the function hosts of a script.
func (m *master) scriptHosts(ctx context.Context, path string) (value.Value, error) {
	text, err := os.ReadFile(path)
	if err != nil {
		return nil, err
	}
	in, ok := m.host.ByExtension(filepath.Ext(path))
	if !ok {
		return nil, fmt.Errorf("%s is in no known language", path)
	}
	m.host.Lock.Lock()
	defer m.host.Lock.Unlock()
	sc, err := in.Run(ctx, interp.Source{Path: path, Text: text})
	if err != nil {
		return nil, err
	}
	fn, ok := sc.Global("hosts")
	if !ok {
		return nil, errors.New("it has no function hosts")
	}
	return fn.Call(ctx, nil, nil)
}

// lastFile is where it stands what became of the hosts of the last run.
func lastFile() (string, error) {
	dir := os.Getenv("XDG_STATE_HOME")
	if dir == "" {
		home, err := os.UserHomeDir()
		if err != nil {
			return "", err
		}
		dir = filepath.Join(home, ".local", "state")
	}
	return filepath.Join(dir, "mitoscript", "last.json"), nil
}

// lastRun is what became of the hosts of the last run; nothing if there was none.
func lastRun() (last inventory.Last) {
	path, err := lastFile()
	if err != nil {
		return last
	}
	data, err := os.ReadFile(path)
	if err == nil {
		_ = json.Unmarshal(data, &last) // a file that is damaged tells nothing
	}
	return last
}

// keepRun keeps what became of the hosts, for @failed and @unreachable.
func keepRun(last inventory.Last) error {
	path, err := lastFile()
	if err != nil {
		return err
	}
	data, err := json.Marshal(last)
	if err != nil {
		return err
	}
	if err := os.MkdirAll(filepath.Dir(path), 0o700); err != nil {
		return err
	}
	tmp := fmt.Sprintf("%s.%d", path, os.Getpid())
	if err := os.WriteFile(tmp, data, 0o600); err != nil {
		return err
	}
	return os.Rename(tmp, path)
}
