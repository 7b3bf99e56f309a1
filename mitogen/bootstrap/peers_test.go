package bootstrap_test

import (
	"bufio"
	"context"
	"errors"
	"fmt"
	"io"
	"net"
	"os"
	"path/filepath"
	"strings"
	"testing"
	"time"

	"github.com/mitoscript/mitoscript/mitogen/bootstrap"
	"github.com/mitoscript/mitoscript/mitogen/value"
)

const nonce = "N0123456789"

// peer runs a made-up far side on a pipe without a buffer and gives what Run
// makes of it.
func peer(t *testing.T, ctx context.Context, src bootstrap.Source, far func(net.Conn)) (bootstrap.Result, error) {
	t.Helper()
	near, other := net.Pipe()
	done := make(chan struct{})
	go func() {
		defer close(done)
		defer func() { _ = other.Close() }()
		far(other)
	}()
	res, err := bootstrap.Run(ctx, near, src, bootstrap.Options{Nonce: nonce})
	if err != nil {
		_ = near.Close()
	}
	<-done
	return res, err
}

func says(text string) func(net.Conn) {
	return func(c net.Conn) { _, _ = io.WriteString(c, text) }
}

func TestPeersThatDoNotComeUp(t *testing.T) {
	src := inMemory(t, echoProgram(0))
	const m = "\nMITO" + nonce + " "
	for _, tt := range []struct {
		name, text string
		kind       value.Kind
		want       string // a prefix of the error
		also       string // in the error
	}{
		{"nothing", "", value.KindEOF, "EOF on stream; last 100 lines received:\n", ""},
		{"a banner", "Welcome\r\nGo away\x1b[2J\n", value.KindEOF, "EOF on stream; last 100 lines received:\nWelcome\nGo away\\x1b[2J", ""},
		{"many lines", strings.Repeat("x\n", 300) + "last", value.KindEOF, "EOF on stream; last 100 lines received:\nx\n", "\nlast"},
		{"half a marker", "\nMITO" + nonce, value.KindEOF, "EOF on stream", ""},
		{"another's marker", "\nMITOfake up\nMITO" + nonce[1:] + " up\n", value.KindEOF, "EOF on stream", "MITOfake up"},
		{"a marker inside a line", "x MITO" + nonce + " up\n", value.KindEOF, "EOF on stream", ""},
		{"up without its line end", m + "up", value.KindEOF, "EOF on stream", ""},
		{"a hit that ends", m + "hit Linux x86_64 /c\nno such file\n", value.KindEOF, "EOF on stream", "no such file"},
		{"an unknown word", m + "frob\n", value.KindStream, "the far side sent a first-stage line that makes no sense: \"frob\"", ""},
		{"hit without words", m + "hit\n", value.KindStream, "the far side sent", ""},
		{"need of no kind", m + "need Linux x86_64 zip /c\n", value.KindStream, "the far side sent", ""},
		{"an unknown machine", m + "need Plan9 68000 gzip /c\n", value.KindStream, `the target is "Plan9" on "68000"`, ""},
		{"no place", m + "no /a: read-only" + m + "no /b: no\x07space" + m + "err nodir\n", value.KindStream,
			"there is no place on the target for the program:\n/a: read-only\n/b: no\\x07space", ""},
		{"no place that executes", m + "no /a: sh: 1: /a/.x" + nonce + ": Permission denied" + m + "err nodir\n", value.KindStream,
			"there is no place on the target for the program:\n/a: programs cannot be started there: it may be mounted noexec", ""},
		{"no tools", m + "no /a: / is missing or not owned by uid " + m + "err nodir\n", value.KindStream, "the target lacks tools that a set-up needs", "PATH"},
		{"no place, then EOF", m + "no /a: read-only\n", value.KindEOF, "EOF on stream", "/a: read-only"},
		{"a program that refuses", bootstrap.ErrLine(nonce, "another\nbuild"), value.KindStream, "the far side refused: another build", ""},
		{"a flood", strings.Repeat("garbage ", 200_000), value.KindStream, "the far side does not speak as a shell does", "garbage"},
	} {
		t.Run(tt.name, func(t *testing.T) {
			_, err := peer(t, t.Context(), src, says(tt.text))
			var e *value.Error
			if !errors.As(err, &e) || e.Kind != tt.kind || !e.IsA(value.KindStream) ||
				!strings.HasPrefix(e.Message, tt.want) || !strings.Contains(e.Message, tt.also) {
				t.Fatalf("%T %v", err, err)
			}
			if strings.Count(e.Message, "\n") > 101 || strings.ContainsAny(e.Message, "\x1b\x07\r") {
				t.Errorf("not fit to be shown: %q", e.Message)
			}
		})
	}
}

func TestDiagnosticsInEOF(t *testing.T) {
	near, other := net.Pipe()
	must(t, other.Close())
	_, err := bootstrap.Run(t.Context(), near, nil, bootstrap.Options{Nonce: nonce,
		Diagnostics: func() string { return "sh: not found" }})
	if want := "EOF on stream; last 100 lines received:\nsh: not found"; err == nil || err.Error() != want {
		t.Errorf("%v", err)
	}
}

func TestNothingIsReadPastUp(t *testing.T) {
	for _, before := range []string{"", "noise", "noise\r\nMITOx up\n", strings.Repeat("y", 200_000)} {
		res, err := peer(t, t.Context(), nil, says(before+bootstrap.UpLine(nonce)+"MI\x00\n rest"))
		must(t, err)
		rest, err := io.ReadAll(res.Reader)
		must(t, err)
		if string(rest) != "MI\x00\n rest" {
			t.Errorf("what followed up: %q", rest)
		}
		if noise := string(res.Noise); len(noise) > 32<<10 || !strings.HasSuffix(before+"\n", noise) {
			t.Errorf("noise of %d bytes", len(noise))
		}
	}
}

func TestUpAfterReturnAsTerminalsWriteIt(t *testing.T) {
	_, err := peer(t, t.Context(), nil, says("\r\nMITO"+nonce+" up\r\n"))
	must(t, err)
}

// readAnswer reads the answer to need, and the bytes that it announces.
func readAnswer(r *bufio.Reader) (line string, payload int64) {
	line, _ = r.ReadString('\n')
	var n int64
	_, _ = fmt.Sscan(line, &n)
	payload, _ = io.CopyN(io.Discard, r, n)
	return line, payload
}

func needLine(compressed string) string {
	u := map[string]string{"amd64": "x86_64", "arm64": "aarch64"}[bootstrap.Here().Arch]
	return "\nMITO" + nonce + " need Linux " + u + " " + compressed + " /some dir\n"
}

func linuxOnly(t *testing.T) {
	t.Helper()
	if p := bootstrap.Here().String(); p != "linux/amd64" && p != "linux/arm64" {
		t.Skip("the made-up peer is a Linux on a common machine")
	}
}

func TestPushAgainForNextCandidate(t *testing.T) {
	linuxOnly(t)
	src := inMemory(t, echoProgram(100_000))
	var lines []string
	res, err := peer(t, t.Context(), src, func(c net.Conn) {
		r := bufio.NewReader(c)
		for _, compressed := range []string{"gzip", "raw"} {
			_, _ = io.WriteString(c, needLine(compressed))
			line, n := readAnswer(r)
			lines = append(lines, fmt.Sprintf("%s%d", line, n))
			_, _ = io.WriteString(c, "\nMITO"+nonce+" no /some dir: disk full\n")
		}
		_, _ = io.WriteString(c, bootstrap.UpLine(nonce))
	})
	must(t, err)
	b := src.bin
	want := fmt.Sprintf("[%d %s %d\n%d %d %s %d\n%d]", b.GzSize, src.name(), b.Size, b.GzSize, b.Size, src.name(), b.Size, b.Size)
	if got := fmt.Sprint(lines); got != want || len(res.Skipped) != 2 || res.Pushed != b.GzSize+b.Size || res.Dir != "/some dir" {
		t.Errorf("%s, not %s; %+v", got, want, res)
	}
}

func TestEndlessNeed(t *testing.T) {
	linuxOnly(t)
	_, err := peer(t, t.Context(), inMemory(t, echoProgram(0)), func(c net.Conn) {
		r := bufio.NewReader(c)
		for {
			if _, err := io.WriteString(c, needLine("gzip")); err != nil {
				return
			}
			readAnswer(r)
		}
	})
	if err == nil || !strings.Contains(err.Error(), "asks for a program 7 times") {
		t.Errorf("%v", err)
	}
}

// TestWriteErrorThenReason is a far side that stops reading and says why.
func TestWriteErrorThenReason(t *testing.T) {
	linuxOnly(t)
	near := &deafLink{Reader: strings.NewReader(needLine("gzip") + "MITO" + nonce + " no /some dir: disk full\nMITO" + nonce + " err nodir\n")}
	_, err := bootstrap.Run(t.Context(), near, inMemory(t, echoProgram(100_000)), bootstrap.Options{Nonce: nonce})
	if err == nil || !strings.Contains(err.Error(), "/some dir: disk full") {
		t.Errorf("%v", err)
	}
}

type deafLink struct{ io.Reader }

func (deafLink) Write([]byte) (int, error) { return 0, io.ErrClosedPipe }
func (deafLink) Close() error              { return nil }

func TestContextEnds(t *testing.T) {
	own := value.Errorf(value.KindPassword, "password is incorrect")
	for _, tt := range []struct {
		cause error
		kinds []value.Kind
		text  string
	}{
		{context.DeadlineExceeded, []value.Kind{value.KindTimeout, value.KindStream}, "Connection timed out."},
		{context.Canceled, []value.Kind{value.KindCancelled, value.KindStream}, "Connection cancelled."},
		{own, []value.Kind{value.KindPassword}, "password is incorrect"},
	} {
		ctx, cancel := context.WithCancelCause(t.Context())
		_, err := peer(t, ctx, nil, func(c net.Conn) {
			_, _ = io.WriteString(c, "hello\n")
			cancel(tt.cause)
			_, _ = c.Read(make([]byte, 1)) // ends when Run closes its side
		})
		if err == nil || err.Error() != tt.text {
			t.Errorf("%v", err)
		}
		for _, k := range tt.kinds {
			if !errors.Is(err, k) {
				t.Errorf("%v is no %s", err, k)
			}
		}
	}
	if _, err := peer(t, expired(t), nil, func(c net.Conn) { _, _ = c.Read(make([]byte, 1)) }); !errors.Is(err, context.DeadlineExceeded) {
		t.Errorf("%v", err)
	}
}

func expired(t *testing.T) context.Context {
	ctx, cancel := context.WithDeadline(t.Context(), time.Unix(0, 0))
	t.Cleanup(cancel)
	return ctx
}

// TestEndAnywhere closes the far side's stdin after each part of a push, with
// the real first stage: it must end at once and leave no file.
func TestEndAnywhere(t *testing.T) {
	src := inMemory(t, echoProgram(3_000))
	answer := fmt.Sprintf("%d %s %d\n", src.bin.GzSize, src.name(), src.bin.Size)
	gz, err := src.bin.Gzip()
	must(t, err)
	packed, err := io.ReadAll(gz)
	must(t, err)
	all := answer + string(packed)
	for _, n := range []int{0, 1, len(answer) - 1, len(answer), len(answer) + 1, len(answer) + 15, len(all) / 2, len(all) - 8, len(all) - 1} {
		tg := newTarget(t, src)
		f := tg.start(t)
		_, _ = io.WriteString(f, all[:n])
		must(t, f.in.Close())
		out, err := io.ReadAll(f.out)
		must(t, err)
		if strings.Contains(string(out), " up\n") {
			t.Errorf("came up after %d of %d bytes", n, len(all))
		}
		if err := f.cmd.Wait(); err == nil {
			t.Errorf("status 0 after %d of %d bytes", n, len(all))
		}
		for _, dir := range []string{"home/.cache/mitoscript", "shm", "tmp", "vartmp"} {
			left, err := filepath.Glob(filepath.Join(tg.root, dir, ".x*"))
			must(t, err)
			if len(left) > 0 {
				t.Errorf("after %d bytes %q stays", n, left)
			}
		}
	}
}

func TestJunkPayload(t *testing.T) {
	src := inMemory(t, echoProgram(3_000))
	junk := src.bin
	junk.Gzip = func() (io.ReadCloser, error) { return io.NopCloser(io.LimitReader(zeroes{}, junk.GzSize)), nil }
	tg := newTarget(t, &memory{bin: junk})
	_, err := tg.run(t)
	if err == nil || !strings.HasPrefix(err.Error(), "there is no place on the target") || !strings.Contains(err.Error(), "gzip") {
		t.Errorf("%v", err)
	}
}

type zeroes struct{}

func (zeroes) Read(p []byte) (int, error) { clear(p); return len(p), nil }

func TestNoisyProfile(t *testing.T) {
	tg := newTarget(t, inMemory(t, echoProgram(3_000)))
	rc := filepath.Join(tg.root, "rc")
	must(t, os.WriteFile(rc, []byte("echo Welcome\necho MITOfake up\nprintf unterminated\n"), 0o600))
	tg.shell = []string{"sh", "-c"}
	tg.login = need(t, "bash")
	tg.env["BASH_ENV"] = rc
	coldThenWarm(t, tg)
}

func TestProgress(t *testing.T) {
	tg := newTarget(t, inMemory(t, echoProgram(100_000)))
	var sum int64
	tg.opts.Progress = func(n int) { sum += int64(n) }
	if res := tg.good(t); sum != res.Pushed || sum == 0 {
		t.Errorf("told of %d bytes of %d", sum, res.Pushed)
	}
}
