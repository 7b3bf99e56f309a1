//go:build !linux

package mito

// resetAffinity does nothing: only Linux has an affinity to reset.
func resetAffinity() error { return nil }
