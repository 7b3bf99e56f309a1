package bootstrap

import (
	"path"
	"runtime"
	"runtime/debug"
	"strings"

	"github.com/mitoscript/mitoscript/mitogen/value"
)

// Platform is what a program is built for, in Go's words; 32-bit ARM has its
// version in Arch: "armv7", "armv6", "armv5".
type Platform struct{ OS, Arch string }

// String gives "linux/amd64".
func (p Platform) String() string { return p.OS + "/" + p.Arch }

// ParsePlatform reads "linux/amd64" or "linux-amd64".
func ParsePlatform(s string) (Platform, error) {
	system, arch, ok := strings.Cut(strings.Replace(s, "/", "-", 1), "-")
	p := Platform{OS: system, Arch: arch}
	if !ok || !isWord(system) || !isWord(arch) {
		return Platform{}, value.Errorf(value.KindValue, "%q is not a platform such as linux/amd64", s)
	}
	return p, nil
}

func isWord(s string) bool {
	for i := range len(s) {
		if c := s[i]; (c < 'a' || c > 'z') && (c < '0' || c > '9') {
			return false
		}
	}
	return s != "" && len(s) <= 32
}

// target is a pair of words of uname -s and uname -m, the second a pattern of
// the shell, and what it can run, best first.
type target struct {
	system, machine string
	goos            string
	arches          []string
}

func targets() []target {
	return []target{
		{"Linux", "x86_64", "linux", []string{"amd64"}},
		{"Linux", "aarch64", "linux", []string{"arm64"}},
		{"Linux", "armv[78]l", "linux", []string{"armv7", "armv6", "armv5"}},
		{"Linux", "armv6l", "linux", []string{"armv6", "armv5"}},
		{"Linux", "i[3456]86", "linux", []string{"386"}},
		{"Linux", "riscv64", "linux", []string{"riscv64"}},
		{"Linux", "ppc64le", "linux", []string{"ppc64le"}},
		{"Linux", "s390x", "linux", []string{"s390x"}},
		{"Linux", "loongarch64", "linux", []string{"loong64"}},
		{"Darwin", "arm64", "darwin", []string{"arm64"}},
		{"Darwin", "x86_64", "darwin", []string{"amd64"}},
		{"FreeBSD", "amd64", "freebsd", []string{"amd64"}},
		{"FreeBSD", "arm64", "freebsd", []string{"arm64"}},
		{"FreeBSD", "i386", "freebsd", []string{"386"}},
		{"OpenBSD", "amd64", "openbsd", []string{"amd64"}},
		{"OpenBSD", "arm64", "openbsd", []string{"arm64"}},
		{"OpenBSD", "i386", "openbsd", []string{"386"}},
		{"NetBSD", "amd64", "netbsd", []string{"amd64"}},
		{"NetBSD", "i386", "netbsd", []string{"386"}},
		{"DragonFly", "x86_64", "dragonfly", []string{"amd64"}},
	}
}

// ParseUname turns the words of uname -s and uname -m into a Platform, the best
// that the machine can run. What it does not know is a StreamError.
func ParseUname(system, mach string) (Platform, error) {
	if ps := runnable(system, mach); len(ps) > 0 {
		return ps[0], nil
	}
	return Platform{}, value.Errorf(value.KindStream,
		"the target is %q on %q, a platform that this program is not made for", clip(system), clip(mach)).
		With("hint", "see `uname -sm` there; Linux, macOS and FreeBSD are supported (make bundle lists the platforms)")
}

// runnable lists the platforms whose programs such a machine runs, best first.
func runnable(system, mach string) []Platform {
	for _, t := range targets() {
		if ok, _ := path.Match(t.machine, mach); ok && t.system == system {
			return t.platforms()
		}
	}
	return nil
}

func (t target) platforms() []Platform {
	var ps []Platform
	for _, arch := range t.arches {
		ps = append(ps, Platform{OS: t.goos, Arch: arch})
	}
	return ps
}

// Here is the platform of the running program.
func Here() Platform {
	arch := runtime.GOARCH
	if arch == "arm" {
		arch = "armv" + armVersion()
	}
	return Platform{OS: runtime.GOOS, Arch: arch}
}

func armVersion() string {
	info, ok := debug.ReadBuildInfo()
	if !ok {
		return "7"
	}
	for _, s := range info.Settings {
		if s.Key == "GOARM" && s.Value != "" {
			return s.Value[:1]
		}
	}
	return "7"
}
