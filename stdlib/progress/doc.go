// Package progress is the scripts' module progress: bars that show how far a job
// is. A bar only reports what it is at; a Sink draws it on a terminal, writes
// plain lines, or carries the report to the master, which draws it.
package progress
