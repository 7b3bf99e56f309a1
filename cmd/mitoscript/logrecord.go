//go:build !child

package main

import (
	"bytes"
	"encoding/json"
	"log/slog"
	"strings"
	"time"
)

// logRecord is a record of the log, before it is text.
type logRecord struct {
	level   slog.Level
	logger  string
	context string // of which it is; "" for this process
	text    string
	attrs   []slog.Attr
}

// message is the text with the attributes behind it.
func (r *logRecord) message() string {
	var b strings.Builder
	b.WriteString(r.text)
	for _, a := range r.attrs {
		b.WriteString(" " + a.Key + "=" + attrText(a))
	}
	return b.String()
}

func attrText(a slog.Attr) string { return a.Value.Resolve().String() }

// lines are the record for people, each of its lines with the head; usec shows
// microseconds. Context, logger and text may be a far side's.
func (r *logRecord) lines(at time.Time, usec bool) string {
	layout := "15:04:05 "
	if usec {
		layout = "15:04:05.000000 "
	}
	head := at.Format(layout) + levelName(r.level) + " " + visibleLine(r.logger) + ": "
	var b strings.Builder
	for line := range strings.SplitSeq(strings.TrimRight(r.message(), "\n"), "\n") {
		b.WriteString(head + visible(strings.TrimSuffix(line, "\r")) + "\n")
	}
	return b.String()
}

// json is the record for programs, in one line.
func (r *logRecord) json(at time.Time) string {
	rec := struct {
		Time    string            `json:"time"`
		Level   string            `json:"level"`
		Logger  string            `json:"logger"`
		Context string            `json:"context,omitempty"`
		Message string            `json:"message"`
		Attrs   map[string]string `json:"attrs,omitempty"`
	}{
		Time: at.Format("2006-01-02T15:04:05.000000Z07:00"), Level: levelName(r.level), Logger: r.logger, Context: r.context,
		Message: strings.TrimRight(r.text, "\n"), Attrs: map[string]string{},
	}
	for _, a := range r.attrs {
		rec.Attrs[a.Key] = attrText(a)
	}
	var b bytes.Buffer
	enc := json.NewEncoder(&b)
	enc.SetEscapeHTML(false)
	if err := enc.Encode(rec); err != nil {
		panic("log: a record that is no JSON: " + err.Error())
	}
	return b.String()
}
