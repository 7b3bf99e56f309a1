//go:build unix && !linux

package child

import "time"

// Await is for Linux only: elsewhere system calls go by the system's library.
func (p *Process) Await(time.Duration) bool { return false }
