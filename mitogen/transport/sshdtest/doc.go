// Package sshdtest runs a private OpenSSH server for tests: on a free port of
// 127.0.0.1, for the account that runs the test, with keys and known hosts of
// its own, ended when the test ends.
package sshdtest
