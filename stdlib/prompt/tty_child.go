//go:build child

package prompt

import "errors"

// Open refuses: a child has no terminal.
func Open() (Terminal, error) { return nil, errors.New("a child has no terminal") }
