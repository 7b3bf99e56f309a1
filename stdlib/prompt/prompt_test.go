//go:build !child

package prompt_test

import (
	"context"
	"errors"
	"io"
	"os"
	"strings"
	"testing"
	"time"

	"github.com/creack/pty"

	"github.com/mitoscript/mitoscript/mitogen/value"
	"github.com/mitoscript/mitoscript/stdlib/prompt"
)

// person answers each question whose end is seen.
func person(t *testing.T, answers ...string) (path string, seen func() string) {
	t.Helper()
	master, slave, err := pty.Open()
	if err != nil {
		t.Fatal(err)
	}
	var out strings.Builder
	done := make(chan struct{})
	go func() {
		defer close(done)
		buf := make([]byte, 1024)
		pending := ""
		for {
			n, err := master.Read(buf)
			if err != nil {
				return
			}
			out.Write(buf[:n])
			if pending += string(buf[:n]); len(answers) > 0 && strings.HasSuffix(pending, " ") {
				_, _ = io.WriteString(master, answers[0]+"\n")
				answers, pending = answers[1:], ""
			}
		}
	}()
	end := func() string {
		_ = slave.Close() // the last one: the other end reads EIO
		select {
		case <-done:
		case <-time.After(time.Minute):
			_ = master.Close()
			<-done
		}
		_ = master.Close()
		return out.String()
	}
	return slave.Name(), end
}

func run(open func() (prompt.Terminal, error), name string, args ...value.Value) (value.Value, error) {
	for _, f := range prompt.Module(open).Funcs {
		if f.Name == name {
			return f.CallGo(context.Background(), args, nil)
		}
	}
	return nil, errors.New("no function " + name)
}

func TestQuestions(t *testing.T) {
	for _, tc := range []struct {
		fn      string
		args    []value.Value
		answers []string
		want    value.Value
	}{
		{"ask", []value.Value{"Name?"}, []string{"web1"}, "web1"},
		{"ask", []value.Value{"Name?"}, []string{"", "web1"}, "web1"},
		{"ask", []value.Value{"Name?", "db1"}, []string{""}, "db1"},
		{"confirm", []value.Value{"Sure?"}, []string{""}, false},
		{"confirm", []value.Value{"Sure?", true}, []string{""}, true},
		{"confirm", []value.Value{"Sure?"}, []string{"what", "Yes"}, true},
		{"choose", []value.Value{"Which?", value.List{"a", "b"}}, []string{"9", "2"}, "b"},
		{"choose", []value.Value{"Which?", value.List{int64(80), int64(443)}}, []string{"443"}, int64(443)},
	} {
		path, end := person(t, tc.answers...)
		got, err := run(func() (prompt.Terminal, error) { return prompt.OpenPath(path) }, tc.fn, tc.args...)
		out := end()
		if err != nil || got != tc.want {
			t.Errorf("%s %v: %v, %v (screen %q)", tc.fn, tc.args, got, err, out)
		}
	}
}

func TestPasswordIsNotShown(t *testing.T) {
	path, end := person(t, "s3cret")
	got, err := run(func() (prompt.Terminal, error) { return prompt.OpenPath(path) }, "password", "Password:")
	screen := end()
	if s, ok := got.(value.Secret); err != nil || !ok || s.Text() != "s3cret" || strings.Contains(screen, "s3cret") || !strings.Contains(screen, "Password: ") {
		t.Errorf("%v, %v, screen %q", got, err, screen)
	}
}

func TestRefusals(t *testing.T) {
	if _, err := run(nil, "ask", "Name?"); !errors.Is(err, value.KindError) || !strings.Contains(err.Error(), "only the master") {
		t.Errorf("child: %v", err)
	}
	none := func() (prompt.Terminal, error) { return nil, os.ErrNotExist }
	if _, err := run(none, "ask", "Name?"); !errors.Is(err, value.KindError) || !strings.Contains(err.Error(), "without a terminal") {
		t.Errorf("no terminal: %v", err)
	}
	if _, err := prompt.OpenPath(os.DevNull); err == nil {
		t.Error("/dev/null is taken for a terminal")
	}
}

func TestTheEndOfTheContextEndsTheWait(t *testing.T) {
	path, end := person(t)
	defer end()
	tty, err := prompt.OpenPath(path)
	if err != nil {
		t.Fatal(err)
	}
	defer func() { _ = tty.Close() }()
	ctx, cancel := context.WithTimeout(context.Background(), 20*time.Millisecond)
	defer cancel()
	if _, err := tty.Ask(ctx, "Name? ", false); !errors.Is(err, context.DeadlineExceeded) {
		t.Errorf("%v", err)
	}
}
