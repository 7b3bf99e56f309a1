package lua

import (
	"context"
	"fmt"
	"os"
	"strings"

	glua "github.com/yuin/gopher-lua"

	"github.com/mitoscript/mitoscript/mitogen/value"
)

// openBase opens Lua's own libraries, replaces what does not fit a world of many
// states, and notes every function's name.
func (in *Interp) openBase() {
	L := in.root
	for _, lib := range []struct {
		name string
		open glua.LGFunction
	}{
		{glua.LoadLibName, glua.OpenPackage}, {glua.BaseLibName, glua.OpenBase},
		{glua.TabLibName, glua.OpenTable}, {glua.IoLibName, glua.OpenIo},
		{glua.OsLibName, glua.OpenOs}, {glua.StringLibName, glua.OpenString},
		{glua.MathLibName, glua.OpenMath}, {glua.DebugLibName, glua.OpenDebug},
		{glua.CoroutineLibName, glua.OpenCoroutine},
	} {
		L.Push(L.NewFunction(lib.open))
		L.Push(glua.LString(lib.name))
		L.Call(1, 0)
	}
	in.replaceBase()
	in.replaceCoroutine()
	in.nameAll(L.G.Global, "")
	in.names.tostring = L.G.Global.RawGetString("tostring")
}

// nameAll registers the functions and library tables of t.
func (in *Interp) nameAll(t *glua.LTable, prefix string) {
	for k, v := t.Next(glua.LNil); k != glua.LNil; k, v = t.Next(k) {
		name, ok := k.(glua.LString)
		if !ok {
			continue
		}
		switch v := v.(type) {
		case *glua.LFunction:
			in.names.add(prefix+string(name), v)
		case *glua.LTable:
			if _, seen := in.names.nameOf[v]; !seen {
				in.names.add(prefix+string(name), v)
				if name != "_G" && name != "package" {
					in.nameAll(v, prefix+string(name)+".")
				}
			}
		}
	}
}

func (in *Interp) replaceBase() {
	g := in.root.G.Global
	set := func(name string, f glua.LGFunction) { g.RawSetString(name, in.root.NewFunction(f)) }
	g.RawSetString("_printregs", glua.LNil)
	set("print", in.print)
	set("pcall", func(L *glua.LState) int { L.CheckAny(1); return in.protect(L, L.Get(1), 2, nil) })
	set("xpcall", func(L *glua.LState) int {
		L.CheckAny(1)
		return in.protect(L, L.Get(1), 3, L.CheckFunction(2))
	})
	set("require", in.require)
	set("struct", in.makeStruct)
	set("load", in.baseLoad)
	set("loadstring", func(L *glua.LState) int {
		return in.loadText(L, L.CheckString(1), L.OptString(2, "<string>"))
	})
	set("loadfile", in.loadFile)
	set("dofile", func(L *glua.LState) int {
		if n := in.loadFile(L); n != 1 {
			L.Error(L.Get(-1), 1)
		}
		fn := L.Get(-1)
		top := L.GetTop()
		L.Push(fn)
		L.Call(0, glua.MultRet)
		return L.GetTop() - top
	})
	in.replaceString(g.RawGetString("string").(*glua.LTable))
}

// replaceString makes functions of the library string do what Lua's do.
func (in *Interp) replaceString(str *glua.LTable) {
	was := func(name string) glua.LGFunction { return str.RawGetString(name).(*glua.LFunction).GFunction }
	set := func(name string, f glua.LGFunction) { str.RawSetString(name, in.root.NewFunction(f)) }
	format := was("format")
	set("format", func(L *glua.LState) int {
		for i := 2; i <= L.GetTop(); i++ {
			switch L.Get(i).(type) {
			case *glua.LTable, *glua.LUserData:
				L.Replace(i, L.ToStringMeta(L.Get(i)))
			}
		}
		return format(L)
	})
	// Without a match it returned nothing, not nil.
	match := was("match")
	set("match", func(L *glua.LState) int {
		if n := match(L); n > 0 {
			return n
		}
		L.Push(glua.LNil)
		return 1
	})
	// What it returned worked in a for loop only: it wanted its state as an argument.
	gmatch := str.RawGetString("gmatch")
	set("gmatch", func(L *glua.LState) int {
		L.Insert(gmatch, 1)
		L.Call(L.GetTop()-1, 2)
		next, state, ended := L.Get(-2), L.Get(-1), false
		L.Push(L.NewFunction(func(L *glua.LState) int {
			L.SetTop(0)
			if !ended { // once more would be a panic
				L.Push(next)
				L.Push(state)
				L.Call(1, glua.MultRet)
			}
			if ended = L.GetTop() == 0; ended {
				L.Push(glua.LNil)
			}
			return L.GetTop()
		}))
		return 1
	})
}

func (in *Interp) print(L *glua.LState) int {
	var b strings.Builder
	for i := 1; i <= L.GetTop(); i++ {
		if i > 1 {
			b.WriteByte('\t')
		}
		b.WriteString(L.ToStringMeta(L.Get(i)).String())
	}
	b.WriteByte('\n')
	in.write(b.String())
	return 0
}

func (in *Interp) write(text string) {
	if in.host.Stdout != nil {
		_, _ = fmt.Fprint(in.host.Stdout, text)
	}
}

// protect is pcall: fn runs on a state of its own, so that an error in it leaves
// the captured variables of the caller's functions alone.
func (in *Interp) protect(L *glua.LState, fn glua.LValue, first int, handler *glua.LFunction) int {
	t := in.threadOf(L)
	args := make([]glua.LValue, 0, L.GetTop())
	for i := first; i <= L.GetTop(); i++ {
		args = append(args, L.Get(i))
	}
	n := t.nested(L)
	n.handler = handler
	results, failed := n.call(fn, args)
	in.end(n, failed == nil)
	if failed != nil {
		in.stopIfEnded(L)
		L.Push(glua.LFalse)
		L.Push(failed.value)
		return 2
	}
	L.Push(glua.LTrue)
	for _, v := range results {
		L.Push(v)
	}
	return len(results) + 1
}

// stopIfEnded raises the end of the call again, so that no pcall holds it.
func (in *Interp) stopIfEnded(L *glua.LState) {
	if ctx := L.Context(); ctx != nil && ctx.Err() != nil {
		in.throw(L, value.AsError(context.Cause(ctx)))
	}
}

func (in *Interp) loadText(L *glua.LState, text, name string) int {
	proto, err := in.compile(newChunk(name, text))
	if err != nil {
		L.Push(glua.LNil)
		L.Push(glua.LString(err.Error()))
		return 2
	}
	L.Push(L.NewFunctionFromProto(proto))
	return 1
}

func (in *Interp) baseLoad(L *glua.LState) int {
	name := L.OptString(2, "?")
	if s, ok := L.Get(1).(glua.LString); ok {
		return in.loadText(L, string(s), name)
	}
	fn := L.CheckFunction(1)
	var b strings.Builder
	for {
		L.Push(fn)
		L.Call(0, 1)
		piece := L.Get(-1)
		L.Pop(1)
		if piece == glua.LNil || piece == glua.LString("") {
			break
		}
		if !glua.LVCanConvToString(piece) {
			L.Push(glua.LNil)
			L.Push(glua.LString("reader function must return a string"))
			return 2
		}
		b.WriteString(piece.String())
	}
	return in.loadText(L, b.String(), name)
}

func (in *Interp) loadFile(L *glua.LState) int {
	path := L.CheckString(1)
	text, err := os.ReadFile(path)
	if err != nil {
		L.Push(glua.LNil)
		L.Push(glua.LString("cannot open file: " + err.Error()))
		return 2
	}
	return in.loadText(L, scriptText(text), path)
}

// replaceCoroutine makes coroutines take the end of the call that resumes them,
// not of the one that made them.
func (in *Interp) replaceCoroutine() {
	t := in.root.G.Global.RawGetString("coroutine").(*glua.LTable)
	original := func(name string) glua.LGFunction { return t.RawGetString(name).(*glua.LFunction).GFunction }
	set := func(name string, f glua.LGFunction) { t.RawSetString(name, in.root.NewFunction(f)) }
	create, wrap, resume, running := original("create"), original("wrap"), original("resume"), original("running")
	set("create", func(L *glua.LState) int { return withoutContext(L, create) })
	set("wrap", func(L *glua.LState) int {
		n := withoutContext(L, wrap)
		fn := L.Get(-1).(*glua.LFunction)
		co := fn.Upvalues[0].Value().(*glua.LState)
		wrapped := fn.GFunction
		fn.GFunction = func(L *glua.LState) int {
			adoptContext(L, co)
			return wrapped(L)
		}
		return n
	})
	set("resume", func(L *glua.LState) int {
		adoptContext(L, L.CheckThread(1))
		n := resume(L)
		in.stopIfEnded(L)
		return n
	})
	set("running", func(L *glua.LState) int {
		if _, main := in.threads[in.root.G.CurrentThread]; main {
			L.Push(glua.LNil)
			return 1
		}
		return running(L)
	})
}

func withoutContext(L *glua.LState, f glua.LGFunction) int {
	if ctx := L.RemoveContext(); ctx != nil {
		defer L.SetContext(ctx)
	}
	return f(L)
}

func adoptContext(L, co *glua.LState) {
	if ctx := L.Context(); ctx != nil {
		co.SetContext(ctx)
	} else {
		co.RemoveContext()
	}
}
