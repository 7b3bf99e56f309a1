package bootstrap_test

import (
	"context"
	"errors"
	"io"
	"io/fs"
	"os"
	"path/filepath"
	"strings"
	"testing"

	"github.com/mitoscript/mitoscript/mitogen/bootstrap"
	"github.com/mitoscript/mitoscript/mitogen/value"
)

func eightPrograms() []bootstrap.Program {
	var ps []bootstrap.Program
	for _, p := range []string{"linux/amd64", "linux/arm64", "linux/armv7", "linux/386", "darwin/amd64", "darwin/arm64",
		"freebsd/amd64", "linux/riscv64"} {
		pf, _ := bootstrap.ParsePlatform(p)
		ps = append(ps, bootstrap.Program{Platform: pf, Hash: strings.Repeat("0123456789abcdef", 4), Size: 12345678})
	}
	return ps
}

func TestStageText(t *testing.T) {
	for _, opts := range []bootstrap.Options{{}, {Cache: true}, {Fresh: true}, {Cache: true, Fresh: true}} {
		opts.Nonce = bootstrap.NewNonce()
		opts.Args = []string{"child", opts.Nonce}
		stage, err := bootstrap.Stage(opts, eightPrograms())
		must(t, err)
		if len(stage) >= 2048 {
			t.Errorf("%d bytes", len(stage))
		}
		// fish takes two backslashes for one, csh an exclamation mark for history.
		for _, bad := range []string{"'", "!", "\n", `\\`, "@", "#"} {
			if strings.Contains(stage, bad) {
				t.Errorf("%q is in %s", bad, stage)
			}
		}
	}
}

func TestStageRefuses(t *testing.T) {
	for _, opts := range []bootstrap.Options{
		{}, {Nonce: "short"}, {Nonce: "12345678;rm"},
		{Nonce: nonce, Args: []string{"a b"}}, {Nonce: nonce, Args: []string{"$x"}}, {Nonce: nonce, Args: []string{""}},
	} {
		if _, err := bootstrap.Stage(opts, nil); err == nil {
			t.Errorf("%+v was taken", opts)
		}
	}
}

func TestParseUname(t *testing.T) {
	for _, tt := range []struct{ system, machine, want string }{
		{"Linux", "x86_64", "linux/amd64"}, {"Linux", "aarch64", "linux/arm64"}, {"Linux", "armv7l", "linux/armv7"},
		{"Linux", "armv8l", "linux/armv7"}, {"Linux", "armv6l", "linux/armv6"}, {"Linux", "i686", "linux/386"},
		{"Linux", "riscv64", "linux/riscv64"}, {"Darwin", "arm64", "darwin/arm64"}, {"Darwin", "x86_64", "darwin/amd64"},
		{"FreeBSD", "amd64", "freebsd/amd64"}, {"OpenBSD", "i386", "openbsd/386"}, {"DragonFly", "x86_64", "dragonfly/amd64"},
		{"SunOS", "i86pc", ""}, {"Linux", "armv[78]l", ""}, {"Linux", "", ""}, {"", "", ""},
	} {
		got, err := bootstrap.ParseUname(tt.system, tt.machine)
		if tt.want == "" {
			if !errors.Is(err, value.KindStream) {
				t.Errorf("%s %s: %v, %v", tt.system, tt.machine, got, err)
			}
			continue
		}
		if err != nil || got.String() != tt.want {
			t.Errorf("%s %s: %v, %v", tt.system, tt.machine, got, err)
		}
	}
}

func TestBundle(t *testing.T) {
	dir := filepath.Join(t.TempDir(), "bundle")
	if _, err := bootstrap.LoadBundle(dir); !errors.Is(err, fs.ErrNotExist) {
		t.Errorf("no bundle: %v", err)
	}
	program := filepath.Join(t.TempDir(), "program")
	must(t, os.WriteFile(program, echoProgram(10_000), 0o700))
	arm, here := bootstrap.Platform{OS: "linux", Arch: "armv6"}, bootstrap.Here()
	must(t, bootstrap.WriteBundle(dir, "b0", map[bootstrap.Platform]string{{OS: "darwin", Arch: "arm64"}: program}))
	must(t, bootstrap.WriteBundle(dir, "b1", map[bootstrap.Platform]string{arm: program, here: program}))
	b, err := bootstrap.LoadBundle(dir)
	must(t, err)
	if got := files(t, dir); b.Build != "b1" || len(got) != 3 {
		t.Errorf("build %s, files %q", b.Build, got)
	}
	bin, ok := b.Get(here)
	if !ok {
		t.Fatal("the bundle has nothing for this machine")
	}
	gz, err := bin.Gzip()
	must(t, err)
	packed, err := io.ReadAll(gz)
	must(t, err)
	must(t, gz.Close())
	if int64(len(packed)) != bin.GzSize || bin.Hash != inMemory(t, echoProgram(10_000)).bin.Hash {
		t.Errorf("%+v", bin)
	}
	tg := newTarget(t, b)
	if res := tg.good(t); res.Pushed != bin.GzSize {
		t.Errorf("%+v", res)
	}
	must(t, os.Truncate(filepath.Join(dir, here.OS+"-"+here.Arch+".gz"), 100))
	if _, err := bootstrap.LoadBundle(dir); err == nil || !strings.Contains(err.Error(), "100 bytes") {
		t.Errorf("a truncated file: %v", err)
	}
}

func TestBadManifest(t *testing.T) {
	hash := strings.Repeat("0", 64)
	for _, text := range []string{"", "something else\n", "mitoscript bundle 1\n", "mitoscript bundle 1\nbuild x\nlinux-amd64\n",
		"mitoscript bundle 1\nbuild x\nlinux-../etc " + hash + " 1 1\n", "mitoscript bundle 1\nbuild x\nlinux-amd64 $(x) 1 1\n",
		"mitoscript bundle 1\nbuild x\nlinux-amd64 " + hash + " -1 1\n", "mitoscript bundle 1\nbuild x\nlinux-amd64 " + hash + " 1 1\n"} {
		dir := t.TempDir()
		must(t, os.WriteFile(filepath.Join(dir, "manifest"), []byte(text), 0o600))
		if _, err := bootstrap.LoadBundle(dir); err == nil {
			t.Errorf("%q was taken", text)
		}
	}
}

func TestChain(t *testing.T) {
	first, second := inMemory(t, []byte("first")), inMemory(t, []byte("second"))
	second.bin.Arch = "riscv64"
	both := bootstrap.Chain(first, inMemory(t, []byte("hidden")), second)
	ps, err := both.Programs(t.Context())
	must(t, err)
	if len(ps) != 2 || ps[0].Hash != first.bin.Hash || ps[1].Hash != second.bin.Hash {
		t.Errorf("%+v", ps)
	}
	bin, err := both.Open(context.Background(), second.bin.Platform)
	if err != nil || bin != &second.bin {
		t.Errorf("%v, %v", bin, err)
	}
	_, err = both.Open(context.Background(), bootstrap.Platform{OS: "linux", Arch: "s390x"})
	if !errors.Is(err, value.KindStream) || !strings.Contains(err.Error(), "linux/s390x") || !strings.Contains(err.Error(), "make bundle") {
		t.Errorf("%v", err)
	}
}

func TestUnknownPlatformOfRealStage(t *testing.T) {
	src := inMemory(t, echoProgram(0))
	src.bin.Platform = bootstrap.Platform{OS: "plan9", Arch: "amd64"}
	tg := newTarget(t, bootstrap.Chain(src))
	_, err := tg.run(t)
	if err == nil || !strings.Contains(err.Error(), "no program for "+bootstrap.Here().String()) {
		t.Errorf("%v", err)
	}
}

func FuzzAnswers(f *testing.F) {
	m := "\nMITO" + nonce + " "
	f.Add([]byte("banner" + m + "hit Linux x86_64 /d" + m + "up\nrest"))
	f.Add([]byte(m + "need Linux x86_64 gzip /d" + m + "no /d: full" + m + "err nodir\n"))
	f.Add([]byte(m + "need  x raw \n"))
	src := inMemory(f, []byte("program"))
	up := bootstrap.UpLine(nonce)[1:]
	f.Fuzz(func(t *testing.T, said []byte) {
		res, err := bootstrap.Run(t.Context(), &mute{Reader: strings.NewReader(string(said))}, src, bootstrap.Options{Nonce: nonce})
		if err != nil {
			if !errors.Is(err, value.KindStream) {
				t.Errorf("%v", err)
			}
			return
		}
		rest, err := io.ReadAll(res.Reader)
		must(t, err)
		before := strings.TrimSuffix(string(said), string(rest))
		if !strings.HasSuffix(strings.ReplaceAll(before, "\r\n", "\n"), up) {
			t.Errorf("up after %q", before)
		}
	})
}

// mute is a link whose far side takes everything.
type mute struct{ io.Reader }

func (mute) Write(p []byte) (int, error) { return len(p), nil }
func (mute) Close() error                { return nil }
