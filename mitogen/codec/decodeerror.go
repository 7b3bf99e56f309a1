package codec

import (
	"math"

	"github.com/mitoscript/mitoscript/mitogen/value"
)

// IsError reports whether data is that of an error, without reading all of it.
func IsError(data []byte) bool {
	return len(data) > 2 && data[0] == majorTag|25 && data[1] == tagError>>8 && data[2] == tagError&0xff
}

func (d *Decoder) error() (value.Value, error) {
	e, err := d.errorParts()
	if err != nil {
		return nil, err
	}
	return e, nil
}

// errorParts reads an error after its tag.
func (d *Decoder) errorParts() (*value.Error, error) {
	if err := d.enter(); err != nil {
		return nil, err
	}
	defer d.leave()
	if err := d.fixed(7); err != nil {
		return nil, err
	}
	e := &value.Error{}
	kind, err := d.Text()
	if err != nil {
		return nil, err
	}
	if kind == "" {
		return nil, d.bad("an error without a kind")
	}
	e.Kind = value.Kind(kind)
	if err := d.also(e); err != nil {
		return nil, err
	}
	if e.Message, err = d.Text(); err != nil {
		return nil, err
	}
	if e.Context, err = d.Text(); err != nil {
		return nil, err
	}
	if err := d.traceback(e); err != nil {
		return nil, err
	}
	if err := d.attrs(e); err != nil {
		return nil, err
	}
	return e, d.cause(e)
}

func (d *Decoder) also(e *value.Error) error {
	n, err := d.Array()
	if err != nil || n == 0 {
		return err
	}
	e.Also = make([]value.Kind, n)
	for i := range e.Also {
		kind, err := d.Text()
		if err != nil {
			return err
		}
		e.Also[i] = value.Kind(kind)
	}
	return nil
}

func (d *Decoder) traceback(e *value.Error) error {
	n, err := d.Array()
	if err != nil || n == 0 {
		return err
	}
	if n%3 != 0 {
		return d.bad("a traceback of %d items", n)
	}
	e.Traceback = make([]value.Frame, n/3)
	for i := range e.Traceback {
		f := &e.Traceback[i]
		if f.File, err = d.Text(); err != nil {
			return err
		}
		line, err := d.Int()
		if err != nil {
			return err
		}
		if line < 0 || line > math.MaxInt32 {
			return d.bad("line %d", line)
		}
		f.Line = int(line)
		if f.Function, err = d.Text(); err != nil {
			return err
		}
	}
	return nil
}

func (d *Decoder) attrs(e *value.Error) error {
	n, err := d.Array()
	if err != nil {
		return err
	}
	if n%2 != 0 {
		return d.bad("attributes of %d items", n)
	}
	e.Attrs, err = d.fields(n / 2)
	return err
}

func (d *Decoder) cause(e *value.Error) error {
	d.owed()
	first, n, err := d.head()
	switch {
	case err != nil || first == simpleNull:
		return err
	case first&0xe0 != majorTag || n != tagError:
		return d.bad("a cause that is not an error")
	}
	e.Cause, err = d.errorParts()
	return err
}
