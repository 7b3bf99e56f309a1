//go:build !linux

package fakessh

import "syscall"

// dieWithParent does nothing: the program ends when its ssh does, which ends with
// this process.
func dieWithParent(*syscall.SysProcAttr) {}
