package mitogen

import (
	"fmt"
	"sync/atomic"

	"github.com/mitoscript/mitoscript/mitogen/wire"
)

// FrameLog tells of every frame on the links of its routers while it is on. The
// zero value is off. It never tells what is in a frame, which may be secret.
type FrameLog struct {
	fn atomic.Pointer[func(text string)]
}

// Set makes fn called with a line for each frame, before it is sent or routed, on
// the goroutine that does so. fn must not send. nil turns it off.
func (l *FrameLog) Set(fn func(text string)) {
	if fn == nil {
		l.fn.Store(nil)
		return
	}
	l.fn.Store(&fn)
}

// note tells of a frame; way is "to" or "from".
func (l *FrameLog) note(way string, s *Stream, f *wire.Frame) {
	if l == nil {
		return
	}
	if fn := l.fn.Load(); fn != nil {
		(*fn)(fmt.Sprintf("frame %s %s: dst=%d src=%d auth=%d handle=%d reply_to=%d length=%d",
			way, s.name, f.Dst, f.Src, f.Auth, f.Handle, f.ReplyTo, len(f.Data)))
	}
}
