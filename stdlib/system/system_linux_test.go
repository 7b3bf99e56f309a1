package system_test

import (
	"context"
	"encoding/json"
	"errors"
	"os"
	"os/exec"
	"path/filepath"
	"syscall"
	"testing"

	"github.com/mitoscript/mitoscript/mitogen/value"
	"github.com/mitoscript/mitoscript/stdlib/system"
)

// The root folder of the process that tells its facts as JSON, and whether it
// mounts /proc there.
const (
	rootVar = "MITOSCRIPT_TEST_ROOT"
	procVar = "MITOSCRIPT_TEST_PROC"
)

func TestMain(m *testing.M) {
	root := os.Getenv(rootVar)
	if root == "" {
		os.Exit(m.Run())
	}
	var err error
	if os.Getenv(procVar) != "" {
		err = syscall.Mount("proc", root+"/proc", "proc", 0, "")
	}
	if err == nil {
		err = errors.Join(syscall.Chroot(root), os.Chdir("/"))
	}
	if err != nil {
		os.Exit(noRoot)
	}
	out := map[string]any{}
	for _, name := range []string{"facts", "memory", "load_average", "uptime", "boot_time", "platform"} {
		v, err := call(name)
		out[name] = plain(v)
		if err != nil {
			out[name] = err.Error()
		}
	}
	_ = json.NewEncoder(os.Stdout).Encode(out)
}

// noRoot is the exit status of a process that could not change its root.
const noRoot = 77

func call(name string) (value.Value, error) {
	for _, f := range system.Module(nil).Funcs {
		if f.Name == name {
			return f.CallGo(context.Background(), nil, nil)
		}
	}
	panic("no function " + name)
}

// plain makes what encoding/json can show of a value.
func plain(v value.Value) any {
	switch v := v.(type) {
	case *value.Dict:
		out := map[string]any{}
		for _, it := range v.Items() {
			out[it.Key.(string)] = plain(it.Value)
		}
		return out
	case *value.Struct:
		out := map[string]any{}
		for _, f := range v.Fields {
			out[f.Name] = plain(f.Value)
		}
		return out
	case value.List:
		out := make([]any, len(v))
		for i := range v {
			out[i] = plain(v[i])
		}
		return out
	case value.Tuple:
		return plain(value.List(v))
	}
	return v
}

// factsIn tells the facts that a process finds in a root folder with a busybox
// and little else.
func factsIn(t *testing.T, proc bool) map[string]any {
	t.Helper()
	if os.Getuid() != 0 {
		t.Skip("chroot needs root")
	}
	busybox, err := exec.LookPath("busybox")
	if err != nil {
		t.Skip("there is no busybox")
	}
	root := t.TempDir()
	copyFile(t, busybox, root+"/bin/busybox", 0o755)
	writeFile(t, root+"/etc/os-release", "NAME=\"Alpine Linux\"\nID=alpine\nVERSION_ID=3.22.1\n")
	writeFile(t, root+"/etc/passwd", "root:x:0:0:root:/root:/bin/sh\n")
	writeFile(t, root+"/dev/null", "") // a file serves
	err = errors.Join(os.Symlink("busybox", root+"/bin/who"), os.Mkdir(root+"/proc", 0o755))
	if err != nil {
		t.Fatal(err)
	}
	cmd := exec.CommandContext(t.Context(), "/proc/self/exe")
	cmd.Env = []string{rootVar + "=" + root, "PATH=/bin"}
	if proc {
		cmd.Env = append(cmd.Env, procVar+"=1")
		cmd.SysProcAttr = &syscall.SysProcAttr{Unshareflags: syscall.CLONE_NEWNS}
	}
	text, err := cmd.Output()
	if errors.Is(err, syscall.EPERM) || cmd.ProcessState != nil && cmd.ProcessState.ExitCode() == noRoot {
		t.Skip("this machine lets nobody mount or chroot")
	}
	out := map[string]any{}
	if err == nil {
		err = json.Unmarshal(text, &out)
	}
	if err != nil {
		t.Fatalf("%v in %q", err, text)
	}
	return out
}

func copyFile(t *testing.T, from, to string, mode os.FileMode) {
	t.Helper()
	data, err := os.ReadFile(from)
	if err != nil {
		t.Fatal(err)
	}
	writeFile(t, to, string(data))
	if err := os.Chmod(to, mode); err != nil {
		t.Fatal(err)
	}
}

func writeFile(t *testing.T, file, text string) {
	t.Helper()
	if err := os.MkdirAll(filepath.Dir(file), 0o755); err != nil {
		t.Fatal(err)
	}
	if err := os.WriteFile(file, []byte(text), 0o644); err != nil {
		t.Fatal(err)
	}
}

// wantFacts checks what every machine tells, however bare.
func wantFacts(t *testing.T, got map[string]any) {
	t.Helper()
	facts, ok := got["facts"].(map[string]any)
	if !ok {
		t.Fatalf("facts: %v", got["facts"])
	}
	for _, key := range []string{"platform", "cpu", "memory", "disks", "addresses", "users", "uptime", "load", "virtualization"} {
		if _, has := facts[key]; !has {
			t.Errorf("facts lack %s", key)
		}
	}
	for _, key := range []string{"platform", "cpu", "memory", "uptime", "load"} {
		if facts[key] == nil {
			t.Errorf("%s is not told", key)
		}
	}
	memory, _ := got["memory"].(map[string]any)
	total, _ := memory["total"].(float64)
	used, _ := memory["used"].(float64)
	if total <= 0 || used < 0 || used > total {
		t.Errorf("memory: %v", got["memory"])
	}
	if up, ok := got["uptime"].(float64); !ok || up <= 0 {
		t.Errorf("uptime: %v", got["uptime"])
	}
	if l, ok := got["load_average"].([]any); !ok || len(l) != 3 {
		t.Errorf("load_average: %v", got["load_average"])
	}
	disks, _ := facts["disks"].([]any)
	if len(disks) == 0 {
		t.Error("no disks")
	}
}

func TestFactsOfThisMachine(t *testing.T) {
	got := map[string]any{}
	for _, name := range []string{"facts", "memory", "load_average", "uptime"} {
		v, err := call(name)
		if err != nil {
			t.Fatalf("%s: %v", name, err)
		}
		text, err := json.Marshal(plain(v))
		var back any
		if err == nil {
			err = json.Unmarshal(text, &back)
		}
		if err != nil {
			t.Fatal(err)
		}
		got[name] = back
	}
	wantFacts(t, got)
}

func TestFactsWithBusyboxOnly(t *testing.T) {
	got := factsIn(t, true)
	wantFacts(t, got)
	p, _ := got["platform"].(map[string]any)
	if p["distro"] != "alpine" || p["distro_version"] != "3.22.1" || p["os"] != "linux" {
		t.Errorf("platform: %v", p)
	}
}

func TestFactsWithoutProc(t *testing.T) { wantFacts(t, factsIn(t, false)) }
