// Package simulation has no code of its own: its tests run trees of routers in memory,
// under fake time, through schedules that a seed decides: what arrives when, what is cut,
// who dies. `make simulate` runs as many as CI does.
package simulation
