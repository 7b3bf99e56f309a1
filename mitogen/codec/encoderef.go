package codec

import (
	"unicode/utf8"
	"unsafe"

	"github.com/mitoscript/mitoscript/mitogen/value"
)

func (e *Encoder) context(c value.ContextRef) error {
	if utf8.RuneCountInString(c.Name) > maxName {
		return value.Errorf(value.KindError, "cannot send a Context whose name is longer than %d characters", maxName)
	}
	e.Contexts = append(e.Contexts, c.ID)
	e.tag(tagContext)
	e.Array(2)
	e.head(majorUint, uint64(c.ID))
	e.Text(c.Name)
	return nil
}

// sender leaves a window of 0 out.
func (e *Encoder) sender(s value.SenderRef) error {
	if s.Window < 0 {
		return value.Errorf(value.KindValue, "cannot send a Sender whose window is %d bytes", s.Window)
	}
	e.tag(tagSender)
	if s.Window > 0 {
		e.Array(3)
	} else {
		e.Array(2)
	}
	e.head(majorUint, uint64(s.Context))
	e.head(majorUint, uint64(s.Handle))
	if s.Window > 0 {
		e.head(majorUint, uint64(s.Window))
	}
	return nil
}

func (e *Encoder) function(f *value.Func) error {
	if e.NoFuncs {
		return value.Errorf(value.KindError, "cannot send a function: functions travel towards children only")
	}
	byRoot := f.Root != (value.Hash{})
	if byRoot == (f.Builtin != "") {
		return value.Errorf(value.KindError, "cannot send a function that has not exactly one of root and builtin")
	}
	e.Funcs = append(e.Funcs, f)
	e.tag(tagFunc)
	e.Array(4)
	e.Text(f.Lang)
	e.Text(f.Name)
	if byRoot {
		e.Bytes(value.Bytes(f.Root[:]))
	} else {
		e.Buf = append(e.Buf, simpleNull)
	}
	e.Text(f.Builtin)
	return nil
}

func (e *Encoder) error(err *value.Error) error {
	if enterErr := e.enter(unsafe.Pointer(err)); enterErr != nil {
		return enterErr
	}
	e.tag(tagError)
	e.Array(7)
	e.Text(string(err.Kind))
	e.Array(len(err.Also))
	for _, k := range err.Also {
		e.Text(string(k))
	}
	e.Text(err.Message)
	e.Text(err.Context)
	e.Array(3 * len(err.Traceback))
	for _, f := range err.Traceback {
		e.Text(f.File)
		e.Int(int64(f.Line))
		e.Text(f.Function)
	}
	e.Array(2 * len(err.Attrs))
	if attrErr := e.fields(err.Attrs); attrErr != nil {
		return attrErr
	}
	if causeErr := e.cause(err.Cause); causeErr != nil {
		return causeErr
	}
	e.leave()
	return nil
}

func (e *Encoder) cause(err *value.Error) error {
	if err == nil {
		e.Buf = append(e.Buf, simpleNull)
		return nil
	}
	return inside(e.error(err), attribute("cause"))
}
