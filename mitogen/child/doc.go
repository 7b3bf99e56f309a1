// Package child is the main program of a context that a parent started: it reads
// its configuration from stdin, moves the link away from descriptors 0 to 2 and
// logs what is written there, and lives until its parent is lost or says so.
package child
