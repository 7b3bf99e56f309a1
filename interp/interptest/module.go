package interptest

import (
	"context"
	"fmt"
	"math/big"
	"reflect"
	"runtime"
	"strings"
	"time"

	"github.com/mitoscript/mitoscript/interp"
	"github.com/mitoscript/mitoscript/mitogen/value"
)

func param(name string) interp.Param { return interp.Param{Name: name, Required: true} }

// modules are the module t, the global value router and the module mitogen.
func (p *Process) modules() []*interp.Module {
	router := &point{id: 100}
	return []*interp.Module{
		{Name: "t", Funcs: append(p.functions(), p.callers()...), Modules: []*interp.Module{{
			Name: "sub", Funcs: []*interp.Func{{Name: "name", Impl: func(context.Context, *interp.Args) (value.Value, error) { return p.name, nil }}},
		}}, AttrNames: []string{"process"}, Attr: func(_ context.Context, name string) (value.Value, bool) {
			return p.name, name == "process"
		}},
		{Name: "mitogen", AttrNames: []string{"state"}, Attr: func(context.Context, string) (value.Value, bool) { return nil, false }},
		{Global: true, AttrNames: []string{"router"}, Attr: func(_ context.Context, name string) (value.Value, bool) {
			return router, name == "router"
		}},
	}
}

func bug(context.Context, *interp.Args) (value.Value, error) { panic("a bug") }

// bugPlace is where it is, as errors name it.
func bugPlace() string {
	fn := runtime.FuncForPC(reflect.ValueOf(bug).Pointer())
	_, line := fn.FileLine(fn.Entry())
	return fmt.Sprintf("interp/interptest/module.go:%d", line)
}

// functions are those that call nothing.
func (p *Process) functions() []*interp.Func {
	kind := param("kind")
	return []*interp.Func{
		{Name: "record", Rest: "args", HandsOn: true, Impl: p.record},
		{Name: "echo", Params: []interp.Param{param("v")}, Impl: func(_ context.Context, a *interp.Args) (value.Value, error) {
			return a.Value("v"), nil
		}},
		{Name: "sample", Params: []interp.Param{param("name")}, Impl: sample},
		{Name: "take", Params: []interp.Param{param("a"), {Name: "b", Default: int64(2)}, {Name: "c", KeywordOnly: true}}, Impl: take},
		{Name: "raise", Params: []interp.Param{kind, param("message")}, Impl: func(_ context.Context, a *interp.Args) (value.Value, error) {
			kind, _ := a.String("kind")
			message, err := a.String("message")
			if err != nil {
				return nil, err
			}
			return nil, value.Errorf(value.Kind(kind), "%s", message).With("errno", "ENOENT")
		}},
		{Name: "panic", Impl: bug},
		{Name: "wait", Blocking: true, Impl: func(ctx context.Context, _ *interp.Args) (value.Value, error) {
			<-ctx.Done()
			return nil, context.Cause(ctx)
		}},
		{Name: "point", Params: []interp.Param{param("id"), param("x")}, Impl: func(_ context.Context, a *interp.Args) (value.Value, error) {
			id, _ := a.Int("id")
			x, err := a.Int("x")
			return &point{id, x}, err
		}},
		{Name: "counter", Params: []interp.Param{param("n"), {Name: "broken"}}, Impl: func(_ context.Context, a *interp.Args) (value.Value, error) {
			n, err := a.Int("n")
			c := &counter{n: n}
			if broken, _ := a.Bool("broken"); broken {
				c.err = value.Errorf(value.KindChannel, "the far end is gone")
			}
			return c, err
		}},
	}
}

func (p *Process) record(_ context.Context, a *interp.Args) (value.Value, error) {
	words := make([]string, len(a.Rest))
	for i, v := range a.Rest {
		words[i] = Show(v)
	}
	p.world.record(strings.Join(words, " "))
	return nil, nil
}

func take(_ context.Context, a *interp.Args) (value.Value, error) {
	return fmt.Sprintf("a=%s b=%s c=%s", Show(a.Value("a")), Show(a.Value("b")), Show(a.Value("c"))), nil
}

// sample gives values that not every language can write down.
func sample(_ context.Context, a *interp.Args) (value.Value, error) {
	name, err := a.String("name")
	if err != nil {
		return nil, err
	}
	secret, _ := value.NewSecret("hunter2")
	set, _ := value.NewSet(int64(1), "a")
	dict := &value.Dict{}
	_ = dict.Set("b", int64(1))
	_ = dict.Set("a", value.List{nil, int64(2)})
	_ = dict.Set(int64(3), true)
	v, ok := map[string]value.Value{
		"null": nil, "int": int64(-7), "big": new(big.Int).Lsh(big.NewInt(1), 80), "wide": int64(1<<53 + 1), "half": 0.5,
		"text": "grün", "raw": "\xff\x00", "bytes": value.Bytes("ab\x00"), "blob": value.Blob("blob"), "secret": secret,
		"tuple": value.Tuple{int64(1), "x"}, "list": value.List{int64(1), value.List{}}, "set": set, "dict": dict,
		"empty dict": &value.Dict{}, "empty list": value.List{},
		"struct": &value.Struct{Name: "stat", Fields: []value.Field{{Name: "size", Value: int64(5)}, {Name: "mode", Value: "x"}}},
		"time":   time.Unix(1700000000, 5).UTC(), "duration": 90 * time.Second,
		"error": value.Errorf(value.KindOS, "cannot read").With("path", "/etc/x"),
	}[name]
	if !ok {
		return nil, a.Errorf("no sample %s", name)
	}
	return v, nil
}
