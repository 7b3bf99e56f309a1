package transport_test

import (
	"errors"
	"os"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/mitoscript/mitoscript/mitogen/transport"
	"github.com/mitoscript/mitoscript/mitogen/value"
)

func open(t *testing.T, tr transport.Transport, boot ...string) transport.Link {
	t.Helper()
	l, err := tr.Open(t.Context(), boot)
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { end(t, l) })
	return l
}

// asking gives the three tools that ask on a terminal, as the stub plays them.
func asking(t *testing.T, answer, password string) map[string]transport.Transport {
	pw := value.Secret{}
	if password != "" {
		pw = secret(t, password)
	}
	tool := func(name, prompt string) (string, transport.SpawnOptions) {
		return mood(t, name, "STUB_PROMPT="+prompt, "STUB_ANSWER="+answer)
	}
	ssh, sshO := tool("ask", "bob@web1's password: ")
	sudo, sudoO := tool("ask", "mitogen-sudo-prompt:")
	su, suO := tool("ask-stdin", "Password: ")
	doas, doasO := tool("ask", "doas (bob@web1) password: ")
	return map[string]transport.Transport{
		// accept: else there is no terminal without a password
		"ssh":  &transport.OpenSSH{Hostname: "web1", Path: ssh, Password: pw, Spawn: sshO, HostKeys: transport.AcceptHostKeys},
		"sudo": &transport.Sudo{Path: sudo, Password: pw, Spawn: sudoO},
		"su":   &transport.Su{Path: su, Password: pw, Spawn: suO},
		"doas": &transport.Doas{Path: doas, Password: pw, Spawn: doasO},
	}
}

func TestPasswordRight(t *testing.T) {
	data := tenMB()
	for name, tr := range asking(t, "hunter 2", "hunter 2") {
		t.Run(name, func(t *testing.T) {
			checkDescriptors(t)
			l := open(t, tr, "cat")
			echo(t, l, data)
			if d := l.Diagnostics(); strings.Contains(d, "hunter") {
				t.Errorf("the password is in %q", d)
			}
		})
	}
}

func TestPasswordWrong(t *testing.T) {
	testPasswords(t, asking(t, "hunter2", "guess"), "password is incorrect")
}

func TestPasswordMissing(t *testing.T) {
	testPasswords(t, asking(t, "hunter2", ""), "password is required")
}

func testPasswords(t *testing.T, trs map[string]transport.Transport, want string) {
	for name, tr := range trs {
		t.Run(name, func(t *testing.T) {
			checkDescriptors(t)
			err := failure(t, open(t, tr, "cat"))
			text := name + " " + want
			if name == "ssh" {
				text = "SSH password " + strings.TrimPrefix(want, "password ")
				text = strings.Replace(text, "is required", "was requested, but none specified", 1)
			}
			if err == nil || !strings.Contains(err.Error(), text) || !errors.Is(err, value.KindPassword) || !errors.Is(err, value.KindStream) {
				t.Errorf("%v, want %s", err, text)
			}
		})
	}
}

func TestSuSlowRefusal(t *testing.T) {
	checkDescriptors(t)
	path, o := mood(t, "slow-su")
	err := failure(t, open(t, &transport.Su{Path: path, Password: secret(t, "x"), Spawn: o}, "cat"))
	if err == nil || err.Error() != "su password is incorrect" {
		t.Error(err)
	}
}

func TestHostKeyQuestion(t *testing.T) {
	checkDescriptors(t)
	path, o := mood(t, "ask", "STUB_PROMPT=Are you sure you want to continue connecting (yes/no)? ", "STUB_ANSWER=yes")
	echo(t, open(t, &transport.OpenSSH{Hostname: "web1", Path: path, HostKeys: transport.AcceptHostKeys, Spawn: o}, "cat"), []byte("hi"))
}

func TestBannerIsNoQuestion(t *testing.T) {
	checkDescriptors(t)
	path, o := mood(t, "boot", "STUB_TEXT=Change your password:\nor ask for a password now")
	l := open(t, &transport.OpenSSH{Hostname: "web1", Path: path, Password: secret(t, "x"), Spawn: o}, "cat")
	echo(t, l, []byte("hi"))
	_ = l.Wait()
	select {
	case err := <-l.Failure():
		t.Error(err)
	default:
	}
	if d := l.Diagnostics(); d != "Change your password:\nor ask for a password now" {
		t.Errorf("diagnostics are %q", d)
	}
}

func TestFailureWithoutTerminal(t *testing.T) {
	checkDescriptors(t)
	path, o := mood(t, "fail", "STUB_TEXT=noise\r\nbob@web1: Permission denied (publickey,password).\r\n")
	l := open(t, &transport.OpenSSH{Hostname: "web1", Path: path, Spawn: o}, "cat")
	err := failure(t, l)
	if err == nil || !strings.HasPrefix(err.Error(), "ssh web1: SSH password was requested, but none specified (the server accepts publickey, password;") {
		t.Error(err)
	}
	if got := l.Wait().Error(); got != "exited with return code 255" {
		t.Error(got)
	}
}

func TestEarlyExitKeepsItsWords(t *testing.T) {
	checkDescriptors(t)
	path, o := mood(t, "fail", "STUB_TEXT=ssh: connect to host web1 port 22: Connection refused")
	l := open(t, &transport.OpenSSH{Hostname: "web1", Path: path, Password: secret(t, "x"), Spawn: o}, "cat")
	_ = l.Wait()
	if d := l.Diagnostics(); d != "ssh: connect to host web1 port 22: Connection refused" {
		t.Errorf("diagnostics are %q", d)
	}
}

func TestSilenceEndsWithStdin(t *testing.T) {
	checkDescriptors(t)
	path, o := mood(t, "silence", "STUB_TEXT=Verification code: ")
	l := open(t, &transport.OpenSSH{Hostname: "web1", Path: path, Password: secret(t, "x"), Spawn: o}, "cat")
	if err := transport.End(t.Context(), l, time.Minute); err != nil {
		t.Fatal(err)
	}
	if got := l.Wait().Error(); got != "exited with return code 0" {
		t.Error(got)
	}
	if d := l.Diagnostics(); d != "Verification code: " {
		t.Errorf("an unanswered question is missing from %q", d)
	}
}

func TestMissingTool(t *testing.T) {
	checkDescriptors(t)
	for _, tr := range []transport.Transport{
		&transport.OpenSSH{Hostname: "web1", Path: "no-such-ssh"}, &transport.Sudo{Path: "no-such-sudo"},
		&transport.Kubectl{Pod: "p", Path: "no-such-kubectl"}, &transport.Local{},
	} {
		l, err := tr.Open(t.Context(), []string{"/no/such/program"})
		if l != nil || err == nil || !strings.HasPrefix(err.Error(), "Child start failed: [Errno 2] No such file or directory") {
			t.Errorf("%s: %v, %v", tr.Name(), l, err)
		}
	}
}

func TestContainerTools(t *testing.T) {
	path, o := mood(t, "boot")
	for _, tr := range []transport.Transport{
		&transport.Kubectl{Pod: "p", Path: path, Spawn: o}, &transport.LXC{Container: "c", Path: path, Spawn: o},
		&transport.LXD{Container: "c", Path: path, Spawn: o}, &transport.Incus{Container: "c", Path: path, Spawn: o},
		&transport.Docker{Container: "c", Path: path, Spawn: o}, &transport.Jail{Container: "c", Path: path, Spawn: o},
	} {
		t.Run(tr.Name(), func(t *testing.T) {
			checkDescriptors(t)
			echo(t, open(t, tr, "sh", "-c", "cat"), []byte("hi"))
		})
	}
}

// The stub of docker notes its calls; "start" and "exec" run cat.
func TestImageWithoutShell(t *testing.T) {
	dir := t.TempDir()
	script := `#!/bin/sh
echo "$@" >>` + dir + `/calls
case "$1 $2" in
inspect*) echo sha256:abc;;
"image inspect") echo linux/arm64;;
create*) echo 0123;;
"cp -") tar xOf - >` + dir + `/copied;;
start*|exec*) exec cat;;
esac`
	if err := os.WriteFile(dir+"/docker", []byte(script), 0o700); err != nil {
		t.Fatal(err)
	}
	program := tenMB()[:100001]
	for _, d := range []*transport.Docker{{Image: "distroless"}, {Container: "web"}} {
		t.Run(d.Name(), func(t *testing.T) {
			checkDescriptors(t)
			_ = os.Remove(dir + "/calls")
			d.Path = dir + "/docker"
			goos, goarch, err := d.Platform(t.Context())
			if err != nil || goos != "linux" || goarch != "arm64" {
				t.Errorf("%s/%s, %v", goos, goarch, err)
			}
			l, err := d.OpenBinary(t.Context(), program, []string{"child", "x"})
			if err != nil {
				t.Fatal(err)
			}
			echo(t, l, []byte("hi"))
			end(t, l)
			if got, err := os.ReadFile(dir + "/copied"); err != nil || string(got) != string(program) {
				t.Errorf("copied %d bytes, %v", len(got), err)
			}
			calls, _ := os.ReadFile(dir + "/calls")
			t.Logf("%s", calls)
			if !strings.Contains(string(calls), "child x\n") || strings.Contains(string(calls), "rm --force") {
				t.Errorf("calls were\n%s", calls)
			}
		})
	}
}

func TestEngineErrorsQuoteTheProgram(t *testing.T) {
	path, o := mood(t, "fail", "STUB_TEXT=no such image\n")
	d := &transport.Docker{Image: "i", Path: path, Spawn: o}
	for name, want := range map[string]string{"STUB": "fail", "STUB_TEXT": "no such image\n"} {
		t.Setenv(name, want)
	}
	_, err := d.OpenBinary(t.Context(), nil, nil)
	if !errors.Is(err, value.KindStream) || !strings.HasSuffix(err.Error(), "create: exited with return code 255: no such image") {
		t.Error(err)
	}
}

// What an engine prints of an image that comes is told to who waits for it.
func TestImageThatComes(t *testing.T) {
	checkDescriptors(t)
	path, o := mood(t, "boot", "STUB_TEXT=Unable to find image 'i:1' locally\n1: Pulling from library/i\n5f70bf18a086: Pulling fs layer\n"+
		"5f70bf18a086: Download complete\nWARNING: 3 things are old\nCopying blob 5f70bf18a086 done\n")
	for _, tr := range []transport.Transport{&transport.Docker{Image: "i:1", Path: path, Spawn: o}, &transport.Podman{Image: "i:1", Path: path, Spawn: o},
		&transport.Docker{Container: "c", Path: path, Spawn: o}} {
		var mu sync.Mutex
		var told []string
		ctx := transport.WithPhases(t.Context(), func(p transport.Phase, detail string) {
			mu.Lock()
			defer mu.Unlock()
			told = append(told, string(p)+" "+detail)
		})
		l, err := tr.Open(ctx, []string{"sh", "-c", "cat"})
		if err != nil {
			t.Fatal(err)
		}
		echo(t, l, []byte("hi"))
		end(t, l)
		want := strings.TrimSpace(strings.Repeat("image i:1 ", 5))
		if tr.Name() == "docker.c" {
			want = ""
		}
		if got := strings.Join(told, " "); got != want {
			t.Errorf("%s: told %q", tr.Name(), got)
		}
	}
}
