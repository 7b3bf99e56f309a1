package system

import (
	"bufio"
	"bytes"
	"context"
	"fmt"
	"os"
	"slices"
	"strconv"
	"strings"
	"time"

	"github.com/mitoscript/mitoscript/mitogen/value"
)

// distribution reads os-release; both are "" where there is none.
func distribution() (name, version string) {
	for _, file := range []string{"/etc/os-release", "/usr/lib/os-release"} {
		data, err := os.ReadFile(file)
		if err != nil {
			continue
		}
		for line := range strings.Lines(string(data)) {
			k, v, _ := strings.Cut(strings.TrimSpace(line), "=")
			switch v = strings.Trim(v, `"'`); k {
			case "ID":
				name = v
			case "VERSION_ID":
				version = v
			}
		}
		return name, version
	}
	return "", ""
}

func memoryNow(context.Context) (memoryState, error) {
	data, err := os.ReadFile("/proc/meminfo")
	if err != nil {
		return kernelMemory()
	}
	kib := map[string]int64{}
	for line := range strings.Lines(string(data)) {
		if f := strings.Fields(line); len(f) >= 2 {
			n, _ := strconv.ParseInt(f[1], 10, 64)
			kib[strings.TrimSuffix(f[0], ":")] = n
		}
	}
	available, ok := kib["MemAvailable"]
	if !ok { // kernels before 3.14
		available = kib["MemFree"] + kib["Buffers"] + kib["Cached"]
	}
	return memoryState{kib["MemTotal"] << 10, available << 10, kib["SwapTotal"] << 10, kib["SwapFree"] << 10}, nil
}

func loadNow() (l [3]float64, err error) {
	data, err := os.ReadFile("/proc/loadavg")
	if err != nil {
		return kernelLoad()
	}
	_, err = fmt.Sscan(string(data), &l[0], &l[1], &l[2])
	return l, err
}

func bootTime() (time.Time, error) {
	data, err := os.ReadFile("/proc/uptime")
	if err != nil {
		return kernelBoot()
	}
	var up float64
	if _, err := fmt.Sscan(string(data), &up); err != nil {
		return time.Time{}, err
	}
	return time.Now().Add(-value.Seconds(up)), nil
}

func cpuModel() value.Value {
	data, err := os.ReadFile("/proc/cpuinfo")
	if err != nil {
		return nil
	}
	for line := range strings.Lines(string(data)) {
		k, v, _ := strings.Cut(line, ":")
		switch strings.TrimSpace(k) {
		case "model name", "Model", "cpu model":
			return strings.TrimSpace(v)
		}
	}
	return nil
}

// mounts lists the mounted file systems that have a device, and the root in any case.
func mounts(context.Context) []mount {
	data, _ := os.ReadFile("/proc/self/mounts") // without it the root is all that is known
	var out []mount
	unescape := strings.NewReplacer(`\040`, " ", `\011`, "\t", `\012`, "\n", `\134`, `\`)
	for sc := bufio.NewScanner(bytes.NewReader(data)); sc.Scan(); {
		f := strings.Fields(sc.Text())
		if len(f) >= 3 && (strings.HasPrefix(f[0], "/") || f[1] == "/") {
			out = append(out, mount{unescape.Replace(f[0]), unescape.Replace(f[1]), f[2]})
		}
	}
	if !slices.ContainsFunc(out, func(m mount) bool { return m.dir == "/" }) {
		out = append(out, mount{dir: "/"}) // of a chroot, whose device is elsewhere
	}
	return out
}

// virtualization names what the machine runs in, None if it is real or not told.
func virtualization() value.Value {
	for file, kind := range map[string]string{"/.dockerenv": "docker", "/run/.containerenv": "podman"} {
		if _, err := os.Stat(file); err == nil {
			return kind
		}
	}
	if data, err := os.ReadFile("/run/systemd/container"); err == nil {
		return strings.TrimSpace(string(data))
	}
	vendor := ""
	for _, file := range []string{"sys_vendor", "product_name", "bios_vendor"} {
		data, _ := os.ReadFile("/sys/class/dmi/id/" + file)
		vendor += strings.ToLower(string(data))
	}
	for _, v := range []struct{ mark, kind string }{
		{"qemu", "kvm"}, {"kvm", "kvm"}, {"amazon ec2", "kvm"}, {"google compute", "kvm"}, {"vmware", "vmware"},
		{"virtualbox", "virtualbox"}, {"innotek", "virtualbox"}, {"xen", "xen"}, {"microsoft corporation", "hyperv"},
		{"parallels", "parallels"},
	} {
		if strings.Contains(vendor, v.mark) {
			return v.kind
		}
	}
	if data, err := os.ReadFile("/proc/cpuinfo"); err == nil && bytes.Contains(data, []byte(" hypervisor")) {
		return "unknown"
	}
	return nil
}
