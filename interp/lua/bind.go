package lua

import (
	"context"
	"strconv"

	glua "github.com/yuin/gopher-lua"

	"github.com/mitoscript/mitoscript/interp"
	"github.com/mitoscript/mitoscript/mitogen/value"
)

// binding is what stands behind a function that came from Go. It is the only
// upvalue of the Lua function.
type binding struct {
	fn      *interp.Func
	foreign interp.Callable // a function of another language
	self    any             // what a method belongs to: its first argument if called with ":"
	what    string          // what errors call a method: "a method of Receiver"
}

func bindingOf(fn *glua.LFunction) *binding {
	if !fn.IsG || len(fn.Upvalues) != 1 {
		return nil
	}
	if ud, ok := fn.Upvalues[0].Value().(*glua.LUserData); ok {
		b, _ := ud.Value.(*binding)
		return b
	}
	return nil
}

func (in *Interp) bound(b *binding, call glua.LGFunction) *glua.LFunction {
	return in.root.NewClosure(call, in.userdata(b, nil))
}

// function makes the Lua function of f. Functions with a dotted name are made once.
func (in *Interp) function(f *interp.Func) *glua.LFunction {
	if name := f.Qualified(); name != "" {
		if fn, ok := in.names.values[name].(*glua.LFunction); ok {
			return fn
		}
	}
	return in.bound(&binding{fn: f}, func(L *glua.LState) int { return in.invoke(L, f, nil, 1) })
}

// method makes the Lua function of a method of self.
func (in *Interp) method(f *interp.Func, self any, what string) *glua.LFunction {
	b := &binding{fn: f, self: self, what: what}
	return in.bound(b, func(L *glua.LState) int {
		first := 1
		if isSelf(L.Get(1), self) {
			first = 2
		}
		obj, _ := self.(interp.Object)
		return in.invoke(L, f, obj, first)
	})
}

func isSelf(v glua.LValue, self any) bool {
	switch v := v.(type) {
	case *glua.LUserData:
		return sameObject(v.Value, self)
	case *glua.LTable:
		return any(v) == self
	}
	return false
}

// foreign makes a Lua function of another language's.
func (in *Interp) foreign(c interp.Callable) *glua.LFunction {
	return in.bound(&binding{foreign: c}, func(L *glua.LState) int {
		t := in.threadOf(L)
		last := L.GetTop()
		var kwargs []value.Field
		if tb, ok := L.Get(last).(*glua.LTable); ok && last > 0 && in.marks.of(tb) == markKwargs {
			kwargs = in.fields(L, false, tb)
			last--
		}
		args := in.arguments(L, false, 1, last, 0)
		G := in.root.G
		current := G.CurrentThread
		v, err := c.Call(t.ctx, args, kwargs)
		G.CurrentThread = current
		if err != nil {
			in.throw(L, err)
		}
		return in.push(L, v, true)
	})
}

// invoke calls f, of self if it is a method, with the arguments on L from the first one on.
func (in *Interp) invoke(L *glua.LState, f *interp.Func, self interp.Object, first int) int {
	t := in.threadOf(L)
	last := L.GetTop()
	var kwargs []value.Field
	if tb, ok := in.keywordTable(f, L, first, last); ok {
		kwargs = in.fields(L, f.Here, tb)
		last--
	}
	args := in.arguments(L, f.Here, first, last, handedOn(f))
	for i := range min(len(args), len(f.Params)) { // nil is no argument: mitogen.null is None
		if p := &f.Params[i]; args[i] == nil && !p.Required && !p.KeywordOnly && L.Get(first+i) == glua.LNil {
			args[i] = p.Default
		}
	}
	a, err := interp.Match(f, &site{t: t, L: L}, args, kwargs)
	if err != nil {
		in.throw(L, err)
	}
	a.Self = self
	v, err := in.run(t, f, a)
	a.Release()
	if err != nil {
		in.throw(L, err)
	}
	return in.push(L, v, f.Spread)
}

// run calls Impl as its Func asks for and survives its panics.
func (in *Interp) run(t *thread, f *interp.Func, a *interp.Args) (v value.Value, err error) {
	defer func() {
		if r := recover(); r != nil {
			v, err = nil, a.Errorf("%v", interp.Recovered(r))
		}
	}()
	if f.Blocking {
		a.Thread.Unlock()
		defer a.Thread.Lock()
	}
	return f.Impl(t.ctx, a)
}

// handedOn is the number of arguments that f keeps for itself when it hands the
// rest on: errors count from the first that is handed on.
func handedOn(f *interp.Func) int {
	if !f.HandsOn {
		return 0
	}
	n := 0
	for n < len(f.Params) && !f.Params[n].KeywordOnly {
		n++
	}
	return n
}

func place(i, kept int) string {
	if i < kept {
		kept = 0
	}
	return "args[" + strconv.Itoa(i-kept+1) + "]"
}

func (in *Interp) arguments(L *glua.LState, here bool, first, last, kept int) []value.Value {
	if last < first {
		return nil
	}
	args := make([]value.Value, last-first+1)
	for i := range args {
		v, err := in.argument(here, L.Get(first+i), place(i, kept))
		if err != nil {
			in.throw(L, err)
		}
		args[i] = v
	}
	return args
}

// push puts a result on L; spread gives a tuple's items as several values.
func (in *Interp) push(L *glua.LState, v value.Value, spread bool) int {
	if items, ok := v.(value.Tuple); ok && spread {
		for _, it := range items {
			L.Push(in.toLua(it))
		}
		return len(items)
	}
	L.Push(in.toLua(v))
	return 1
}

// keywordTable finds the table of keywords among the arguments first…last: the
// last one, if it is plain, not empty, all its keys are text, and no parameter
// needs it as its value.
func (in *Interp) keywordTable(f *interp.Func, L *glua.LState, first, last int) (*glua.LTable, bool) {
	if last < first {
		return nil, false
	}
	tb, ok := L.Get(last).(*glua.LTable)
	if !ok {
		return nil, false
	}
	switch in.marks.of(tb) {
	case markKwargs:
		return tb, true
	case markNone:
	default:
		return nil, false
	}
	index := last - first
	if f.HandsOn || !allText(tb) || isValue(f, index) {
		return nil, false
	}
	for i, p := range f.Params {
		if p.Required && i >= index && tb.RawGetString(luaName(p.Name)) == glua.LNil && tb.RawGetString(p.Name) == glua.LNil {
			return nil, false
		}
	}
	return tb, true
}

func allText(t *glua.LTable) bool {
	k, _ := t.Next(glua.LNil)
	if k == glua.LNil {
		return false
	}
	for ; k != glua.LNil; k, _ = t.Next(k) {
		if _, ok := k.(glua.LString); !ok {
			return false
		}
	}
	return true
}

// isValue reports whether the argument at index is data whatever it looks like:
// what is put, sent or encoded, unless the function needs more than that.
func isValue(f *interp.Func, index int) bool {
	switch f.Name {
	case "put", "send", "encode", "cast", "pickled", "reply":
	default:
		return false
	}
	required := 0
	for _, p := range f.Params {
		if p.Required {
			required++
		}
	}
	return index == 0 && required <= 1
}

func (in *Interp) fields(L *glua.LState, here bool, t *glua.LTable) []value.Field {
	var out []value.Field
	for k, v := t.Next(glua.LNil); k != glua.LNil; k, v = t.Next(k) {
		name, ok := k.(glua.LString)
		if !ok {
			in.throw(L, value.Errorf(value.KindError, "kwargs[%s]: a keyword is a string", in.keyText(k)))
		}
		gv, err := in.argument(here, v, "kwargs["+strconv.Quote(string(name))+"]")
		if err != nil {
			in.throw(L, err)
		}
		out = append(out, value.Field{Name: goName(string(name)), Value: gv})
	}
	return out
}

// goFunc makes a Lua function of Go code that no Func describes; its errors are thrown.
func (in *Interp) goFunc(impl func(ctx context.Context, L *glua.LState) (int, error)) *glua.LFunction {
	return in.root.NewFunction(func(L *glua.LState) int {
		n, err := impl(in.threadOf(L).ctx, L)
		if err != nil {
			in.throw(L, err)
		}
		return n
	})
}
