package mitogen

import (
	"fmt"
	"sync/atomic"

	"github.com/mitoscript/mitoscript/mitogen/wire"
)

// FrameLog tells of every frame on the links of its routers while it is on. The
// zero value is off.
type FrameLog struct {
	heads, contents atomic.Pointer[func(text string)]
}

// Set makes fn called with a line for each frame, before it is sent or routed, on
// the goroutine that does so. fn must not send. nil turns it off. The line never tells
// what is in a frame, which may be secret.
func (l *FrameLog) Set(fn func(text string)) { set(&l.heads, fn) }

// SetContents is Set for lines that do tell what is in a frame: arguments, results,
// code. Secrets are left out, and long values cut.
func (l *FrameLog) SetContents(fn func(text string)) { set(&l.contents, fn) }

func set(to *atomic.Pointer[func(text string)], fn func(text string)) {
	if fn == nil {
		to.Store(nil)
		return
	}
	to.Store(&fn)
}

// note tells of a frame; way is "to" or "from".
func (l *FrameLog) note(way string, s *Stream, f *wire.Frame) {
	if l == nil {
		return
	}
	heads, contents := l.heads.Load(), l.contents.Load()
	if heads == nil && contents == nil {
		return
	}
	head := fmt.Sprintf("frame %s %s: dst=%d src=%d auth=%d handle=%d reply_to=%d length=%d",
		way, s.name, f.Dst, f.Src, f.Auth, f.Handle, f.ReplyTo, f.Length())
	if heads != nil {
		(*heads)(head)
	}
	if contents != nil {
		(*contents)(head + " " + frameContents(f))
	}
}
