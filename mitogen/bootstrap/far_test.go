package bootstrap_test

import (
	"bytes"
	"compress/gzip"
	"context"
	"crypto/sha256"
	"encoding/hex"
	"io"
	"maps"
	"math/rand"
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"sync"
	"syscall"
	"testing"
	"time"

	"github.com/mitoscript/mitoscript/mitogen/bootstrap"
)

// echoProgram is a program that comes up and then echoes; pad is how many
// random bytes it has besides.
func echoProgram(pad int) []byte {
	junk := make([]byte, pad)
	rand.New(rand.NewSource(1)).Read(junk)
	return append([]byte("#!/bin/sh\nprintf '\\nMITO%s up\\n' \"$2\"\nexec cat\n"), junk...)
}

// memory is a Source of one program for the machine that the tests run on.
type memory struct {
	bin  bootstrap.Binary
	also []bootstrap.Program // that it only lists, for other machines
}

func inMemory(t testing.TB, program []byte) *memory {
	t.Helper()
	var packed bytes.Buffer
	gz := gzip.NewWriter(&packed)
	if _, err := gz.Write(program); err != nil {
		t.Fatal(err)
	}
	if err := gz.Close(); err != nil {
		t.Fatal(err)
	}
	sum := sha256.Sum256(program)
	return &memory{bin: bootstrap.Binary{
		Program: bootstrap.Program{Platform: bootstrap.Here(), Hash: hex.EncodeToString(sum[:]), Size: int64(len(program))},
		GzSize:  int64(packed.Len()),
		Gzip:    func() (io.ReadCloser, error) { return io.NopCloser(bytes.NewReader(packed.Bytes())), nil },
	}}
}

func (m *memory) name() string { return m.bin.Hash[:32] }

func (m *memory) Programs(context.Context) ([]bootstrap.Program, error) {
	return append([]bootstrap.Program{m.bin.Program}, m.also...), nil
}

func (m *memory) Open(context.Context, bootstrap.Platform) (*bootstrap.Binary, error) {
	return &m.bin, nil
}

// target is a pretended machine: its home and the folders that stand for the
// common ones.
type target struct {
	root  string
	shell []string          // what runs the stage; its text is appended
	login string            // a login shell that is given sh -c 'stage' as text
	env   map[string]string // of the stage
	src   bootstrap.Source
	opts  bootstrap.Options
}

func newTarget(t *testing.T, src bootstrap.Source) *target {
	t.Helper()
	root := t.TempDir()
	for _, dir := range []string{"home", "shm", "vartmp", "tmp"} {
		must(t, os.Mkdir(filepath.Join(root, dir), 0o700))
	}
	return &target{root: root, shell: []string{"/bin/sh", "-c"}, src: src,
		env:  map[string]string{"HOME": root + "/home", "PATH": os.Getenv("PATH")},
		opts: bootstrap.Options{Cache: true}}
}

// stage makes the first stage with the folders of root for the common ones.
func (tg *target) stage(t *testing.T, opts bootstrap.Options) string {
	t.Helper()
	var programs []bootstrap.Program
	if tg.src != nil {
		var err error
		programs, err = tg.src.Programs(t.Context())
		must(t, err)
	}
	stage, err := bootstrap.Stage(opts, programs)
	must(t, err)
	return strings.NewReplacer("/dev/shm", tg.root+"/shm", "/var/tmp", tg.root+"/vartmp", "/tmp", tg.root+"/tmp").Replace(stage)
}

// far is a far side: a shell that runs the first stage.
type far struct {
	io.Reader
	io.Writer
	out, in *os.File
	cmd     *exec.Cmd
	opts    bootstrap.Options
	stderr  bytes.Buffer
	once    sync.Once
}

func (f *far) Close() error {
	f.once.Do(func() { _ = f.in.Close(); _ = f.out.Close() })
	return nil
}

// start starts the stage; when the test ends the process must have ended too.
func (tg *target) start(t *testing.T) *far {
	t.Helper()
	opts := tg.opts
	opts.Nonce = bootstrap.NewNonce()
	opts.Args = []string{"child", opts.Nonce}
	stage := tg.stage(t, opts)
	argv := append(append([]string(nil), tg.shell...), stage)
	if tg.login != "" {
		argv = []string{tg.login, "-c", strings.Join(tg.shell, " ") + " '" + stage + "'"}
	}
	inR, inW, err := os.Pipe()
	must(t, err)
	outR, outW, err := os.Pipe()
	must(t, err)
	f := &far{Reader: outR, Writer: inW, out: outR, in: inW, opts: opts}
	f.cmd = exec.Command(argv[0], argv[1:]...)
	f.cmd.Stdin, f.cmd.Stdout, f.cmd.Stderr = inR, outW, &f.stderr
	f.cmd.SysProcAttr = &syscall.SysProcAttr{Setpgid: true}
	for k, v := range maps.All(tg.env) {
		f.cmd.Env = append(f.cmd.Env, k+"="+v)
	}
	must(t, f.cmd.Start())
	must(t, inR.Close())
	must(t, outW.Close())
	t.Cleanup(func() {
		_ = f.Close()
		_ = f.cmd.Wait()
		if err := syscall.Kill(-f.cmd.Process.Pid, syscall.SIGKILL); err == nil {
			t.Errorf("%s left processes behind", argv[0])
		}
	})
	return f
}

// run bootstraps, and on success checks that the link carries bytes exactly.
func (tg *target) run(t *testing.T) (bootstrap.Result, error) {
	t.Helper()
	f := tg.start(t)
	ctx, cancel := context.WithTimeout(t.Context(), time.Minute)
	defer cancel()
	res, err := bootstrap.Run(ctx, f, tg.src, f.opts)
	if err != nil {
		return res, err
	}
	const text = "\x00\xffMI first bytes of the protocol\n"
	if _, err := io.WriteString(f, text); err != nil {
		t.Fatal(err)
	}
	must(t, f.in.Close())
	got, err := io.ReadAll(res.Reader)
	must(t, err)
	if string(got) != text {
		t.Fatalf("the link carried %q", got)
	}
	return res, nil
}

// good is run that must succeed.
func (tg *target) good(t *testing.T) bootstrap.Result {
	t.Helper()
	res, err := tg.run(t)
	if err != nil {
		t.Fatalf("%v %+v", err, res)
	}
	return res
}

// files lists what is in a folder.
func files(t *testing.T, dir string) []string {
	t.Helper()
	entries, err := os.ReadDir(dir)
	must(t, err)
	var names []string
	for _, e := range entries {
		names = append(names, e.Name())
	}
	return names
}
