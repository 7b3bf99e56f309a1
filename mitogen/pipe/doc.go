// Package pipe has the near ends of the pipes between two processes of one machine.
//
// Most of what a small call costs there is the system's: a process that waits is put
// to sleep and woken, its processor is halted and started, and the answer of who works
// on another processor is mostly there before that is done. So a Reader looks for a
// moment before it sleeps, where that has paid lately, and only as long as nothing else
// runs in its process.
package pipe
