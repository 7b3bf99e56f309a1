package lua

import (
	"context"
	"slices"

	glua "github.com/yuin/gopher-lua"

	"github.com/mitoscript/mitoscript/mitogen/value"
)

const maxFrames = 60

// throw raises err as an error value of the script that runs on L. Its traceback
// goes from the line that called the Func to that of a callback, if it came from one.
func (in *Interp) throw(L *glua.LState, err error) {
	e := *value.AsError(err)
	e.Traceback = append(in.frames(L), e.Traceback...)
	L.Error(in.userdata(&e, in.types.err), 0)
}

// goError is the error of a call from Go: the cause of its end if it was
// cancelled, the error value that was thrown, else a ScriptError.
func (in *Interp) goError(ctx context.Context, r *raised) *value.Error {
	if ctx.Err() != nil {
		return withFrames(value.AsError(context.Cause(ctx)), r.frames)
	}
	if ud, ok := r.value.(*glua.LUserData); ok {
		if e, ok := ud.Value.(*value.Error); ok {
			return withFrames(e, r.frames)
		}
	}
	return &value.Error{Kind: value.KindScript, Message: in.show(r.value), Traceback: r.frames}
}

func withFrames(e *value.Error, frames []value.Frame) *value.Error {
	if len(e.Traceback) > 0 || len(frames) == 0 {
		return e
	}
	c := *e
	c.Traceback = frames
	return &c
}

// show is tostring(v), safe against errors in __tostring.
func (in *Interp) show(v glua.LValue) string {
	mt, ok := in.root.GetMetatable(v).(*glua.LTable)
	if !ok || mt.RawGetString("__tostring") == glua.LNil {
		return v.String()
	}
	results, err := in.top(context.Background(), in.names.tostring, []glua.LValue{v})
	if err != nil || len(results) == 0 {
		return v.String()
	}
	return results[0].String()
}

// below is the state that waits for L: a coroutine's resumer or a pcall's caller.
func (in *Interp) below(L *glua.LState) *glua.LState {
	if L.Parent != nil {
		return L.Parent
	}
	if t, ok := in.threads[L]; ok {
		return t.outer
	}
	return nil
}

// frames are the user's own frames of L and of those that wait for it, innermost last.
func (in *Interp) frames(L *glua.LState) []value.Frame {
	var out []value.Frame
	for ; L != nil && len(out) < maxFrames; L = in.below(L) {
		for level := 0; len(out) < maxFrames; level++ {
			dbg, ok := L.GetStack(level)
			if !ok {
				break
			}
			if f, line, ok := position(L, dbg); ok {
				out = append(out, value.Frame{File: f.SourceName, Line: line, Function: in.protos.name(f)})
			}
		}
	}
	slices.Reverse(out)
	return out
}

// position is the Lua function of a frame and its current line; false for Go's.
func position(L *glua.LState, dbg *glua.Debug) (*glua.FunctionProto, int, bool) {
	v, err := L.GetInfo("fl", dbg, nil)
	fn, ok := v.(*glua.LFunction)
	if err != nil || !ok || fn.IsG || fn.Proto == nil {
		return nil, 0, false
	}
	return fn.Proto, dbg.CurrentLine, true
}
