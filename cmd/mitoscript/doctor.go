//go:build !child

package main

import (
	"context"
	"errors"
	"fmt"
	"net"
	"os"
	"slices"
	"strconv"
	"strings"
	"time"

	"github.com/spf13/cobra"

	"github.com/mitoscript/mitoscript/cmd/mitoscript/doctor"
	"github.com/mitoscript/mitoscript/interp"
	"github.com/mitoscript/mitoscript/inventory"
	"github.com/mitoscript/mitoscript/mitogen"
	"github.com/mitoscript/mitoscript/mitogen/parent"
	"github.com/mitoscript/mitoscript/mitogen/value"
)

// examination is one use of the command doctor.
type examination struct {
	runFlags
	selection
	color string

	m     *master
	sheet *doctor.Sheet
}

func doctorCmd() *cobra.Command {
	x := &examination{}
	cmd := &cobra.Command{
		Use:   "doctor [flags] HOST",
		Short: "tries each phase of reaching a host, and says what to do about the one that fails",
		Long: "Connects to HOST ([USER@]HOST[:PORT], or a host of the inventory that -i gives), calls a function there\n" +
			"and leaves again. Each phase is shown with its time: the name, the port, key exchange, host key,\n" +
			"authentication, shell, cache, push and start of the program, a call. With -b the other account is tried\n" +
			"too.\n\n" +
			"  mitoscript doctor web1\n" +
			"  mitoscript doctor -i hosts -b db1\n\n" +
			"The status is 0 if all went well, 1 if a phase failed: which, why and what helps stands on stderr.",
		ValidArgsFunction: x.hostNames,
		RunE: func(_ *cobra.Command, args []string) error {
			if len(args) != 1 || args[0] == "" {
				return usageError("doctor: give one host: mitoscript doctor web1")
			}
			if err := checkColour(x.color); err != nil {
				return err
			}
			return withMaster(&x.runFlags, func(m *master) error { return x.run(m, args[0]) })
		},
	}
	x.addLogging(cmd)
	x.addSources(cmd)
	x.addAccount(cmd)
	x.addReaching(cmd)
	cmd.Flags().StringVar(&x.color, "color", "auto", "colours: auto (on terminals), always or never")
	cmd.Flags().SetInterspersed(true)
	return cmd
}

// hostNames lets shells offer the hosts that are known.
func (x *examination) hostNames(cmd *cobra.Command, args []string, _ string) ([]string, cobra.ShellCompDirective) {
	loader := inventory.Loader{SSHConfig: x.sshConfig}
	inv, err := loader.Load(cmd.Context(), x.inventory)
	if err != nil || len(args) > 0 {
		return nil, cobra.ShellCompDirectiveNoFileComp
	}
	var names []string
	for _, h := range inv.Hosts() {
		names = append(names, h.Name)
	}
	return names, cobra.ShellCompDirectiveNoFileComp
}

func (x *examination) run(m *master, target string) error {
	colours := paletteOf(x.color, os.Stdout)
	x.m = m
	x.sheet = doctor.NewSheet(os.Stdout, func(good bool, text string) string {
		if good {
			return colours.paint(green, text)
		}
		return colours.paint(red, text)
	})
	conn, err := x.connection()
	if err != nil {
		return err
	}
	h, err := x.host(m.ctx, target, &conn)
	if err != nil {
		return err
	}
	start := time.Now()
	fl := &fleet{m: m, fan: &fanout{}, conn: conn}
	c, top, err := fl.connect(parent.WithSteps(m.ctx, x.sheet.Step), h)
	took := time.Since(start)
	reached := doctor.Phase("")
	where, called := "", time.Duration(0)
	if err == nil {
		reached = doctor.Call
		where, called, err = x.call(m.ctx, c)
	}
	if top != nil {
		_ = m.factory.Shutdown(m.ctx, top, false) // one that is gone is no error
	}
	if err != nil {
		return x.failed(target, reached, err)
	}
	fmt.Printf("%s is well: %s, reached in %s, a call takes %s\n", target, where, doctor.Milliseconds(took), doctor.Milliseconds(called))
	return nil
}

// host finds out what is meant by the argument, and completes how it is reached.
func (x *examination) host(ctx context.Context, target string, conn *inventory.Connection) (*inventory.Host, error) {
	inv := inventory.New()
	if len(x.inventory) > 0 {
		var err error
		if inv, err = x.load(ctx, x.m); err != nil {
			return nil, &statusError{status: exitUsage, err: fmt.Errorf("cannot reach %s: phase %s: %w", target, doctor.Inventory, err),
				hint: doctor.Diagnose(err, x.sheet, doctor.Inventory).Hint}
		}
	}
	h := inv.Host(target)
	if h == nil {
		name, err := splitTarget(target, conn)
		if err != nil {
			return nil, err
		}
		if h = inv.Host(name); h == nil && len(x.inventory) > 0 {
			return nil, x.unknown(inv, name)
		}
		if h == nil {
			h = inv.Add(name)
		}
	}
	if _, err := h.Plan(*conn); err != nil {
		return nil, x.failed(target, doctor.Inventory, err)
	}
	return h, nil
}

// splitTarget takes user and port out of [USER@]HOST[:PORT].
func splitTarget(target string, conn *inventory.Connection) (host string, err error) {
	rest := target
	if user, name, ok := cutLast(rest, "@"); ok && user != "" {
		conn.User, rest = user, name
	}
	if name, port, err := net.SplitHostPort(rest); err == nil {
		n, err := strconv.Atoi(port)
		if err != nil || n < 1 || n > 65535 {
			return "", usageError("the port of %s is no number from 1 to 65535", target)
		}
		conn.Port, rest = n, name
	}
	if rest = strings.TrimSuffix(strings.TrimPrefix(rest, "["), "]"); rest == "" {
		return "", usageError("doctor: %s names no host", target)
	}
	return rest, nil
}

// unknown is the error of a host that the inventory does not have.
func (x *examination) unknown(inv *inventory.Inventory, name string) error {
	var known []string
	for _, h := range inv.Hosts() {
		known = append(known, h.Name)
	}
	hint := "its hosts are " + someHosts(known)
	if near := interp.Nearest(name, known); near != "" {
		hint = "did you mean " + near + "?"
	}
	if slices.ContainsFunc(inv.Hosts(), func(h *inventory.Host) bool { return slices.Contains(h.Groups, name) }) {
		hint = name + " is a group; " + hint
	}
	err := fmt.Errorf("cannot reach %s: phase %s: there is no such host in %s", name, doctor.Inventory, strings.Join(x.inventory, ", "))
	return &statusError{status: exitUsage, err: err, hint: hint}
}

// call calls functions there, and says where that is.
func (x *examination) call(ctx context.Context, c *mitogen.Context) (where string, took time.Duration, err error) {
	start := time.Now()
	user, err := c.Call(ctx, builtin("os.username"))
	took = time.Since(start)
	var machine value.Value
	if err == nil {
		machine, err = c.Call(ctx, builtin("os.platform"))
	}
	if err == nil {
		where = fmt.Sprintf("%v on %s", user, describeMachine(machine))
	}
	x.sheet.Row(doctor.Call, took, where, err == nil)
	return where, took, err
}

func builtin(name string) *value.Func { return &value.Func{Name: name, Builtin: name} }

// describeMachine is "web1 (linux amd64)".
func describeMachine(v value.Value) string {
	record, _ := v.(*value.Struct)
	if record == nil {
		return "an unknown machine"
	}
	field := func(name string) string {
		for _, f := range record.Fields {
			if text, ok := f.Value.(string); ok && f.Name == name {
				return printable(text)
			}
		}
		return "unknown"
	}
	return fmt.Sprintf("%s (%s %s)", field("hostname"), field("os"), field("arch"))
}

// failed is the error of a host that cannot be reached.
func (x *examination) failed(target string, reached doctor.Phase, err error) error {
	d := doctor.Diagnose(err, x.sheet, reached)
	status := exitScript
	if d.Phase == doctor.Inventory {
		status = exitUsage
	}
	if d.Phase != x.sheet.Failed() {
		x.sheet.Row(d.Phase, 0, "", false)
	}
	why := oneLine(d.Err.Message)
	return &statusError{status: status, hint: d.Hint, err: errors.New("cannot reach " + target + ": phase " + string(d.Phase) + ": " + why)}
}
