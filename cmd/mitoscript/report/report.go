// Package report shows a run as one HTML page that needs nothing else: errors first, then
// hosts and time, calls, and the log.
package report

import (
	_ "embed"
	"html/template"
	"io"
	"sync"

	"github.com/mitoscript/mitoscript/cmd/mitoscript/timeline"
)

//go:embed page.html
var pageText string

// All that a run brought is escaped by html/template, for the place where it stands.
// It is parsed when it is needed: local children are this program too, and start often.
var page = sync.OnceValue(func() *template.Template { return template.Must(template.New("report").Parse(pageText)) })

// Write writes the page about a run.
func Write(w io.Writer, s *timeline.Snapshot) error { return page().Execute(w, newView(s)) }
