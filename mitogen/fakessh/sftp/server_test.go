package sftp_test

import (
	"bytes"
	"encoding/binary"
	"fmt"
	"io"
	"io/fs"
	"os"
	"path/filepath"
	"strings"
	"syscall"
	"testing"

	"go.uber.org/goleak"

	"github.com/mitoscript/mitoscript/mitogen/fakessh/sftp"
)

func TestMain(m *testing.M) { goleak.VerifyTestMain(m) }

// The types of requests and answers, as the draft has them.
const (
	initialize = 1
	open       = 3
	closeFile  = 4
	read       = 5
	write      = 6
	lstat      = 7
	setstat    = 9
	opendir    = 11
	readdir    = 12
	remove     = 13
	mkdir      = 14
	rmdir      = 15
	realpath   = 16
	stat       = 17
	rename     = 18
	readlink   = 19
	symlink    = 20
	status     = 101
	extended   = 200

	statusOK         = 0
	statusEOF        = 1
	statusFailure    = 4
	statusBadMessage = 5
)

// request makes a request: numbers as they are, text with its length before it.
func request(kind byte, id uint32, fields ...any) []byte {
	body := binary.BigEndian.AppendUint32([]byte{kind}, id)
	for _, f := range fields {
		switch f := f.(type) {
		case uint32:
			body = binary.BigEndian.AppendUint32(body, f)
		case uint64:
			body = binary.BigEndian.AppendUint64(body, f)
		case string:
			body = append(binary.BigEndian.AppendUint32(body, uint32(len(f))), f...)
		default:
			panic(fmt.Sprintf("a field of type %T", f))
		}
	}
	return packet(body)
}

func packet(body []byte) []byte {
	return append(binary.BigEndian.AppendUint32(nil, uint32(len(body))), body...)
}

// packets are the bodies of those that stand in data, up to one that is not whole.
func packets(data []byte) (bodies [][]byte) {
	for len(data) >= 4 {
		n := binary.BigEndian.Uint32(data)
		if uint64(n) > uint64(len(data)-4) {
			break
		}
		bodies = append(bodies, data[4:4+n])
		data = data[4+n:]
	}
	return bodies
}

// serve answers requests, and gives the answers.
func serve(t *testing.T, home string, requests ...[]byte) [][]byte {
	t.Helper()
	var out bytes.Buffer
	if err := sftp.Serve(bytes.NewReader(bytes.Join(requests, nil)), &out, home); err != nil {
		t.Fatal(err)
	}
	answers := packets(out.Bytes())
	if len(answers) != len(requests) {
		t.Fatalf("%d answers to %d requests", len(answers), len(requests))
	}
	return answers
}

// code is that of a status; -1 for another answer.
func code(answer []byte) int {
	if len(answer) < 9 || answer[0] != status {
		return -1
	}
	return int(binary.BigEndian.Uint32(answer[5:]))
}

// picture is all that requests could change below dir.
func picture(t *testing.T, dir string) string {
	t.Helper()
	var b strings.Builder
	err := filepath.WalkDir(dir, func(path string, e fs.DirEntry, err error) error {
		if err != nil {
			return err
		}
		info, err := e.Info()
		if err == nil {
			fmt.Fprintln(&b, path, info.Mode(), info.Size(), info.ModTime().UnixNano())
		}
		return err
	})
	if err != nil {
		t.Fatal(err)
	}
	return b.String()
}

// A request that is cut off does nothing: half of it may mean something else.
func TestRequestsThatAreTooShortDoNothing(t *testing.T) {
	const everything, readWrite = uint32(1 | 2 | 4 | 8), uint32(1 | 2 | 8)
	attrs := []any{everything, uint64(1), uint32(os.Getuid()), uint32(os.Getgid()), uint32(0o700), uint32(1), uint32(1)}
	for name, full := range map[string][]byte{
		"open":         request(open, 7, append([]any{"new", readWrite}, attrs...)...),
		"setstat":      request(setstat, 7, append([]any{"file"}, attrs...)...),
		"remove":       request(remove, 7, "file"),
		"mkdir":        request(mkdir, 7, append([]any{"new"}, attrs...)...),
		"rmdir":        request(rmdir, 7, "folder"),
		"rename":       request(rename, 7, "file", "new"),
		"symlink":      request(symlink, 7, "target", "new"),
		"posix-rename": request(extended, 7, "posix-rename@openssh.com", "file", "new"),
		"hardlink":     request(extended, 7, "hardlink@openssh.com", "file", "new"),
		"lsetstat":     request(extended, 7, append([]any{"lsetstat@openssh.com", "file"}, attrs...)...),
	} {
		t.Run(name, func(t *testing.T) {
			// The folder where paths start may be an empty one, which rmdir removes.
			for _, content := range []bool{true, false} {
				home := t.TempDir()
				if content {
					fill(t, home)
				}
				before := picture(t, home)
				for n := 9; n < len(full); n++ {
					answer := serve(t, home, packet(full[4:n]))[0]
					if code(answer) == statusOK || code(answer) == -1 {
						t.Errorf("%d bytes of %d: got the answer %q", n, len(full), answer)
					}
					if after := picture(t, home); after != before {
						t.Fatalf("%d bytes of %d changed\n%sto\n%s", n, len(full), before, after)
					}
				}
			}
			home := t.TempDir()
			fill(t, home)
			if answer := serve(t, home, full)[0]; answer[0] == status && code(answer) != statusOK {
				t.Errorf("the whole request: got the answer %q", answer)
			}
		})
	}
}

// fill puts a file and a folder into home.
func fill(t *testing.T, home string) {
	t.Helper()
	if err := os.WriteFile(filepath.Join(home, "file"), []byte("data"), 0o600); err != nil {
		t.Fatal(err)
	}
	if err := os.Mkdir(filepath.Join(home, "folder"), 0o700); err != nil {
		t.Fatal(err)
	}
}

func TestLengthsThatAreBadEndTheConnection(t *testing.T) {
	for name, data := range map[string]string{
		"nothing in it": "\x00\x00\x00\x00",
		"too long":      "\x00\x04\x00\x01",
		"no id":         "\x00\x00\x00\x01\x03",
		"half a head":   "\x00\x00",
		"half a packet": "\x00\x00\x00\x05\x0e",
	} {
		t.Run(name, func(t *testing.T) {
			if err := sftp.Serve(strings.NewReader(data), &bytes.Buffer{}, t.TempDir()); err == nil {
				t.Error("it was served")
			}
		})
	}
}

// What a client opens is closed with its connection, and there is a limit.
func TestOpenFilesAreBounded(t *testing.T) {
	home := t.TempDir()
	fill(t, home)
	var requests [][]byte
	for id := range uint32(1100) {
		requests = append(requests, request(open, id, "file", uint32(1), uint32(0)))
	}
	failed := 0
	for _, answer := range serve(t, home, requests...) {
		if answer[0] == status {
			failed++
		}
	}
	if failed < 76 {
		t.Errorf("%d of 1100 opens failed, want 76 at least", failed)
	}
	if answer := serve(t, home, request(open, 1, "file", uint32(1), uint32(0)))[0]; answer[0] == status {
		t.Errorf("the next client: got the answer %q", answer)
	}
}

// A file is written where the client says, or at its end, and read back.
func TestFilesAreWrittenAndRead(t *testing.T) {
	const readCreate, appendOnly = uint32(1 | 2 | 8), uint32(2 | 4)
	home := t.TempDir()
	answers := serve(t, home,
		request(open, 1, "f", readCreate, uint32(0)), request(write, 2, "1", uint64(2), "cd"), request(write, 3, "1", uint64(0), "ab"),
		request(write, 4, "1", uint64(4), ""), request(open, 5, "f", appendOnly, uint32(0)), request(write, 6, "2", uint64(0), "ef"),
		request(read, 7, "1", uint64(1), uint32(100)), request(read, 8, "1", uint64(6), uint32(100)), request(closeFile, 9, "1"),
		request(read, 10, "1", uint64(0), uint32(1)), request(write, 11, "2", uint64(0), ""), request(closeFile, 12, "2"))
	if got := string(answers[6]); got != "g\x00\x00\x00\x07\x00\x00\x00\x05bcdef" {
		t.Errorf("read: got %q", got)
	}
	for i, want := range []int{-1, statusOK, statusOK, statusOK, -1, statusOK, -1, statusEOF, statusOK, statusFailure, statusOK, statusOK} {
		if got := code(answers[i]); got != want {
			t.Errorf("request %d: got the status %d, want %d", i+1, got, want)
		}
	}
}

// A named pipe takes what is appended as its reader makes room.
func TestAppendingToANamedPipeWaits(t *testing.T) {
	home := t.TempDir()
	path := filepath.Join(home, "pipe")
	if err := syscall.Mkfifo(path, 0o600); err != nil {
		t.Fatal(err)
	}
	r, err := os.OpenFile(path, os.O_RDWR, 0)
	if err != nil {
		t.Fatal(err)
	}
	defer func() { _ = r.Close() }()
	data := strings.Repeat("x", 200<<10)
	done := make(chan int)
	go func() {
		var out bytes.Buffer
		requests := append(request(open, 1, "pipe", uint32(2|4), uint32(0)), request(write, 2, "1", uint64(0), data)...)
		_ = sftp.Serve(bytes.NewReader(requests), &out, home) // the answers tell
		done <- code(packets(out.Bytes())[1])
	}()
	if _, err := io.ReadFull(r, make([]byte, len(data))); err != nil {
		t.Error(err)
	}
	if got := <-done; got != statusOK {
		t.Errorf("got the status %d", got)
	}
}
