package interp

import (
	"fmt"
	"log/slog"
	"path"
	"runtime"
	"runtime/debug"
	"strings"
)

// ownCode starts the names of this project's functions, mainCode those of its programs.
const (
	ownCode  = "github.com/mitoscript/mitoscript/"
	mainCode = "main."
)

// Recovered is the error of a bug: of a panic that a deferred function recovered with
// what. That function calls it itself. The text has the place of the innermost
// function of this project that the panic went through; the whole stack goes to the
// default log, at debug level.
func Recovered(what any) error {
	slog.Debug("internal error", "panic", fmt.Sprint(what), "stack", string(debug.Stack()))
	where := panicPlace()
	if where == "" {
		return fmt.Errorf("internal error: %v", what)
	}
	return fmt.Errorf("internal error: %v (at %s)", what, where)
}

// panicPlace is file and line of where the panic came from, as the project's folders
// have it, "" if none of its functions is on the stack.
func panicPlace() string {
	pcs := make([]uintptr, 64)
	frames := runtime.CallersFrames(pcs[:runtime.Callers(3, pcs)]) // without this, Recovered and Callers
	panicked := false                                              // what follows is what the panic went through
	for {
		f, more := frames.Next()
		switch {
		case f.Function == "runtime.gopanic":
			panicked = true
		case panicked && strings.HasPrefix(f.Function, ownCode):
			// The path of a file depends on how the program was built; that of a package does not.
			dir, function := path.Split(strings.TrimPrefix(f.Function, ownCode))
			pkg, _, _ := strings.Cut(function, ".")
			return fmt.Sprintf("%s%s/%s:%d", dir, strings.TrimSuffix(pkg, "_test"), path.Base(f.File), f.Line)
		case panicked && strings.HasPrefix(f.Function, mainCode):
			return fmt.Sprintf("%s:%d", path.Base(f.File), f.Line)
		}
		if !more {
			return ""
		}
	}
}
