package nativessh_test

import (
	"context"
	"io"
	"os"
	"path/filepath"
	"strings"
	"testing"
	"time"

	"github.com/mitoscript/mitoscript/mitogen/transport/nativessh"
	"github.com/mitoscript/mitoscript/mitogen/transport/sshdtest"
	"github.com/mitoscript/mitoscript/mitogen/value"
)

// deadline is far more than any step of these tests needs.
const deadline = 30 * time.Second

func testContext(t testing.TB) context.Context {
	t.Helper()
	ctx, cancel := context.WithTimeout(context.Background(), deadline)
	t.Cleanup(cancel)
	return ctx
}

func TestRealServerRunsACommand(t *testing.T) {
	s := sshdtest.Start(t)
	ctx := testContext(t)
	cfg, err := nativessh.Resolve(ctx, nativessh.Options{Host: sshdtest.Host, ConfigFile: s.Config})
	if err != nil {
		t.Fatal(err)
	}
	if why := cfg.Unsupported(); why != "" {
		t.Fatalf("the test's own configuration is not supported: %s", why)
	}
	link, err := nativessh.New(cfg).Open(ctx, []string{"sh", "-c", "cat; echo it is over >&2; exit 3"})
	if err != nil {
		t.Fatalf("%v\n%s", err, s.Log())
	}
	defer link.Close()
	if _, err := io.WriteString(link, "over there"); err != nil {
		t.Fatal(err)
	}
	if err := link.CloseWrite(); err != nil {
		t.Fatal(err)
	}
	out, err := io.ReadAll(link)
	if err != nil || string(out) != "over there" {
		t.Errorf("read %q, %v", out, err)
	}
	if err := link.Wait(); err == nil || err.Error() != "exited with return code 3" {
		t.Errorf("Wait gives %v", err)
	}
	if d := link.Diagnostics(); !strings.Contains(d, "it is over") {
		t.Errorf("Diagnostics gives %q", d)
	}
}

// openReal runs the command on the host of the configuration, and gives its output.
func openReal(t *testing.T, o nativessh.Options, command ...string) (string, error) {
	t.Helper()
	ctx := testContext(t)
	cfg, err := nativessh.Resolve(ctx, o)
	if err != nil {
		return "", err
	}
	link, err := nativessh.New(cfg).Open(ctx, command)
	if err != nil {
		return "", err
	}
	defer link.Close()
	out, err := io.ReadAll(link)
	return string(out), err
}

func TestRealConnectionLost(t *testing.T) {
	s := sshdtest.Start(t)
	ctx := testContext(t)
	cfg, err := nativessh.Resolve(ctx, nativessh.Options{Host: sshdtest.Host, ConfigFile: s.Config})
	must(t, err)
	link, err := nativessh.New(cfg).Open(ctx, []string{"sh", "-c", "echo up; cat"})
	must(t, err)
	defer link.Close()
	must(t, second(io.ReadFull(link, make([]byte, 3))))
	s.Drop()
	if _, err := io.ReadAll(link); err != nil {
		t.Error(err)
	}
	if err := link.Wait(); err == nil || !strings.Contains(err.Error(), "connection lost") {
		t.Errorf("Wait gives %v", err)
	}
}

func TestRealBanner(t *testing.T) {
	dir := t.TempDir()
	must(t, os.WriteFile(filepath.Join(dir, "banner"), []byte("your password is known\n"), 0o600))
	s := sshdtest.Start(t, "Banner "+filepath.Join(dir, "banner"))
	o := nativessh.Options{Host: sshdtest.Host, ConfigFile: s.Config}
	out, err := openReal(t, o, "echo", "hello")
	if err != nil || out != "hello\n" {
		t.Errorf("read %q, %v", out, err)
	}
	must(t, os.WriteFile(s.AuthorizedKeys, nil, 0o600))
	_, err = openReal(t, o, "true")
	wantError(t, err, value.KindStream, "SSH authentication is incorrect")
	if attr(err, "output") != "your password is known" {
		t.Errorf("output is %v", attr(err, "output"))
	}
}

func TestRealKilledCommand(t *testing.T) {
	s := sshdtest.Start(t)
	ctx := testContext(t)
	cfg, err := nativessh.Resolve(ctx, nativessh.Options{Host: sshdtest.Host, ConfigFile: s.Config})
	must(t, err)
	link, err := nativessh.New(cfg).Open(ctx, []string{"sh", "-c", "kill -9 $$"})
	must(t, err)
	defer link.Close()
	if err := link.Wait(); err == nil || err.Error() != "exited due to signal 9 (SIGKILL)" {
		t.Errorf("Wait gives %v", err)
	}
}

func BenchmarkOpen(b *testing.B) {
	s := sshdtest.Start(b)
	cache := &nativessh.Cache{}
	for b.Loop() {
		ctx := testContext(b)
		cfg, err := nativessh.Resolve(ctx, nativessh.Options{Host: sshdtest.Host, ConfigFile: s.Config, Cache: cache})
		if err != nil {
			b.Fatal(err)
		}
		link, err := nativessh.New(cfg).Open(ctx, []string{"true"})
		if err != nil {
			b.Fatal(err)
		}
		_ = link.Wait()
		_ = link.Close()
	}
}

func BenchmarkResolve(b *testing.B) {
	for b.Loop() {
		if _, err := nativessh.Resolve(context.Background(), nativessh.Options{Host: "web1"}); err != nil {
			b.Fatal(err)
		}
	}
}
