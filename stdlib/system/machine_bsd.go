//go:build darwin || freebsd

package system

import (
	"context"
	"encoding/binary"
	"errors"
	"os/exec"
	"runtime"
	"strings"
	"time"

	"golang.org/x/sys/unix"

	"github.com/mitoscript/mitoscript/mitogen/value"
)

func distribution() (name, version string) {
	if runtime.GOOS == "darwin" {
		version, _ = unix.Sysctl("kern.osproductversion")
		return "macos", version
	}
	version, _ = unix.Sysctl("kern.osrelease")
	return runtime.GOOS, version
}

// loadNow reads struct loadavg: three fixed point numbers and their scale.
func loadNow() (l [3]float64, err error) {
	raw, err := unix.SysctlRaw("vm.loadavg")
	if err != nil {
		return l, err
	}
	if len(raw) < 24 {
		return l, errors.New("vm.loadavg is too short")
	}
	scale := float64(binary.NativeEndian.Uint64(raw[16:]))
	for i := range l {
		l[i] = float64(binary.NativeEndian.Uint32(raw[4*i:])) / scale
	}
	return l, nil
}

func bootTime() (time.Time, error) {
	tv, err := unix.SysctlTimeval("kern.boottime")
	if err != nil {
		return time.Time{}, err
	}
	return time.Unix(tv.Unix()), nil
}

func cpuModel() value.Value {
	name := "hw.model"
	if runtime.GOOS == "darwin" {
		name = "machdep.cpu.brand_string"
	}
	if s, err := unix.Sysctl(name); err == nil {
		return s
	}
	return nil
}

// mounts reads what mount(8) prints: "device on dir (kind, …)".
func mounts(ctx context.Context) []mount {
	text, err := exec.CommandContext(ctx, "mount").Output()
	if err != nil {
		return nil
	}
	var out []mount
	for line := range strings.Lines(string(text)) {
		device, rest, _ := strings.Cut(line, " on ")
		dir, options, ok := strings.Cut(rest, " (")
		kind, _, _ := strings.Cut(strings.TrimRight(options, ")\n"), ",")
		if ok && (strings.HasPrefix(device, "/") || dir == "/") {
			out = append(out, mount{device, dir, kind})
		}
	}
	return out
}

func virtualization() value.Value {
	if s, err := unix.Sysctl("kern.vm_guest"); err == nil && s != "none" {
		return s
	}
	if n, err := unix.SysctlUint32("kern.hv_vmm_present"); err == nil && n != 0 {
		return "unknown"
	}
	return nil
}
