// Package user is the scripts' module user: the accounts and groups of this
// machine. It reads the files in /etc itself, since a static binary cannot use
// the C library, and asks the machine's own tools about accounts that are kept
// elsewhere.
package user
