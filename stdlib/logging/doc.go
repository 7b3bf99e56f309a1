// Package logging is the scripts' module log. What it writes goes to the slog
// logger of its context; a child's brings it to the master.
package logging
