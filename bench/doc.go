// Package bench measures the programs that `make build` makes, and the packages
// under them in a process of their own with real children. README.md has the
// figures and says how they were taken.
package bench
