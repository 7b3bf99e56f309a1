//go:build !linux

package transport

import "os"

// mountedNoExec is asked of containers of Linux only.
func mountedNoExec(*os.Root) bool { return false }
