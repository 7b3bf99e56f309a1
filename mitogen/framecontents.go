package mitogen

import (
	"fmt"
	"strconv"
	"strings"

	"github.com/mitoscript/mitoscript/mitogen/codec"
	"github.com/mitoscript/mitoscript/mitogen/value"
	"github.com/mitoscript/mitoscript/mitogen/wire"
)

// The bounds of what is shown of a frame: its data, of all of it, and of one text.
const (
	maxDecoded = 64 << 10
	maxShown   = 2000
	maxText    = 200
)

// handleNames are those of the protocol's own handles.
var handleNames = map[uint32]string{
	wire.GetModule: "GET_MODULE", wire.CallFunction: "CALL_FUNCTION", wire.ForwardLog: "FORWARD_LOG", wire.AddRoute: "ADD_ROUTE",
	wire.DelRoute: "DEL_ROUTE", wire.AllocateID: "ALLOCATE_ID", wire.Shutdown: "SHUTDOWN", wire.LoadModule: "LOAD_MODULE",
	wire.ForwardModule: "FORWARD_MODULE", wire.Detaching: "DETACHING", wire.CallService: "CALL_SERVICE", wire.Cancel: "CANCEL",
	wire.Credit: "CREDIT",
}

// frameContents is what a frame is for, and the value that it brings; of data that is
// no value, or much, only that it is there.
func frameContents(f *wire.Frame) string {
	name := handleNames[f.Handle]
	if name == "" {
		name = "message"
	}
	if f.ReplyTo == wire.IsDead {
		name = "dead " + name
	}
	if len(f.Data) == 0 {
		return name
	}
	if len(f.Data) <= maxDecoded {
		if v, err := codec.Decode(f.Data, codec.Limits{Funcs: true}); err == nil {
			s := &shower{}
			s.value(v)
			return name + " " + s.text.String()
		}
	}
	return name + " of bytes"
}

// shower writes a value, up to maxShown bytes of it.
type shower struct{ text strings.Builder }

func (s *shower) write(format string, args ...any) {
	switch n := s.text.Len(); {
	case n < maxShown:
		fmt.Fprintf(&s.text, format, args...)
	case !strings.HasSuffix(s.text.String()[n-3:], "…"):
		s.text.WriteString("…")
	}
}

func (s *shower) value(v value.Value) {
	if s.text.Len() >= maxShown {
		s.write("")
		return
	}
	switch v := v.(type) {
	case nil:
		s.write("None")
	case string:
		s.string(v)
	case value.Bytes:
		s.write("b")
		s.string(string(v))
	case value.List:
		s.items("[", v, "]")
	case value.Tuple:
		s.items("(", v, ")")
	case *value.Set:
		s.items("set([", v.Items(), "])")
	case *value.Dict:
		s.dict(v)
	case *value.Struct:
		s.fields(v.Name+"(", v.Fields, ")")
	case *value.Func:
		s.write("<function %s>", strconv.Quote(v.Name))
	case *value.Error:
		s.write("<%s ", v.Kind)
		s.string(v.Message)
		s.fields(" ", v.Attrs, "")
		if v.Cause != nil {
			s.write(" because of ")
			s.value(v.Cause)
		}
		s.write(">")
	default: // a Secret and a Blob show themselves as such
		s.write("%v", v)
	}
}

func (s *shower) string(text string) {
	if len(text) > maxText {
		s.write("%q… (%d bytes)", text[:maxText], len(text))
		return
	}
	s.write("%q", text)
}

func (s *shower) items(head string, items []value.Value, tail string) {
	s.write("%s", head)
	for i, it := range items {
		if i > 0 {
			s.write(", ")
		}
		s.value(it)
	}
	s.write("%s", tail)
}

func (s *shower) fields(head string, fields []value.Field, tail string) {
	s.write("%s", head)
	for i, f := range fields {
		if i > 0 {
			s.write(", ")
		}
		s.write("%s=", f.Name)
		s.value(f.Value)
	}
	s.write("%s", tail)
}

// dict leaves out passwords that a script gave as plain text.
func (s *shower) dict(d *value.Dict) {
	s.write("{")
	for i, it := range d.Items() {
		if i > 0 {
			s.write(", ")
		}
		s.value(it.Key)
		s.write(": ")
		if text, ok := it.Value.(string); ok && it.Key == "password" && text != "" {
			s.write("[secret]")
			continue
		}
		s.value(it.Value)
	}
	s.write("}")
}
