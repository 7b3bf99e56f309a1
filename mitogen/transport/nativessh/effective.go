package nativessh

import (
	"bytes"
	"context"
	"os"
	"os/exec"
	"slices"
	"strconv"
	"strings"

	"github.com/mitoscript/mitoscript/mitogen/transport"
	"github.com/mitoscript/mitoscript/mitogen/value"
)

// values are configuration lines by keyword, in lower case, in the order of ssh -G.
type values map[string][]string

func (v values) first(key string) string {
	if all := v[key]; len(all) > 0 {
		return all[0]
	}
	return ""
}

// settings are the values of one host, and those that the program has by itself.
type settings struct {
	values
	defaults values
	// source says where the values are from, for people.
	source string
}

// chosen reports whether somebody set key to something else than the default.
func (s *settings) chosen(key string) bool {
	return len(s.values[key]) > 0 && !slices.Equal(s.values[key], s.defaults[key])
}

func (s *settings) on(key string) bool { return !off(s.first(key)) }

func off(v string) bool {
	switch strings.ToLower(v) {
	case "", "no", "false", "none", "off":
		return true
	}
	return false
}

// effective gives the settings of the host, by the ssh program or without it.
func effective(ctx context.Context, o *Options) (*settings, error) {
	name := o.Program
	if name == "" {
		name = "ssh"
	}
	program, err := exec.LookPath(name)
	if err != nil {
		return readFiles(o)
	}
	s := &settings{source: program + " -G"}
	byDefault := make(chan error, 1)
	go func() {
		var err error
		s.defaults, err = query(ctx, o.Cache, program, "-F", os.DevNull, "--", "localhost")
		byDefault <- err
	}()
	s.values, err = query(ctx, o.Cache, program, queryArgs(o)...)
	if errDefault := <-byDefault; err == nil {
		err = errDefault
	}
	if err != nil {
		return nil, configError(ctx, o, err)
	}
	return s, nil
}

func queryArgs(o *Options) []string {
	var args []string
	if o.ConfigFile != "" {
		args = append(args, "-F", o.ConfigFile)
	}
	if o.Port != 0 {
		args = append(args, "-p", strconv.Itoa(o.Port))
	}
	if o.Username != "" {
		args = append(args, "-l", o.Username)
	}
	if o.jump != "" {
		args = append(args, "-J", o.jump)
	}
	return append(args, "--", o.Host)
}

func query(ctx context.Context, c *Cache, program string, args ...string) (values, error) {
	key := program + "\x00" + strings.Join(args, "\x00")
	return c.get(ctx, key, func(ctx context.Context) (values, error) {
		cmd := exec.CommandContext(ctx, program, append([]string{"-G"}, args...)...)
		var stderr bytes.Buffer
		cmd.Stderr = &stderr
		out, err := cmd.Output()
		if ctx.Err() != nil {
			return nil, context.Cause(ctx)
		}
		if err != nil {
			return nil, queryError(err, stderr.String())
		}
		return parseValues(string(out)), nil
	})
}

// queryError prefers the program's last line, where it says what is wrong, unless that
// only counts the lines before it.
func queryError(err error, stderr string) error {
	lines := strings.Split(strings.TrimSpace(stderr), "\n")
	last := strings.TrimSpace(lines[len(lines)-1])
	if strings.Contains(last, "terminating, ") {
		last = strings.TrimSpace(lines[0])
	}
	if last != "" {
		return value.Errorf(value.KindStream, "%s", printable(last))
	}
	return err
}

func parseValues(out string) values {
	v := values{}
	for line := range strings.Lines(out) {
		key, val, _ := strings.Cut(strings.TrimRight(line, "\r\n"), " ")
		if key != "" {
			key = strings.ToLower(key)
			v[key] = append(v[key], strings.TrimSpace(val))
		}
	}
	return v
}

func configError(ctx context.Context, o *Options, err error) error {
	if ctx.Err() != nil {
		return contextError(ctx, o.Host, transport.PhaseConfig)
	}
	return transport.SSHError(o.Host, transport.PhaseConfig, value.KindStream, "cannot read the configuration: %w", err)
}
