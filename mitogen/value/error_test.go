package value_test

import (
	"context"
	"errors"
	"fmt"
	"io/fs"
	"testing"

	"github.com/mitoscript/mitoscript/mitogen/value"
)

func TestKindIsA(t *testing.T) {
	for _, c := range []struct {
		kind, other value.Kind
		want        bool
	}{
		{value.KindSecurity, value.KindSecurity, true},
		{value.KindSecurity, value.KindChannel, true},
		{value.KindSecurity, value.KindError, true},
		{value.KindChannel, value.KindSecurity, false},
		{value.KindPassword, value.KindStream, true},
		{value.KindHostKey, value.KindChannel, false},
		{value.KindError, value.KindError, true},
		{value.KindError, value.KindOS, false},
		{"BackupError", "BackupError", true},
		{"BackupError", value.KindError, true},
		{"BackupError", value.KindOS, false},
		{"", value.KindError, false},
	} {
		if got := c.kind.IsA(c.other); got != c.want {
			t.Errorf("%s.IsA(%s) = %v", c.kind, c.other, got)
		}
	}
}

func TestErrorIs(t *testing.T) {
	timeout := value.Errorf(value.KindStream, "web1: no answer within 30 s")
	timeout.Also = []value.Kind{value.KindTimeout}
	for target, want := range map[error]bool{
		value.KindStream: true, value.KindTimeout: true, value.KindError: true, value.KindChannel: false,
		context.DeadlineExceeded: true, context.Canceled: false,
	} {
		if errors.Is(timeout, target) != want {
			t.Errorf("errors.Is(…, %v) is not %v", target, want)
		}
	}
	call := &value.Error{Kind: value.KindCall, Message: "call failed", Cause: timeout}
	if !errors.Is(fmt.Errorf("pmap: %w", call), value.KindTimeout) {
		t.Error("the cause of a CallError is not found")
	}
	if err := value.Errorf(value.KindOS, "cannot read: %w", fs.ErrNotExist); !errors.Is(err, fs.ErrNotExist) {
		t.Error("what was wrapped is lost")
	}
}

func TestAsError(t *testing.T) {
	own := value.Errorf(value.KindProcess, "false: status 1").With("code", int64(1))
	for _, c := range []struct {
		name    string
		err     error
		kind    value.Kind
		message string
	}{
		{"itself", own, value.KindProcess, "false: status 1"},
		{"wrapped", fmt.Errorf("step 2: %w", own), value.KindProcess, "step 2: false: status 1"},
		{"deadline", fmt.Errorf("x: %w", context.DeadlineExceeded), value.KindTimeout, "x: context deadline exceeded"},
		{"cancelled", context.Canceled, value.KindCancelled, "context canceled"},
		{"other", fs.ErrExist, value.KindError, "file already exists"},
	} {
		t.Run(c.name, func(t *testing.T) {
			e := value.AsError(c.err)
			if e.Kind != c.kind || e.Message != c.message {
				t.Errorf("%s: %s", e.Kind, e.Message)
			}
			if !errors.Is(e, errors.Unwrap(c.err)) && errors.Unwrap(c.err) != nil {
				t.Error("what was wrapped is lost")
			}
		})
	}
	if e := value.AsError(fmt.Errorf("step 2: %w", own)); len(e.Attrs) != 1 || own.Message != "false: status 1" {
		t.Errorf("attributes %v, original %q", e.Attrs, own.Message)
	}
}

func TestWithLeavesTheOriginal(t *testing.T) {
	a := value.Errorf(value.KindOS, "x").With("errno", int64(2))
	b, c := a.With("path", "/b"), a.With("path", "/c")
	if len(a.Attrs) != 1 || b.Attrs[1].Value != "/b" || c.Attrs[1].Value != "/c" {
		t.Errorf("%v %v %v", a.Attrs, b.Attrs, c.Attrs)
	}
}

func TestReport(t *testing.T) {
	cause := &value.Error{Kind: value.KindOS, Message: "cannot open /etc/x: no such file", Traceback: []value.Frame{{File: "deploy.star", Line: 3, Function: "read"}}}
	call := &value.Error{
		Kind: value.KindCall, Message: cause.Message, Context: "ssh.web1", Cause: cause,
		Traceback: []value.Frame{{File: "deploy.star", Line: 9, Function: "main"}},
	}
	want := `Traceback (most recent call last):
  deploy.star:9: in main
Traceback in context ssh.web1 (most recent call last):
  deploy.star:3: in read
OSError: cannot open /etc/x: no such file
`
	if got := call.Report(); got != want {
		t.Errorf("got:\n%s\nwant:\n%s", got, want)
	}
	if got, want := value.Errorf(value.KindValue, "bad").Report(), "ValueError: bad\n"; got != want {
		t.Errorf("got %q", got)
	}
}
