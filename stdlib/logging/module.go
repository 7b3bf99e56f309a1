package logging

import (
	"context"
	"log/slog"

	"github.com/mitoscript/mitoscript/interp"
	"github.com/mitoscript/mitoscript/mitogen/value"
)

// level is a name of the module and what slog calls it.
type level struct {
	name  string
	shown string
	slog  slog.Level
}

func levels() []level {
	return []level{
		{"debug", "DEBUG", slog.LevelDebug}, {"info", "INFO", slog.LevelInfo},
		{"warning", "WARNING", slog.LevelWarn}, {"error", "ERROR", slog.LevelError},
	}
}

// Module makes the module log over a logger; nil drops everything.
func Module(log *slog.Logger) *interp.Module {
	if log == nil {
		log = slog.New(slog.DiscardHandler)
	}
	m := &interp.Module{Name: "log", Doc: "The log of this context."}
	for _, l := range levels() {
		m.Funcs = append(m.Funcs, &interp.Func{
			Name: l.name, Doc: "Writes a record of level " + l.shown + ".", Keywords: "fields", Blocking: true,
			Params: []interp.Param{{Name: "message", Doc: "Text, or any other value.", Required: true}},
			Impl: func(ctx context.Context, a *interp.Args) (value.Value, error) {
				write(ctx, log, l.slog, a)
				return nil, nil
			}})
	}
	m.Funcs = append(m.Funcs, &interp.Func{
		Name: "level", Doc: "Returns the lowest level that is written: \"DEBUG\", \"INFO\", \"WARNING\", \"ERROR\" or \"OFF\".",
		Impl: func(ctx context.Context, _ *interp.Args) (value.Value, error) {
			for _, l := range levels() {
				if log.Enabled(ctx, l.slog) {
					return l.shown, nil
				}
			}
			return "OFF", nil
		}})
	return m
}

func write(ctx context.Context, log *slog.Logger, l slog.Level, a *interp.Args) {
	if !log.Enabled(ctx, l) {
		return
	}
	attrs := make([]slog.Attr, len(a.Keywords))
	for i, f := range a.Keywords {
		attrs[i] = slog.String(f.Name, show(f.Value))
	}
	log.LogAttrs(ctx, l, show(a.Value("message")), attrs...)
}
