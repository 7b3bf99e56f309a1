//go:build !child

package main

import (
	"net"
	"strconv"
	"strings"

	"github.com/spf13/cobra"

	"github.com/mitoscript/mitoscript/mitogen/fakessh"
	"github.com/mitoscript/mitoscript/mitogen/value"
	"github.com/mitoscript/mitoscript/stdlib/mito"
)

// sshFlags are those of every command that connects by ssh.
type sshFlags struct {
	config, user string
	port         int
}

func (f *sshFlags) add(cmd *cobra.Command) {
	fl := cmd.Flags()
	fl.StringVarP(&f.config, "ssh-config", "F", "", "the configuration file of ssh")
	fl.StringVarP(&f.user, "user", "u", "", "the account (default: as ssh's configuration says)")
	fl.IntVarP(&f.port, "port", "p", 0, "the port (default: as ssh's configuration says)")
}

// options are those of the method ssh for dest, [USER@]HOST[:PORT].
func (f *sshFlags) options(dest string) (*value.Dict, error) {
	user, port := f.user, f.port
	if u, host, ok := cutLast(dest, "@"); ok {
		dest, user = host, u
	}
	if host, p, err := net.SplitHostPort(dest); err == nil {
		n, err := strconv.Atoi(p)
		if err != nil || n < 1 || n > 65535 {
			return nil, usageError("the port of %s is no number from 1 to 65535", dest)
		}
		dest, port = host, n
	}
	if dest == "" {
		return nil, usageError("the destination has no host")
	}
	opts := &value.Dict{}
	set := func(name string, v value.Value) { _ = opts.Set(name, v) } // text is hashable
	set("hostname", dest)
	if user != "" {
		set("username", user)
	}
	if port != 0 {
		set("port", int64(port))
	}
	if f.config != "" {
		set("config_file", f.config)
	}
	return opts, nil
}

func cutLast(s, sep string) (before, after string, found bool) {
	i := strings.LastIndex(s, sep)
	if i < 0 {
		return s, "", false
	}
	return s[:i], s[i+len(sep):], true
}

func fakesshCmd() *cobra.Command {
	f, ssh := &runFlags{}, &sshFlags{}
	cmd := &cobra.Command{
		Use:   "fakessh [flags] DEST -- rsync|scp|sftp|git …",
		Short: "runs a program that uses ssh over a connection of mitoscript",
		Long: "Connects to DEST ([USER@]HOST[:PORT]) and runs the program. Whatever host it asks ssh for, its\n" +
			"commands run at DEST:\n\n  mitoscript fakessh web1 -- rsync -a src/ web1:dst/\n\n" +
			"The exit status is the program's. On a terminal Ctrl-C is the program's too: that of sftp ends a transfer.",
		RunE: func(_ *cobra.Command, args []string) error {
			if len(args) > 1 && args[1] == "--" {
				args = append(args[:1:1], args[2:]...)
			}
			if len(args) < 2 {
				return usageError("fakessh: give a destination and a program: mitoscript fakessh web1 -- rsync -a src/ web1:dst/")
			}
			opts, err := ssh.options(args[0])
			if err != nil {
				return err
			}
			return runOverSSH(f, opts, args[1:])
		},
	}
	f.addLogging(cmd)
	f.addRecord(cmd)
	ssh.add(cmd)
	return cmd
}

// runOverSSH connects, and runs a program over the connection.
func runOverSSH(f *runFlags, opts *value.Dict, args []string) error {
	return withMaster(f, func(m *master) error { return m.fakessh(opts, args) })
}

func (m *master) fakessh(opts *value.Dict, args []string) error {
	dest, err := m.factory.Connect(m.ctx, nil, "ssh", opts)
	if err != nil {
		return fakesshFailed(err)
	}
	m.lent.Store(fakessh.HasTerminal())
	defer m.lent.Store(false)
	status, err := m.runFakeSSH(m.ctx, mito.FakeSSH{Dest: dest, Args: args})
	if err != nil {
		return fakesshFailed(err)
	}
	if status != exitOK {
		return &statusError{status: status}
	}
	return nil
}

// fakesshFailed is the error of a program that did not run: as of an ssh that
// could not connect.
func fakesshFailed(err error) error {
	return &statusError{status: fakessh.Failed, err: err, hint: hintOf(value.AsError(err))}
}
