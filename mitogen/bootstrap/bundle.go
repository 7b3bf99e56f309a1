package bootstrap

import (
	"bufio"
	"context"
	"errors"
	"fmt"
	"io"
	"os"
	"path/filepath"
	"strconv"
	"strings"

	"github.com/mitoscript/mitoscript/mitogen/value"
)

// BundleDir is the folder beside the executable that holds a bundle.
const BundleDir = "bundle"

const (
	manifestName   = "manifest"
	manifestHeader = "mitoscript bundle 1"
	// maxProgram bounds the size of a program, in bytes.
	maxProgram = 1 << 30
)

// Bundle is a folder of programs for several platforms: OS-ARCH.gz each, and
// the file manifest with the lines "mitoscript bundle 1", "build ID" and, for
// each program, "OS-ARCH SHA256 SIZE GZSIZE". It is not changed once loaded.
type Bundle struct {
	// Build is the build of all its programs.
	Build    string
	dir      string
	binaries []*Binary
}

// LoadBundle reads the manifest of the bundle in dir and checks that its files
// are there. A folder without a manifest is an error that wraps fs.ErrNotExist.
func LoadBundle(dir string) (*Bundle, error) {
	f, err := os.Open(filepath.Join(dir, manifestName))
	if err != nil {
		return nil, fmt.Errorf("cannot load the bundle: %w", err)
	}
	defer func() { _ = f.Close() }()
	b := &Bundle{dir: dir}
	lines := bufio.NewScanner(f)
	for n := 1; lines.Scan(); n++ {
		if err := b.addLine(n, lines.Text()); err != nil {
			return nil, fmt.Errorf("cannot load the bundle: %s line %d: %w", f.Name(), n, err)
		}
	}
	if err := lines.Err(); err != nil {
		return nil, fmt.Errorf("cannot load the bundle: %s: %w", f.Name(), err)
	}
	if b.Build == "" {
		return nil, value.Errorf(value.KindValue, "cannot load the bundle: %s ends before it says which build it is", f.Name())
	}
	return b, nil
}

func (b *Bundle) addLine(n int, line string) error {
	if n == 1 {
		if line != manifestHeader {
			return value.Errorf(value.KindValue, "%q is not %q", clip(line), manifestHeader)
		}
		return nil
	}
	if id, ok := strings.CutPrefix(line, "build "); ok {
		b.Build = id
		return nil
	}
	bin, err := parseEntry(line)
	if err != nil {
		return err
	}
	name := filepath.Join(b.dir, fileName(bin.Platform))
	info, err := os.Stat(name)
	if err != nil {
		return err
	}
	if info.Size() != bin.GzSize {
		return value.Errorf(value.KindValue, "%s has %d bytes instead of %d: make the bundle anew", name, info.Size(), bin.GzSize)
	}
	bin.Gzip = func() (io.ReadCloser, error) { return os.Open(name) }
	b.binaries = append(b.binaries, bin)
	return nil
}

func parseEntry(line string) (*Binary, error) {
	f := strings.Fields(line)
	if len(f) != 4 {
		return nil, value.Errorf(value.KindValue, "%q is not a platform, a sha256 and two sizes", clip(line))
	}
	pf, err := ParsePlatform(f[0])
	if err != nil {
		return nil, err
	}
	size, err1 := strconv.ParseInt(f[2], 10, 64)
	gz, err2 := strconv.ParseInt(f[3], 10, 64)
	if err1 != nil || err2 != nil || size <= 0 || gz <= 0 || size > maxProgram || gz > maxProgram {
		return nil, value.Errorf(value.KindValue, "%q has a size that no program has", clip(line))
	}
	if !IsHash(f[1]) {
		return nil, value.Errorf(value.KindValue, "%q is not a sha256", clip(f[1]))
	}
	return &Binary{Program: Program{Platform: pf, Hash: f[1], Size: size}, GzSize: gz}, nil
}

func fileName(p Platform) string { return p.OS + "-" + p.Arch + ".gz" }

// Get returns the program for the platform.
func (b *Bundle) Get(pf Platform) (*Binary, bool) {
	for _, bin := range b.binaries {
		if bin.Platform == pf {
			return bin, true
		}
	}
	return nil, false
}

// Programs lists what the bundle has.
func (b *Bundle) Programs(context.Context) ([]Program, error) {
	ps := make([]Program, 0, len(b.binaries))
	for _, bin := range b.binaries {
		ps = append(ps, bin.Program)
	}
	return ps, nil
}

// Open makes a Bundle a Source.
func (b *Bundle) Open(ctx context.Context, pf Platform) (*Binary, error) {
	if bin, ok := b.Get(pf); ok {
		return bin, nil
	}
	ps, err := b.Programs(ctx)
	return nil, errors.Join(err, Missing(pf, ps))
}
