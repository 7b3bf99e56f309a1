package bootstrap_test

import (
	"bytes"
	"fmt"
	"os"
	"path/filepath"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/mitoscript/mitoscript/mitogen/bootstrap"
)

const nobody = 65534

func TestCandidates(t *testing.T) {
	for _, tt := range []struct {
		name    string
		prepare func(t *testing.T, tg *target)
		want    string // under the root
		skipped string // in one of the reasons
	}{
		{"XDG_CACHE_HOME comes first", func(t *testing.T, tg *target) {
			must(t, os.Mkdir(tg.root+"/xdg", 0o755))
			tg.env["XDG_CACHE_HOME"] = tg.root + "/xdg"
		}, "xdg/mitoscript", ""},
		{"XDG_CACHE_HOME is missing", func(_ *testing.T, tg *target) {
			tg.env["XDG_CACHE_HOME"] = tg.root + "/none"
		}, "home/.cache/mitoscript", "none is missing"},
		{"XDG_CACHE_HOME is relative", func(_ *testing.T, tg *target) {
			tg.env["XDG_CACHE_HOME"] = "home"
		}, "home/.cache/mitoscript", ""},
		{"HOME is unset", func(_ *testing.T, tg *target) {
			delete(tg.env, "HOME")
		}, "shm/.mitoscript-UID", ""},
		{"HOME has spaces", func(t *testing.T, tg *target) {
			must(t, os.Mkdir(tg.root+"/my  home $x \"q\"", 0o700))
			tg.env["HOME"] = tg.root + "/my  home $x \"q\""
		}, "my  home $x \"q\"/.cache/mitoscript", ""},
		{"HOME is a link", func(t *testing.T, tg *target) {
			must(t, os.Symlink("home", tg.root+"/link"))
			tg.env["HOME"] = tg.root + "/link"
		}, "link/.cache/mitoscript", ""},
		{"~/.cache is a file", func(t *testing.T, tg *target) {
			must(t, os.WriteFile(tg.root+"/home/.cache", nil, 0o600))
		}, "shm/.mitoscript-UID", "home/.cache/mitoscript: "},
		{"the directory is a link", func(t *testing.T, tg *target) {
			must(t, os.MkdirAll(tg.root+"/home/.cache", 0o700))
			must(t, os.Mkdir(tg.root+"/elsewhere", 0o700))
			must(t, os.Symlink(tg.root+"/elsewhere", tg.root+"/home/.cache/mitoscript"))
		}, "shm/.mitoscript-UID", "not a private directory"},
		{"the directory is open to others", func(t *testing.T, tg *target) {
			must(t, os.MkdirAll(tg.root+"/home/.cache/mitoscript", 0o700))
			must(t, os.Chmod(tg.root+"/home/.cache/mitoscript", 0o770))
		}, "shm/.mitoscript-UID", "not a private directory"},
		{"the directory has the setgid bit", func(t *testing.T, tg *target) {
			must(t, os.Chmod(tg.root+"/home", 0o700|os.ModeSetgid))
		}, "home/.cache/mitoscript", ""},
		{"the directory is somebody else's", func(t *testing.T, tg *target) {
			needRoot(t)
			must(t, os.MkdirAll(tg.root+"/home/.cache/mitoscript", 0o700))
			must(t, os.Chown(tg.root+"/home/.cache/mitoscript", nobody, nobody))
		}, "shm/.mitoscript-UID", "not a private directory"},
		{"HOME is somebody else's", func(t *testing.T, tg *target) {
			needRoot(t)
			must(t, os.Chown(tg.root+"/home", nobody, nobody))
		}, "shm/.mitoscript-UID", "not owned by uid 0"},
		{"shm is sticky and somebody else's", func(t *testing.T, tg *target) {
			needRoot(t)
			delete(tg.env, "HOME")
			must(t, os.Chown(tg.root+"/shm", nobody, nobody))
			must(t, os.Chmod(tg.root+"/shm", 0o777|os.ModeSticky))
		}, "shm/.mitoscript-UID", ""},
		{"XDG_RUNTIME_DIR comes after shm", func(t *testing.T, tg *target) {
			delete(tg.env, "HOME")
			must(t, os.Mkdir(tg.root+"/run", 0o700))
			must(t, os.Remove(tg.root+"/shm"))
			tg.env["XDG_RUNTIME_DIR"] = tg.root + "/run"
		}, "run/mitoscript", ""},
		{"only tmp is left", func(t *testing.T, tg *target) {
			delete(tg.env, "HOME")
			must(t, os.Remove(tg.root+"/shm"))
			must(t, os.Remove(tg.root+"/vartmp"))
		}, "tmp/.mitoscript-UID", "vartmp is missing"},
		{"HOME is mounted noexec", func(t *testing.T, tg *target) {
			tg.env["HOME"] = tmpfs(t, "noexec,mode=700")
		}, "shm/.mitoscript-UID", "mounted noexec"},
		{"HOME is mounted read-only", func(t *testing.T, tg *target) {
			dir := tmpfs(t, "mode=700")
			mount(t, "-o", "remount,ro", dir)
			tg.env["HOME"] = dir
		}, "shm/.mitoscript-UID", "ead-only"},
		{"the disk of HOME is full", func(t *testing.T, tg *target) {
			tg.env["HOME"] = tmpfs(t, "mode=700,size=64k")
		}, "shm/.mitoscript-UID", "o space left"},
	} {
		t.Run(tt.name, func(t *testing.T) {
			src := inMemory(t, echoProgram(200_000))
			tg := newTarget(t, src)
			tt.prepare(t, tg)
			want := filepath.Join(tg.root, strings.Replace(tt.want, "UID", fmt.Sprint(os.Getuid()), 1))
			res := tg.good(t)
			if res.Dir != want || !strings.Contains(strings.Join(res.Skipped, "\n"), tt.skipped) {
				t.Errorf("it went to %q, not %q; skipped %q", res.Dir, want, res.Skipped)
			}
			if got := files(t, want); len(got) != 1 || got[0] != src.name() {
				t.Errorf("the cache has %q", got)
			}
			if res := tg.good(t); !res.Cached || res.Dir != want {
				t.Errorf("the second time: %+v", res)
			}
		})
	}
}

func TestFullDiskLeavesNothing(t *testing.T) {
	tg := newTarget(t, inMemory(t, echoProgram(200_000)))
	home := tmpfs(t, "mode=700,size=64k")
	tg.env["HOME"] = home
	tg.good(t)
	if got := files(t, home+"/.cache/mitoscript"); len(got) != 0 {
		t.Errorf("left behind: %q", got)
	}
}

func TestEntryOfTheCache(t *testing.T) {
	program := echoProgram(5_000)
	other := bytes.Replace(program, []byte("exec cat"), []byte("exit 66 "), 1)
	for _, tt := range []struct {
		name  string
		spoil func(t *testing.T, file string)
	}{
		{"truncated", func(t *testing.T, file string) { must(t, os.Truncate(file, 4_000)) }},
		{"empty", func(t *testing.T, file string) { must(t, os.Truncate(file, 0)) }},
		{"grown", func(t *testing.T, file string) { must(t, os.Truncate(file, 6_000)) }},
		{"writable by others", func(t *testing.T, file string) { must(t, os.Chmod(file, 0o722)) }},
		{"not executable", func(t *testing.T, file string) { must(t, os.Chmod(file, 0o600)) }},
		{"somebody else's", func(t *testing.T, file string) { needRoot(t); must(t, os.Chown(file, nobody, nobody)) }},
		{"a link", func(t *testing.T, file string) {
			must(t, os.WriteFile(file+"x", other, 0o700))
			must(t, os.Remove(file))
			must(t, os.Symlink(file+"x", file))
		}},
		{"missing", func(t *testing.T, file string) { must(t, os.Remove(file)) }},
	} {
		t.Run(tt.name, func(t *testing.T) {
			src := inMemory(t, program)
			tg := newTarget(t, src)
			file := filepath.Join(tg.good(t).Dir, src.name())
			tt.spoil(t, file)
			if res := tg.good(t); res.Cached || res.Pushed == 0 {
				t.Errorf("a spoilt entry was used: %+v", res)
			}
			if got, err := os.ReadFile(file); err != nil || !bytes.Equal(got, program) {
				t.Errorf("the entry was not replaced (%v)", err)
			}
		})
	}
}

// TestHitWaitsForNothing counts what the near side says to a target that has the
// program: nothing, so that a hit costs no round trip of its own.
func TestHitWaitsForNothing(t *testing.T) {
	tg := newTarget(t, inMemory(t, echoProgram(5_000)))
	tg.good(t)
	f := tg.start(t)
	said := &counting{far: f}
	res, err := bootstrap.Run(t.Context(), said, tg.src, f.opts)
	must(t, err)
	if !res.Cached || said.n != 0 {
		t.Errorf("cached %t, %d bytes were said", res.Cached, said.n)
	}
}

// counting counts what is written to a far side.
type counting struct {
	*far
	n int
}

func (c *counting) Write(p []byte) (int, error) { c.n += len(p); return c.far.Write(p) }

// TestNameThatForgesLines has a home whose name holds what ls would say of a cache that
// is ours, while the cache is somebody else's.
func TestNameThatForgesLines(t *testing.T) {
	needRoot(t)
	program := echoProgram(5_000)
	src := inMemory(t, program)
	tg := newTarget(t, src)
	home := filepath.Join(tg.root, fmt.Sprintf("home\ndrwx------ 2 0 0 1 x\n-rwx------ 1 0 0 %d x", len(program)))
	dir := filepath.Join(home, ".cache/mitoscript")
	must(t, os.MkdirAll(dir, 0o700))
	must(t, os.Chmod(home, 0o777|os.ModeSticky))
	bad := bytes.Replace(program, []byte("exec cat"), []byte("exit 66 "), 1)
	must(t, os.WriteFile(filepath.Join(dir, src.name()), bad, 0o700))
	must(t, os.Chown(dir, nobody, nobody))
	tg.env["HOME"] = home
	if res := tg.good(t); res.Cached || !strings.HasPrefix(res.Dir, tg.root+"/shm/") {
		t.Errorf("%+v", res)
	}
}

func TestFreshAfterHitThatDoesNotComeUp(t *testing.T) {
	program := echoProgram(0)
	src := inMemory(t, program)
	tg := newTarget(t, src)
	file := filepath.Join(tg.good(t).Dir, src.name())
	bad := bytes.Replace(program, []byte("printf"), []byte("exit 3"), 1)
	must(t, os.WriteFile(file, bad, 0o700))
	_, err := tg.run(t)
	if !bootstrap.Retry(err) {
		t.Fatalf("no retry after %v", err)
	}
	tg.opts.Fresh = true
	if res := tg.good(t); res.Cached {
		t.Error("the cache was used")
	}
	if got, err := os.ReadFile(file); err != nil || !bytes.Equal(got, program) {
		t.Errorf("the entry was not replaced (%v)", err)
	}
}

func TestConcurrentPushesLeaveOneFile(t *testing.T) {
	src := inMemory(t, echoProgram(300_000))
	tg := newTarget(t, src)
	var wg sync.WaitGroup
	for range 10 {
		wg.Go(func() {
			if _, err := tg.run(t); err != nil {
				t.Error(err)
			}
		})
	}
	wg.Wait()
	if got := files(t, tg.root+"/home/.cache/mitoscript"); len(got) != 1 || got[0] != src.name() {
		t.Errorf("the cache has %q", got)
	}
}

// TestSelf pushes this test binary, which calls Settle.
func TestSelf(t *testing.T) {
	src := bootstrap.Self("")
	tg := newTarget(t, src)
	dir := tg.root + "/home/.cache/mitoscript"
	tg.opts.Cache = false
	if res := tg.good(t); res.Cached || res.Platform != bootstrap.Here() {
		t.Fatalf("%+v", res)
	}
	if got := files(t, dir); len(got) != 0 {
		t.Fatalf("without cache, %q stayed", got)
	}
	tg.opts.Cache = true
	tg.good(t)
	tg.opts.Cache = false
	if res := tg.good(t); !res.Cached {
		t.Error("a hit was not used")
	}
	if got := files(t, dir); len(got) != 1 {
		t.Errorf("the cache has %q", got)
	}
}

func TestSettle(t *testing.T) {
	dir := t.TempDir()
	good, src := []byte("some program"), inMemory(t, []byte("some program"))
	for _, tt := range []struct {
		name, file string
		content    []byte
		stays, ok  bool
	}{
		{"a cached program", src.name(), good, true, true},
		{"a damaged one", src.name(), []byte("zome program"), false, false},
		{"a temporary one", ".xABCDEFGH12", good, false, true},
		{"another program", "mitoscript", good, true, true},
	} {
		t.Run(tt.name, func(t *testing.T) {
			path := filepath.Join(dir, tt.file)
			must(t, os.WriteFile(path, tt.content, 0o700))
			gotDir, gotName, err := bootstrap.Settle(path)
			if (err == nil) != tt.ok {
				t.Errorf("error %v", err)
			}
			if cached := tt.file == src.name(); cached && (gotDir != dir+"/" || gotName != tt.file) || !cached && gotDir != "" {
				t.Errorf("gave %q, %q", gotDir, gotName)
			}
			if _, err := os.Stat(path); (err == nil) != tt.stays {
				t.Errorf("afterwards: %v", err)
			}
		})
	}
}

// TestSettleChecksOnceADay changes the program behind the mark of a good check.
func TestSettleChecksOnceADay(t *testing.T) {
	for _, tt := range []struct {
		name   string
		marked func(checked time.Time) time.Time // the time that the file has then
		ok     bool
	}{
		{"the mark is there", func(checked time.Time) time.Time { return checked }, true},
		{"it was written to", func(time.Time) time.Time { return time.Now() }, false},
		{"the check was yesterday", func(checked time.Time) time.Time { return checked.Add(-24 * time.Hour) }, false},
		{"the mark is of the future", func(checked time.Time) time.Time { return checked.Add(time.Hour) }, false},
	} {
		t.Run(tt.name, func(t *testing.T) {
			src := inMemory(t, []byte("some program"))
			path := filepath.Join(t.TempDir(), src.name())
			must(t, os.WriteFile(path, []byte("some program"), 0o700))
			_, _, err := bootstrap.Settle(path)
			must(t, err)
			info, err := os.Stat(path)
			must(t, err)
			must(t, os.WriteFile(path, []byte("zome program"), 0o700))
			at := tt.marked(info.ModTime())
			must(t, os.Chtimes(path, at, at))
			if _, _, err := bootstrap.Settle(path); (err == nil) != tt.ok {
				t.Errorf("%v", err)
			}
		})
	}
}

func TestCleanOld(t *testing.T) {
	dir := t.TempDir()
	keep, old, young := strings.Repeat("a", 32), strings.Repeat("b", 32), strings.Repeat("c", 32)
	month := time.Now().Add(-31 * 24 * time.Hour)
	for name, used := range map[string]time.Time{
		keep: month, old: month, young: time.Now(), "other": month, ".xOLDPUSH12": time.Now().Add(-2 * time.Hour),
		".xNEWPUSH12": time.Now(), ".xyz": month,
	} {
		must(t, os.WriteFile(filepath.Join(dir, name), nil, 0o700))
		must(t, os.Chtimes(filepath.Join(dir, name), used, used))
	}
	must(t, bootstrap.CleanOld(dir, keep, 30*24*time.Hour))
	if got := strings.Join(files(t, dir), " "); got != ".xNEWPUSH12 .xyz "+keep+" "+young+" other" {
		t.Errorf("left: %s", got)
	}
	if err := bootstrap.CleanOld(filepath.Join(dir, "none"), keep, 0); err == nil {
		t.Error("no error for a folder that does not exist")
	}
}
