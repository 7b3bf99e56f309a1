package web

import (
	"context"
	"crypto/rand"
	"crypto/sha256"
	"encoding/hex"
	"hash"
	"io"
	"net/textproto"
	"os"
	"path/filepath"
	"strings"

	"github.com/mitoscript/mitoscript/interp"
	"github.com/mitoscript/mitoscript/mitogen/value"
	"github.com/mitoscript/mitoscript/stdlib/fs"
	"github.com/mitoscript/mitoscript/stdlib/oserror"
	"github.com/mitoscript/mitoscript/stdlib/path"
)

func (c *clients) download(ctx context.Context, a *interp.Args) (value.Value, error) {
	u, err := address(a)
	if err != nil {
		return nil, err
	}
	file, err := path.Arg(a, "path")
	if err != nil {
		return nil, err
	}
	want, err := a.String("sha256")
	if err != nil {
		return nil, err
	}
	mode, err := fs.ModeArg(a, "mode")
	if err != nil {
		return nil, err
	}
	ctx, cancel, err := limited(ctx, a, "GET", u)
	if err != nil {
		return nil, err
	}
	defer cancel()
	m := &message{method: "GET", url: u, header: textproto.MIMEHeader{}}
	m.header.Set("User-Agent", agent)
	m.header.Set("Accept-Encoding", "identity") // the checksum is that of the file itself
	resp, err := c.do(ctx, m, tlsOptions{})
	if err != nil {
		return nil, failure(ctx, "GET", u, err)
	}
	defer resp.Close()
	if resp.code >= 400 {
		return nil, statusError("GET", u, resp, "")
	}
	sum := sha256.New()
	tmp, err := save(file, resp.body, sum)
	if err != nil {
		if ctx.Err() != nil {
			return nil, failure(ctx, "GET", u, err)
		}
		return nil, oserror.Wrap("download "+u.Redacted()+" to", file, err)
	}
	defer os.Remove(tmp) // nothing is left of it once it is renamed
	if got := hex.EncodeToString(sum.Sum(nil)); want != "" && !strings.EqualFold(got, want) {
		return nil, value.Errorf(value.KindValue, "cannot keep %s: its sha256 is %s, want %s", u.Redacted(), got, want)
	}
	return nil, oserror.Wrap("download "+u.Redacted()+" to", file, place(tmp, file, mode))
}

// save writes r into a new file beside the one that it is to become.
func save(file string, r io.Reader, sum hash.Hash) (tmp string, err error) {
	tmp = filepath.Dir(file) + "/.mitoscript-" + rand.Text()
	f, err := os.OpenFile(tmp, os.O_WRONLY|os.O_CREATE|os.O_EXCL, 0o666)
	if err != nil {
		return "", err
	}
	_, err = io.Copy(f, io.TeeReader(r, sum))
	if closed := f.Close(); err == nil {
		err = closed
	}
	if err != nil {
		_ = os.Remove(tmp)
		return "", err
	}
	return tmp, nil
}

func place(tmp, file string, mode fs.Mode) error {
	if mode != nil {
		if err := fs.Chmod(tmp, mode); err != nil {
			return err
		}
	}
	return os.Rename(tmp, file)
}
