package bootstrap

import (
	"bytes"
	"compress/gzip"
	"crypto/sha256"
	"encoding/hex"
	"fmt"
	"io"
	"os"
	"os/exec"
	"path/filepath"
	"slices"
	"strings"

	"github.com/mitoscript/mitoscript/mitogen/value"
)

// WriteBundle makes a bundle in dir from the program files. What the folder
// already has is replaced; programs that are not among the files are removed.
// The same programs give the same bytes.
func WriteBundle(dir, build string, files map[Platform]string) error {
	if build == "" || strings.ContainsAny(build, "\r\n") {
		return value.Errorf(value.KindValue, "cannot write a bundle: %q is not the name of a build", build)
	}
	if err := clearBundle(dir); err != nil {
		return fmt.Errorf("cannot write the bundle: %w", err)
	}
	platforms := make([]Platform, 0, len(files))
	for pf := range files {
		platforms = append(platforms, pf)
	}
	slices.SortFunc(platforms, func(a, b Platform) int { return strings.Compare(a.String(), b.String()) })
	var manifest strings.Builder
	fmt.Fprintf(&manifest, "%s\nbuild %s\n", manifestHeader, build)
	for _, pf := range platforms {
		bin, err := packFile(filepath.Join(dir, fileName(pf)), files[pf])
		if err != nil {
			return fmt.Errorf("cannot write the bundle: %s: %w", pf, err)
		}
		fmt.Fprintf(&manifest, "%s-%s %s %d %d\n", pf.OS, pf.Arch, bin.Hash, bin.Size, bin.GzSize)
	}
	if err := os.WriteFile(filepath.Join(dir, manifestName), []byte(manifest.String()), 0o644); err != nil {
		return fmt.Errorf("cannot write the bundle: %w", err)
	}
	return nil
}

// clearBundle makes dir and removes an old bundle, its manifest first, so that
// one that is half written does not load.
func clearBundle(dir string) error {
	if err := os.MkdirAll(dir, 0o755); err != nil {
		return err
	}
	if err := os.Remove(filepath.Join(dir, manifestName)); err != nil && !os.IsNotExist(err) {
		return err
	}
	old, err := filepath.Glob(filepath.Join(dir, "*-*.gz"))
	if err != nil {
		return err
	}
	for _, name := range old {
		if err := os.Remove(name); err != nil {
			return err
		}
	}
	return nil
}

func packFile(to, from string) (Binary, error) {
	in, err := os.Open(from)
	if err != nil {
		return Binary{}, err
	}
	defer func() { _ = in.Close() }()
	out, err := os.Create(to)
	if err != nil {
		return Binary{}, err
	}
	bin, err := packBest(out, in)
	if cerr := out.Close(); err == nil {
		err = cerr
	}
	return bin, err
}

// packBest compresses by the program gzip where there is one: 2 % smaller than
// by compress/gzip, in a quarter of the time.
func packBest(to io.Writer, from io.Reader) (Binary, error) {
	program, err := exec.LookPath("gzip")
	if err != nil {
		return pack(to, from, gzip.BestCompression)
	}
	var bin Binary
	var packed, complaint bytes.Buffer
	sum, size := sha256.New(), &counter{to: io.Discard}
	cmd := exec.Command(program, "-9", "-c")
	// Not the file itself, whose name and time it would note.
	cmd.Stdin = io.TeeReader(from, io.MultiWriter(sum, size))
	cmd.Stdout, cmd.Stderr = &packed, &complaint
	if err := cmd.Run(); err != nil {
		return bin, fmt.Errorf("%s -9: %w: %s", program, err, bytes.TrimSpace(complaint.Bytes()))
	}
	data := packed.Bytes()
	if len(data) < gzipTime+4 {
		return bin, fmt.Errorf("%s -9: it wrote %d bytes", program, len(data))
	}
	clear(data[gzipTime : gzipTime+4]) // some note the time that it is
	bin.Hash, bin.Size, bin.GzSize = hex.EncodeToString(sum.Sum(nil)), size.n, int64(len(data))
	_, err = to.Write(data)
	return bin, err
}

// gzipTime is where the header of a gzip file has its time (RFC 1952).
const gzipTime = 4

// pack compresses a program and says its hash and sizes.
func pack(to io.Writer, from io.Reader, level int) (Binary, error) {
	var bin Binary
	packed := &counter{to: to}
	gz, err := gzip.NewWriterLevel(packed, level)
	if err != nil {
		return bin, err
	}
	sum := sha256.New()
	if bin.Size, err = io.Copy(io.MultiWriter(gz, sum), from); err != nil {
		return bin, err
	}
	if err := gz.Close(); err != nil {
		return bin, err
	}
	bin.Hash, bin.GzSize = hex.EncodeToString(sum.Sum(nil)), packed.n
	return bin, nil
}

type counter struct {
	to io.Writer
	n  int64
}

func (c *counter) Write(p []byte) (int, error) {
	n, err := c.to.Write(p)
	c.n += int64(n)
	return n, err
}
