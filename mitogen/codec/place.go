package codec

import (
	"strconv"
	"strings"

	"github.com/mitoscript/mitoscript/mitogen/value"
)

// placeError is an error on its way out of the containers around its cause. The
// path is put together only when something fails.
type placeError struct {
	steps []string // innermost first
	err   error
}

func (p *placeError) Error() string { return p.err.Error() }

// inside adds the step that leads to err. A nil err stays nil.
func inside(err error, step string) error {
	if err == nil {
		return nil
	}
	p, ok := err.(*placeError)
	if !ok {
		p = &placeError{err: err}
	}
	p.steps = append(p.steps, step)
	return p
}

// shownSteps is how much of a long path is shown: a cycle's is a thousand steps.
const shownSteps = 12

// placed gives the error that callers see: the message behind the whole path.
func placed(root string, err error) error {
	path := root
	if p, ok := err.(*placeError); ok {
		path, err = root+p.path(), p.err
	}
	if path == "" {
		return err
	}
	e := *value.AsError(err)
	e.Message = path + ": " + e.Message
	return &e
}

func (p *placeError) path() string {
	var b strings.Builder
	for i := range p.steps {
		if i == shownSteps {
			b.WriteString("…")
			break
		}
		b.WriteString(p.steps[len(p.steps)-1-i])
	}
	return b.String()
}

func index(i int) string { return "[" + strconv.Itoa(i) + "]" }

func attribute(name string) string { return "." + name }

func keyNumber(i int) string { return " (key " + strconv.Itoa(i) + ")" }

// keyOf gives the step to the value of a key. Keys other than text and numbers
// are named by their type: they may be long, or secret.
func keyOf(k value.Value) string {
	switch k := k.(type) {
	case string:
		return "[" + strconv.Quote(k) + "]"
	case int64:
		return "[" + strconv.FormatInt(k, 10) + "]"
	case bool:
		return "[" + strconv.FormatBool(k) + "]"
	case float64:
		return "[" + strconv.FormatFloat(k, 'g', -1, 64) + "]"
	}
	return "[" + value.TypeName(k) + "]"
}
