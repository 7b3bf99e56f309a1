package files_test

import (
	"context"
	"encoding/binary"
	"errors"
	"hash/crc32"
	"os"
	"path/filepath"
	"strings"
	"testing"

	"github.com/mitoscript/mitoscript/mitogen"
	"github.com/mitoscript/mitoscript/mitogen/files"
	"github.com/mitoscript/mitoscript/mitogen/value"
	"github.com/mitoscript/mitoscript/mitogen/wire"
)

// The records of a stream, as doc.go has them.
func text(s string) string { return string(binary.BigEndian.AppendUint32(nil, uint32(len(s)))) + s }
func mode(m uint32) string { return string(binary.BigEndian.AppendUint32(nil, m)) }

// file is one whose content ends at once, and so with a sum that is wrong.
func file(name string) string {
	return "F" + text(name) + mode(0o644) + mode(0) + "sums"
}
func folder(name string) string { return "D" + text(name) + mode(0o755) }
func link(name, to string) string {
	return "L" + text(name) + text(to)
}

// hostile answers files.get with the stream, cut into messages, and says that all is well.
func hostile(stream string, messages int) map[string]mitogen.Service {
	return map[string]mitogen.Service{"files.get": {Func: func(_ context.Context, m *mitogen.Message, arg value.Value) (value.Value, error) {
		handle := uint32(arg.(value.List)[2].(int64))
		for range messages {
			err := m.Router.ContextByID(0, "").Send(&mitogen.Message{Frame: wire.Frame{Handle: handle, Data: []byte("d" + stream)}})
			if err != nil {
				return nil, err
			}
		}
		return nil, nil
	}}}
}

func TestNothingIsWrittenOutsideTheFolder(t *testing.T) {
	for _, test := range []struct{ what, stream, want string }{
		{"a name that goes up", folder("") + file("..") + "UE", "is no name"},
		{"a path", folder("") + file("../outside/f") + "UE", "is no name"},
		{"an absolute name", folder("") + folder("/tmp/x") + "UUE", "is no name"},
		{"a root with a name", folder("../outside"), "is no name"},
		{"no name", folder("") + file("") + "UE", "is no name"},
		{"a NUL", folder("") + file("a\x00b") + "UE", "is no name"},
		{"a folder through a link", folder("") + link("l", "../outside") + folder("l") + file("f") + "UUE", "it is a link"},
		{"a folder through an absolute link", folder("") + link("l", "OUTSIDE") + folder("l") + "UUE", "it is a link"},
		{"a file in place of a link", folder("") + link("l", "../outside/f") + file("l") + "UE", "checksum"},
		{"beside the root", folder("") + "U" + file("x") + "E", "beside the root"},
		{"above the root", folder("") + "UUE", "end of no folder"},
		{"an end within", folder("") + "E", "ends within"},
		{"a link as root", link("", "/etc"), "beside the root"},
		{"too many folders", folder("") + strings.Repeat(folder("a"), 500), "too many folders"},
		{"a long name", "D" + mode(1<<30), "too many bytes"},
		{"an endless hole", "F" + text("") + mode(0o644) + strings.Repeat("\xff\xff\xff\xff\x7f\xff\xff\xff\xff\xff\xff\xff", 2), ""},
		{"an early end", folder("") + "F" + text("x"), "ended too early"},
		{"noise", "what is this", "no copy of files"},
		{"nothing", "", "ended too early"},
	} {
		t.Run(test.what, func(t *testing.T) {
			dir := t.TempDir()
			outside := filepath.Join(dir, "outside")
			if err := os.Mkdir(outside, 0o755); err != nil {
				t.Fatal(err)
			}
			stream := strings.ReplaceAll(test.stream, text("OUTSIDE"), text(outside))
			w := newWorld(t)
			c, _ := w.context(t, hostile(stream, 1))
			err := files.Get(context.Background(), c, "/src", dir+"/to", files.Options{Recursive: true})
			if err == nil || !strings.Contains(err.Error(), test.want) {
				t.Errorf("got %v", err)
			}
			alone(t, outside)
		})
	}
}

func TestWhoSendsMoreThanTheWindowIsCutOff(t *testing.T) {
	w := newWorld(t)
	services := hostile("F"+text("")+mode(0o644)+strings.Repeat(text(strings.Repeat("x", 1000)), 500), 20)
	sent := make(chan struct{})
	send := services["files.get"].Func
	services["files.get"] = mitogen.Service{Func: func(ctx context.Context, m *mitogen.Message, arg value.Value) (value.Value, error) {
		defer close(sent)
		return send(ctx, m, arg)
	}}
	c, _ := w.context(t, services)
	dir := t.TempDir()
	err := files.Get(context.Background(), c, "/src", dir+"/to", files.Options{Progress: func(int64, int64) {
		<-sent // nothing is taken until all has come
		if _, err := c.CallService(context.Background(), "no such service", nil); err == nil {
			t.Error("an unknown service answered")
		}
	}})
	if !errors.Is(err, value.KindSecurity) || !strings.Contains(err.Error(), "sends more than it may") {
		t.Errorf("got %v", err)
	}
	alone(t, dir)
}

// The bits that lend authority are dropped here, whatever the far side says: else an
// account there and here would get a program that runs as who copied it.
func TestAHostileModeLendsNothing(t *testing.T) {
	empty := mode(0)
	sum := crc32.Checksum([]byte(empty), crc32.MakeTable(crc32.Castagnoli))
	f := "F" + text("f") + mode(0o6777) + empty + mode(sum)
	w := newWorld(t)
	c, _ := w.context(t, hostile("D"+text("")+mode(0o7755)+f+"UE", 1))
	dir := filepath.Join(t.TempDir(), "to")
	if err := files.Get(context.Background(), c, "/src", dir, files.Options{Recursive: true}); err != nil {
		t.Fatal(err)
	}
	for path, want := range map[string]os.FileMode{dir: os.ModeDir | 0o755, filepath.Join(dir, "f"): 0o777} {
		if info, err := os.Stat(path); err != nil || info.Mode() != want {
			t.Errorf("%s: %v, %v, want mode %v", path, info, err, want)
		}
	}
}
