//go:build !child

package main

import (
	"errors"
	"fmt"
	"io"
	"sync/atomic"
	"syscall"
)

// printOut is where print writes. As print has no result, it keeps the first error,
// for the script's end: what was lost on a full disk is no success.
type printOut struct {
	to    io.Writer
	first atomic.Pointer[error]
}

// Write writes to what is behind it.
func (p *printOut) Write(b []byte) (int, error) {
	n, err := p.to.Write(b)
	// A stdout that is closed, or whose reader has gone, ends quietly.
	if err != nil && !errors.Is(err, syscall.EPIPE) && !errors.Is(err, syscall.EBADF) {
		p.first.CompareAndSwap(nil, &err)
	}
	return n, err
}

// failure is the error of a script that could not print.
func (p *printOut) failure() error {
	err := p.first.Load()
	if err == nil {
		return nil
	}
	return &statusError{status: exitScript, err: fmt.Errorf("cannot write what the script printed: %w", *err)}
}
