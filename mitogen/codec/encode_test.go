package codec_test

import (
	"errors"
	"os"
	"strings"
	"testing"

	"github.com/mitoscript/mitoscript/mitogen/codec"
	"github.com/mitoscript/mitoscript/mitogen/value"
)

// live is a thing that stays in its process.
type live struct{}

func (live) TypeName() string { return "file" }

// ported travels as v, or fails with err.
type ported struct {
	v   value.Value
	err error
}

func (p ported) Port() (value.Value, error) { return p.v, p.err }

func TestWhatCannotBeSentIsNamed(t *testing.T) {
	selfDict := dictOf()
	selfDict.Append("x", value.List{selfDict})
	selfList := value.List{int64(1), nil}
	selfList[1] = value.Tuple{selfList}
	selfStruct := &value.Struct{Fields: []value.Field{{Name: "me"}}}
	selfStruct.Fields[0].Value = selfStruct
	selfError := value.Errorf(value.KindOS, "x")
	selfError.Cause = selfError
	for _, c := range []struct {
		name string
		v    value.Value
		want string
	}{
		{"the value itself", live{}, "args: cannot send a file"},
		{"in a list", value.List{int64(1), live{}}, "args[1]: cannot send a file"},
		{"in a dict", value.List{dictOf("x", live{})}, `args[0]["x"]: cannot send a file`},
		{"under other keys", dictOf(int64(-5), dictOf(true, dictOf(nil, dictOf(1.5, live{})))), "args[-5][true][null][1.5]: cannot send a file"},
		{"under a secret key", dictOf(secretOf("hunter2"), live{}), "args[Secret]: cannot send a file"},
		{"in a struct", &value.Struct{Fields: []value.Field{{Name: "log", Value: value.Tuple{live{}}}}}, "args.log[0]: cannot send a file"},
		{"in an error", value.Errorf(value.KindOS, "x").With("out", live{}), "args.out: cannot send a file"},
		{"in a cause", &value.Error{Kind: value.KindCall, Cause: value.Errorf(value.KindOS, "x").With("out", live{})}, "args.cause.out: cannot send a file"},
		{"as a key", dictOf("a", nil, live{}, nil), "args (key 1): unhashable type: file"},
		{"key that has no hash", dictOf(value.List{}, nil), "args (key 0): unhashable type: list"},
		{"Go's own int", value.List{5}, "args[0]: cannot send a int"},
		{"Go's own file", value.List{os.Stdin}, "args[0]: cannot send a *os.File"},
		{"failed port", value.List{ported{err: value.Errorf(value.KindError, `uptime → CONFIG["log"]: cannot send a file`)}}, `args[0]: uptime → CONFIG["log"]: cannot send a file`},
		{"port of a port", ported{v: ported{}}, "args: cannot send a codec_test.ported"},
		{"port with something live", ported{v: value.List{live{}}}, "args[0]: cannot send a file"},
		{"cyclic dict", value.List{selfDict}, `args[0]["x"][0]: cannot send a value that contains itself`},
		{"cyclic list", selfList, "args[1][0]: cannot send a value that contains itself"},
		{"cyclic struct", selfStruct, "args.me: cannot send a value that contains itself"},
		{"cyclic error", selfError, "args.cause: cannot send a value that contains itself"},
		{"too deep", nested(1001), "args[0][0][0][0][0][0][0][0][0][0][0][0]…: cannot send values nested more than 1000 deep"},
		{"long context name", value.ContextRef{Name: strings.Repeat("x", 100)}, "args: cannot send a Context whose name is longer than 99 characters"},
		{"empty function", &value.Func{}, "args: cannot send a function that has not exactly one of root and builtin"},
	} {
		t.Run(c.name, func(t *testing.T) {
			var e codec.Encoder
			err := e.Value("args", c.v)
			if err == nil || err.Error() != c.want || !errors.Is(err, value.KindError) {
				t.Errorf("got  %v\nwant %s", err, c.want)
			}
		})
	}
}

func TestPathsWithoutRootAndFromOne(t *testing.T) {
	if _, err := codec.Encode(value.List{live{}}); err == nil || err.Error() != "[0]: cannot send a file" {
		t.Error(err)
	}
	if _, err := codec.Encode(live{}); err == nil || err.Error() != "cannot send a file" {
		t.Error(err)
	}
	e := codec.Encoder{FirstIndex: 1}
	if err := e.Value("args[2]", value.List{live{}}); err == nil || err.Error() != "args[2][1]: cannot send a file" {
		t.Error(err)
	}
}

func TestEncoderCanBeUsedAgain(t *testing.T) {
	var e codec.Encoder
	if err := e.Value("a", value.List{value.List{live{}}}); err == nil {
		t.Fatal("a live value was sent")
	}
	e.Buf = e.Buf[:0]
	if err := e.Value("b", nested(1000)); err != nil {
		t.Error(err)
	}
}

func TestSharedValuesAreNoCycles(t *testing.T) {
	shared := dictOf("a", value.List{int64(1)})
	if _, err := codec.Encode(value.List{shared, shared, value.List{shared}, value.List{}, value.List{value.List{}}}); err != nil {
		t.Error(err)
	}
}

func TestPorterTravelsAsItsPort(t *testing.T) {
	ref := value.ContextRef{ID: 4, Name: "db1"}
	b, err := codec.Encode(value.List{ported{v: ref}, dictOf(ported{v: ref}, int64(1))})
	if err != nil {
		t.Fatal(err)
	}
	v, err := codec.Decode(b, codec.Limits{})
	if want := show(value.List{ref, dictOf(ref, int64(1))}); err != nil || show(v) != want {
		t.Errorf("%s, %v, want %s", show(v), err, want)
	}
}

func TestFuncsAreCollected(t *testing.T) {
	a := &value.Func{Lang: "lua", Root: root, Chunks: []*value.Chunk{{Hash: root}}}
	b := &value.Func{Builtin: "os.hostname"}
	var e codec.Encoder
	if err := e.Value("", value.List{ported{v: a}, dictOf("f", b)}); err != nil {
		t.Fatal(err)
	}
	if len(e.Funcs) != 2 || e.Funcs[0] != a || e.Funcs[1] != b {
		t.Errorf("collected %v", e.Funcs)
	}
	none := codec.Encoder{NoFuncs: true}
	if err := none.Value("result", value.List{b}); err == nil || err.Error() != "result[0]: cannot send a function: functions travel towards children only" {
		t.Error(err)
	}
}

func TestMaxEndsEncodingEarly(t *testing.T) {
	big := strings.Repeat("x", 1000)
	l := make(value.List, 100000)
	for i := range l {
		l[i] = big
	}
	e := codec.Encoder{Max: 5000}
	err := e.Value("result", value.List{l})
	if !errors.Is(err, value.KindChannel) || err.Error() != "message too large (max 5000 bytes)" {
		t.Error(err)
	}
	if len(e.Buf) > 7000 {
		t.Errorf("%d bytes were encoded", len(e.Buf))
	}
	e = codec.Encoder{Max: 1003}
	if err := e.Value("", big); err != nil {
		t.Error(err)
	}
	if err := e.Value("", int64(1)); !errors.Is(err, value.KindChannel) {
		t.Error(err)
	}
}
