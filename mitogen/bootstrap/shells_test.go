package bootstrap_test

import (
	"fmt"
	"os"
	"path/filepath"
	"testing"

	"github.com/mitoscript/mitoscript/mitogen/bootstrap"
)

// tools makes a PATH of the tools that the stage uses, without some.
func tools(t *testing.T, busybox bool, without ...string) string {
	t.Helper()
	dir := t.TempDir()
	names := []string{"sh", "cat", "chmod", "dd", "gzip", "head", "id", "ls", "mkdir", "mv", "rm", "uname"}
	for _, name := range names {
		missing := false
		for _, w := range without {
			missing = missing || w == name
		}
		if missing {
			continue
		}
		to := need(t, name)
		if busybox {
			to = need(t, "busybox")
		}
		must(t, os.Symlink(to, filepath.Join(dir, name)))
	}
	return dir
}

func TestShells(t *testing.T) {
	for _, shell := range [][]string{{"dash"}, {"bash"}, {"busybox", "sh"}, {"mksh"}, {"zsh"}, {"ksh"}, {"posh"}, {"yash"}} {
		for _, busybox := range []bool{false, true} {
			t.Run(fmt.Sprintf("%s busybox tools %t", shell[0], busybox), func(t *testing.T) {
				tg := newTarget(t, inMemory(t, echoProgram(20_000)))
				tg.shell = append([]string{need(t, shell[0])}, append(shell[1:len(shell):len(shell)], "-c")...)
				tg.env["PATH"] = tools(t, busybox)
				coldThenWarm(t, tg)
			})
		}
	}
}

func coldThenWarm(t *testing.T, tg *target) {
	t.Helper()
	dir := tg.root + "/home/.cache/mitoscript"
	src := tg.src.(*memory)
	cold := tg.good(t)
	if cold.Cached || cold.Pushed == 0 || cold.Dir != dir || cold.Platform != bootstrap.Here() {
		t.Fatalf("cold: %+v", cold)
	}
	if got := files(t, dir); len(got) != 1 || got[0] != src.name() {
		t.Fatalf("the cache has %q", got)
	}
	warm := tg.good(t)
	if !warm.Cached || warm.Pushed != 0 || warm.Dir != dir {
		t.Fatalf("warm: %+v", warm)
	}
}

func TestLoginShells(t *testing.T) {
	for _, login := range []string{"dash", "bash", "csh", "tcsh", "fish", "zsh", "mksh", "ksh", "rbash"} {
		t.Run(login, func(t *testing.T) {
			src := inMemory(t, echoProgram(20_000))
			tg := newTarget(t, src)
			src.also = eightPrograms() // old shells have limits on the length of a word
			tg.shell = []string{"sh", "-c"}
			tg.login = need(t, login)
			coldThenWarm(t, tg)
		})
	}
}

func TestMissingTools(t *testing.T) {
	for _, tt := range []struct {
		name    string
		without []string
		raw     bool
	}{
		{"no gzip", []string{"gzip"}, true},
		{"no head", []string{"head"}, false},
		{"neither", []string{"gzip", "head"}, true},
	} {
		for _, busybox := range []bool{false, true} {
			t.Run(fmt.Sprintf("%s busybox tools %t", tt.name, busybox), func(t *testing.T) {
				src := inMemory(t, echoProgram(50_000))
				tg := newTarget(t, src)
				tg.env["PATH"] = tools(t, busybox, tt.without...)
				want := src.bin.GzSize
				if tt.raw {
					want = src.bin.Size
				}
				if res := tg.good(t); res.Pushed != want {
					t.Errorf("pushed %d bytes, not %d", res.Pushed, want)
				}
				if res := tg.good(t); !res.Cached {
					t.Error("the second time was no hit")
				}
			})
		}
	}
}
