// Package proc is the scripts' module proc: programs and processes.
//
// Every program runs in a process group of its own, which is ended when its
// timeout passes, when the call is cancelled, and by Groups.EndAll when the
// context ends; only detach=True lets one outlive it. What it prints is read all
// the time, so that no amount of input or output can make it wait for ever.
package proc
