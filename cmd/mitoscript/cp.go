//go:build !child

package main

import (
	"context"
	"errors"
	"fmt"
	"os"
	"path/filepath"
	"strings"
	"sync"

	"github.com/spf13/cobra"
	"golang.org/x/term"

	"github.com/mitoscript/mitoscript/inventory"
	"github.com/mitoscript/mitoscript/mitogen"
	"github.com/mitoscript/mitoscript/mitogen/files"
	"github.com/mitoscript/mitoscript/mitogen/value"
	"github.com/mitoscript/mitoscript/stdlib/path"
)

// copyJob is one use of the command cp.
type copyJob struct {
	runFlags
	selection
	fanout
	recursive bool
}

func cpCmd() *cobra.Command {
	j := &copyJob{}
	cmd := &cobra.Command{
		Use:   "cp [flags] SRC… DEST",
		Short: "copies files to, from and between hosts",
		Long: "SRC and DEST are paths here, or HOST:PATH ([USER@]HOST:PATH, relative to the home folder there).\n" +
			":PATH means that path on every host that -i and -l select, without them on all Host entries of\n" +
			"~/.ssh/config: cp -l web SRC :DEST copies to all of them, cp -l web :SRC DEST from all of them, into a\n" +
			"folder for each host in DEST.",
		RunE: func(_ *cobra.Command, args []string) error {
			if len(args) < 2 && !j.list {
				return usageError("cp: give what to copy, and where to")
			}
			return withMaster(&j.runFlags, func(m *master) error { return j.run(m, args) })
		},
	}
	j.addLogging(cmd)
	j.addRecord(cmd)
	j.selection.add(cmd)
	j.fanout.add(cmd)
	cmd.Flags().BoolVarP(&j.recursive, "recursive", "r", false, "copy folders too, with all that is in them")
	cmd.Flags().SetInterspersed(true)
	return cmd
}

// place is an argument of cp.
type place struct {
	remote     bool
	user, host string // host is "" for all that are selected
	path       string
}

// readPlace tells HOST:PATH from a path here, as scp does: by a colon before any slash.
func readPlace(arg string) place {
	rest, inBrackets := arg, false
	user := ""
	if at := strings.IndexByte(arg, '@'); at >= 0 && !strings.Contains(arg[:at], "/") && !strings.Contains(arg[:at], ":") {
		user, rest = arg[:at], arg[at+1:]
	}
	host, p, ok := strings.Cut(rest, ":")
	if strings.HasPrefix(rest, "[") { // an IPv6 address
		if host, p, inBrackets = strings.Cut(rest[1:], "]:"); inBrackets {
			ok = true
		}
	}
	if !ok || !inBrackets && strings.Contains(host, "/") {
		return place{path: path.Home(arg)}
	}
	if p == "" {
		p = "."
	}
	return place{remote: true, user: user, host: host, path: p}
}

func (j *copyJob) run(m *master, args []string) error {
	conn, err := j.connection()
	if err != nil {
		return err
	}
	fl := &fleet{m: m, fan: &j.fanout, conn: conn, quiet: j.quiet}
	if j.list {
		return j.listHosts(m)
	}
	var sources []place
	for _, a := range args[:len(args)-1] {
		sources = append(sources, readPlace(a))
	}
	dest := readPlace(args[len(args)-1])
	if len(sources) > 1 && !strings.HasSuffix(dest.path, "/") {
		dest.path += "/" // several go into a folder
	}
	all, err := everyHost(append(sources, dest))
	if err != nil {
		return err
	}
	inv := inventory.New()
	if all || j.given() {
		if inv, err = j.load(m.ctx, m); err != nil {
			return err
		}
	}
	if !all {
		return j.named(fl, inv, sources, dest)
	}
	hosts, err := j.hosts(inv)
	if err != nil {
		return err
	}
	j.tellAll(j.quiet, hosts)
	return j.selected(fl, hosts, sources, dest)
}

func (j *copyJob) listHosts(m *master) error {
	inv, err := j.load(m.ctx, m)
	if err != nil {
		return err
	}
	hosts, err := j.hosts(inv)
	for _, h := range hosts {
		fmt.Println(h.Name)
	}
	return err
}

// everyHost reports whether the places are of all hosts selected.
func everyHost(places []place) (bool, error) {
	all, named := 0, 0
	for _, p := range places {
		switch {
		case p.remote && p.host == "":
			all++
		case p.remote:
			named++
		}
	}
	dest := places[len(places)-1]
	switch {
	case all+named == 0:
		return false, &statusError{status: exitUsage, err: errors.New("cp: nothing of it is on another host"), hint: "name a host as HOST:PATH"}
	case all == 0:
		return false, nil
	case named > 0, dest.remote && all > 1, !dest.remote && all < len(places)-1:
		return false, usageError("cp: :PATH goes with paths here only: SRC… :DEST, or :SRC… DEST")
	}
	return true, nil
}

// options says how to copy, with a bar if it has a title.
func (j *copyJob) options(m *master, title string) (files.Options, func()) {
	opts := files.Options{Recursive: j.recursive, Into: true}
	if title == "" || j.quiet || !term.IsTerminal(int(os.Stderr.Fd())) {
		return opts, func() {}
	}
	report, end := m.library.Bar(title)
	opts.Progress = report
	return opts, end
}

// selected copies to every host, or from every host into a folder for each.
func (j *copyJob) selected(fl *fleet, hosts []*inventory.Host, sources []place, dest place) error {
	outcomes, stopped, err := fl.each(fl.m.ctx, hosts, func(ctx context.Context, h *inventory.Host, c *mitogen.Context) error {
		to := dest
		if !dest.remote {
			name := strings.ReplaceAll(h.Name, "/", "_")
			if name == "." || name == ".." {
				return usageError("there can be no folder for the host %s", h.Name)
			}
			to.path = filepath.Join(dest.path, name) + "/"
			if err := os.MkdirAll(to.path, 0o777); err != nil {
				return err
			}
		}
		for _, s := range sources {
			title := ""
			if len(hosts) == 1 { // else the line of all hosts stands there
				title = h.Name + " " + path.Base(s.path)
			}
			if err := j.copyOne(ctx, fl.m, title, s, c, to, c); err != nil {
				return err
			}
		}
		return nil
	})
	if err != nil {
		return err
	}
	return fl.conclude(outcomes, stopped)
}

// copyOne copies between here, from's context and to's.
func (j *copyJob) copyOne(ctx context.Context, m *master, title string, from place, source *mitogen.Context, to place, target *mitogen.Context) error {
	opts, end := j.options(m, title)
	defer end()
	switch {
	case from.remote && to.remote:
		if source == target {
			return errors.New("cp: both are on one host: copy there")
		}
		return files.Relay(ctx, source, from.path, target, to.path, opts)
	case from.remote:
		return files.Get(ctx, source, from.path, to.path, opts)
	case to.remote:
		return files.Put(ctx, target, from.path, to.path, opts)
	}
	return errors.New("cp: neither is on another host")
}

// named copies between hosts that the arguments name.
func (j *copyJob) named(fl *fleet, inv *inventory.Inventory, sources []place, dest place) error {
	c := &contexts{fleet: fl, inv: inv, byHost: map[string]*mitogen.Context{}}
	ctx := fl.m.ctx
	target, err := c.open(ctx, dest)
	if err != nil {
		return err
	}
	for _, s := range sources {
		source, err := c.open(ctx, s)
		if err != nil {
			return err
		}
		if err := j.copyOne(ctx, fl.m, path.Base(s.path), s, source, dest, target); err != nil {
			return &statusError{status: copyStatus(err), err: err}
		}
	}
	return nil
}

func copyStatus(err error) int {
	if errors.Is(err, value.KindChannel) {
		return exitUnreachable
	}
	return exitFailed
}

// contexts are those of hosts that were named, each opened once.
type contexts struct {
	*fleet
	inv *inventory.Inventory

	mu     sync.Mutex
	byHost map[string]*mitogen.Context // guarded by mu
}

// open gives the context of a place; nil for one here.
func (c *contexts) open(ctx context.Context, p place) (*mitogen.Context, error) {
	if !p.remote {
		return nil, nil
	}
	c.mu.Lock()
	defer c.mu.Unlock()
	key := p.user + "@" + p.host
	if got := c.byHost[key]; got != nil {
		return got, nil
	}
	to := *c.fleet
	if p.user != "" {
		to.conn.User = p.user
	}
	host := c.inv.Add(p.host)
	got, _, err := to.connect(ctx, host)
	if err != nil {
		o := &outcome{host: host, err: err, unreachable: true}
		return nil, &statusError{status: exitUnreachable, hint: o.hint(), err: errors.New(p.host + ": " + o.fault())}
	}
	c.byHost[key] = got
	return got, nil
}
