//go:build !child

package main

import (
	"fmt"
	"log/slog"
	"strings"
)

// parseLevel reads a level by the names that the reference has.
func parseLevel(name string) (slog.Level, error) {
	switch strings.ToUpper(name) {
	case "IO", "DEBUG":
		return slog.LevelDebug, nil
	case "INFO":
		return slog.LevelInfo, nil
	case "WARNING", "WARN":
		return slog.LevelWarn, nil
	case "ERROR", "CRITICAL":
		return slog.LevelError, nil
	}
	return 0, fmt.Errorf("unknown log level %q: DEBUG, INFO, WARNING or ERROR", name)
}

// levelName is how a level is shown.
func levelName(l slog.Level) string {
	switch {
	case l < slog.LevelInfo:
		return "DEBUG"
	case l < slog.LevelWarn:
		return "INFO"
	case l < slog.LevelError:
		return "WARNING"
	}
	return "ERROR"
}
