// Package report shows a run as one HTML page that needs nothing else: errors first, then
// hosts and time, calls, and the log.
package report

import (
	_ "embed"
	"html/template"
	"io"

	"github.com/mitoscript/mitoscript/cmd/mitoscript/timeline"
)

//go:embed page.html
var pageText string

// All that a run brought is escaped by html/template, for the place where it stands.
var page = template.Must(template.New("report").Parse(pageText))

// Write writes the page about a run.
func Write(w io.Writer, s *timeline.Snapshot) error { return page.Execute(w, newView(s)) }
