package sftp_test

import (
	"bytes"
	"encoding/binary"
	"os"
	"path/filepath"
	"testing"

	"github.com/mitoscript/mitoscript/mitogen/fakessh/sftp"
)

// maxPacket is the longest packet, in bytes.
const maxPacket = 256 << 10

// FuzzServe sends whatever to a server: it ends with what it read, and answers each
// request once, in order. What has a slash is left out: no path leads further than
// one folder up.
func FuzzServe(f *testing.F) {
	file := []any{"a", uint32(1 | 2 | 8), uint32(4), uint32(0o600)}
	for _, session := range [][][]byte{
		{packet([]byte{initialize, 0, 0, 0, 3})},
		{request(open, 1, file...), request(write, 2, "1", uint64(0), "data"), request(read, 3, "1", uint64(0), uint32(100)), request(closeFile, 4, "1")},
		{request(mkdir, 1, "d", uint32(0)), request(opendir, 2, "d"), request(readdir, 3, "1"), request(readdir, 4, "1"), request(rmdir, 5, "d")},
		{request(symlink, 1, "a", "l"), request(readlink, 2, "l"), request(lstat, 3, "l"), request(stat, 4, "l"), request(remove, 5, "l")},
		{request(open, 1, file...), request(8, 2, "1"), request(10, 3, "1", uint32(1|4), uint64(9), uint32(0o640)), request(setstat, 4, "a", uint32(8), uint32(1), uint32(2))},
		{request(rename, 1, "a", "b"), request(realpath, 2, "."), request(extended, 3, "posix-rename@openssh.com", "a", "b"), request(extended, 4, "hardlink@openssh.com", "a", "b")},
		{request(open, 1, file...), request(extended, 2, "fsync@openssh.com", "1"), request(extended, 3, "fstatvfs@openssh.com", "1"), request(extended, 4, "statvfs@openssh.com", ".")},
		{request(extended, 1, "limits@openssh.com"), request(extended, 2, "expand-path@openssh.com", "~root"), request(extended, 3, "lsetstat@openssh.com", "a", uint32(1<<31), uint32(1), "x", "y")},
	} {
		f.Add(bytes.Join(session, nil))
	}
	f.Fuzz(func(t *testing.T, data []byte) {
		if bytes.IndexByte(data, '/') >= 0 || len(data) > 1<<16 {
			t.Skip()
		}
		above := t.TempDir()
		home := filepath.Join(above, "home")
		if err := os.Mkdir(home, 0o700); err != nil {
			t.Fatal(err)
		}
		defer func() { // a request may have taken our rights
			_ = os.Chmod(above, 0o700)
			_ = os.Chmod(home, 0o700)
		}()
		var out bytes.Buffer
		err := sftp.Serve(bytes.NewReader(data), &out, home)
		answers := packets(out.Bytes())
		asked := packets(data)
		if err == nil && len(answers) != len(asked) || len(answers) > len(asked) {
			t.Fatalf("%d answers to %d requests, %v", len(answers), len(asked), err)
		}
		for i, answer := range answers {
			if len(answer) < 5 || len(answer) > maxPacket {
				t.Fatalf("an answer of %d bytes", len(answer))
			}
			if asked[i][0] != initialize && binary.BigEndian.Uint32(answer[1:]) != binary.BigEndian.Uint32(asked[i][1:]) {
				t.Fatalf("the answer %q to %q is of another request", answer, asked[i])
			}
		}
	})
}
