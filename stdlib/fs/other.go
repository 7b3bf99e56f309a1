package fs

import (
	"context"
	"encoding/hex"
	"os"

	"golang.org/x/sys/unix"

	"github.com/mitoscript/mitoscript/interp"
	"github.com/mitoscript/mitoscript/mitogen/value"
	"github.com/mitoscript/mitoscript/stdlib/digest"
	"github.com/mitoscript/mitoscript/stdlib/oserror"
	"github.com/mitoscript/mitoscript/stdlib/regex"
)

func otherFuncs(held *heldLocks) []*interp.Func {
	lock := onPath("lock", "Waits until no other process holds this lock and takes it. It is held until release() or the end of this process.", held.lock,
		option("timeout", "Seconds after which it is a TimeoutError.", nil))
	lock.NoTarget = "its result, a lock, cannot travel"
	return []*interp.Func{
		onPath("disk_usage", "Returns the space of the file system that holds a path, in bytes: total, used, free.",
			func(_ context.Context, p string, _ *interp.Args) (value.Value, error) {
				u, err := DiskUsage(p)
				if err != nil {
					return nil, err
				}
				return &value.Struct{Name: "disk_usage", Fields: []value.Field{
					{Name: "total", Value: u.Total}, {Name: "used", Value: u.Used}, {Name: "free", Value: u.Free},
				}}, nil
			}),
		onPath("hash", "Returns the checksum of a file's content in hexadecimal.", hashFile,
			option("algorithm", "md5, sha1, sha256, sha512, blake2b or crc32.", "sha256")),
		onPath("replace", "Replaces what matches a pattern in a file and returns how often. A file in which nothing matches is not written.", replace,
			param("pattern", "RE2, as in the module re."), param("replacement", "Text; \\1 and \\g<name> stand for groups.")),
		lock,
	}
}

// Usage is the space of a file system in bytes. Free is what this user may use.
type Usage struct{ Total, Used, Free int64 }

// DiskUsage asks about the file system that holds p.
func DiskUsage(p string) (Usage, error) {
	var st unix.Statfs_t
	if err := unix.Statfs(p, &st); err != nil {
		return Usage{}, oserror.Wrap("ask about the disk of", p, err)
	}
	size := int64(st.Bsize)
	return Usage{Total: int64(st.Blocks) * size, Used: int64(st.Blocks-st.Bfree) * size, Free: int64(st.Bavail) * size}, nil
}

func hashFile(ctx context.Context, p string, a *interp.Args) (value.Value, error) {
	alg, err := a.String("algorithm")
	if err != nil {
		return nil, err
	}
	h, err := digest.New(alg)
	if err != nil {
		return nil, err
	}
	f, err := os.Open(p)
	if err != nil {
		return nil, oserror.Wrap("read", p, err)
	}
	defer f.Close()
	if err := copyContent(ctx, h, f); err != nil {
		return nil, oserror.Wrap("read", p, err)
	}
	return hex.EncodeToString(h.Sum(nil)), nil
}

func replace(_ context.Context, p string, a *interp.Args) (value.Value, error) {
	pattern, err := a.Data("pattern")
	if err != nil {
		return nil, err
	}
	replacement, err := a.Data("replacement")
	if err != nil {
		return nil, err
	}
	re, err := regex.Compile(pattern)
	if err != nil {
		return nil, err
	}
	content, err := readFile(p)
	if err != nil {
		return nil, err
	}
	out, n, err := re.Replace(content, replacement, 0)
	if err != nil || n == 0 {
		return int64(0), err
	}
	return int64(n), Write(p, out, nil, true)
}
