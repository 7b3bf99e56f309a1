package fakessh

import "syscall"

// dieWithParent ends the program when the thread that starts it ends: when this
// process is killed.
func dieWithParent(attr *syscall.SysProcAttr) { attr.Pdeathsig = syscall.SIGKILL }
