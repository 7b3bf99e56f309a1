//go:build !child

package main

import (
	"errors"
	"strconv"
	"time"

	"github.com/spf13/pflag"
)

// spanVar adds a flag that takes a time: 90s, 1m30s, or a number of seconds, as
// ssh, pdsh and rsync have it.
func spanVar(fl *pflag.FlagSet, p *time.Duration, name string, def time.Duration, usage string) {
	*p = def
	fl.Var((*span)(p), name, usage)
}

type span time.Duration

// String is "" for none: the help shows no default then.
func (s *span) String() string {
	if *s == 0 {
		return ""
	}
	return time.Duration(*s).String()
}

// Type is how the help calls it.
func (*span) Type() string { return "duration" }

// Set reads it.
func (s *span) Set(text string) error {
	if _, err := strconv.ParseFloat(text, 64); err == nil {
		text += "s"
	}
	d, err := time.ParseDuration(text)
	if err != nil || d < 0 {
		return errors.New("want a time as 90s, 1m30s, or 90 (seconds)")
	}
	*s = span(d)
	return nil
}
