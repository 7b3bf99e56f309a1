package template

import (
	"errors"
	"fmt"

	"github.com/mitoscript/mitoscript/mitogen/value"
)

// fault is an error on its way to where its template and line are known.
type fault struct {
	kind value.Kind
	text string
	name string // what is undefined, "" if nothing is
	line int    // 0 if not known
}

func (f *fault) Error() string { return f.text }

// parseFault says that a template is not valid.
func parseFault(line int, format string, args ...any) error {
	return &fault{kind: value.KindParse, line: line, text: fmt.Sprintf(format, args...)}
}

// fail says that a template asks for what its values cannot do.
func fail(format string, args ...any) error {
	return &fault{kind: value.KindValue, text: fmt.Sprintf(format, args...)}
}

// undefined is the value of a name, attribute or item that does not exist.
type undefined struct {
	name string
	line int
	hint string
}

func (u undefined) fault() error {
	text := fmt.Sprintf("%q is undefined", u.name)
	if u.hint != "" {
		text += ": " + u.hint
	}
	return &fault{kind: value.KindParse, text: text, name: u.name, line: u.line}
}

// place gives a fault its template and line; other errors stay as they are.
func place(err error, template string, line int) error {
	var f *fault
	if !errors.As(err, &f) {
		return err
	}
	if f.line > 0 {
		line = f.line
	}
	e := value.Errorf(f.kind, "cannot render template %s: line %d: %s", template, line, f.text).
		With("template", template).With("line", int64(line))
	if f.kind == value.KindParse {
		e = e.With("column", nil)
	}
	if f.name != "" {
		e = e.With("name", f.name)
	}
	return e
}

// defined refuses an undefined value.
func defined(v value.Value) error {
	if u, ok := v.(undefined); ok {
		return u.fault()
	}
	return nil
}
