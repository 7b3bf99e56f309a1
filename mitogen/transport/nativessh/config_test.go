package nativessh_test

import (
	"context"
	"net"
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"
	"github.com/google/go-cmp/cmp/cmpopts"

	"github.com/mitoscript/mitoscript/mitogen/transport/nativessh"
	"github.com/mitoscript/mitoscript/mitogen/value"
)

// programs are the ways to read a configuration: with ssh, and without.
func programs(t *testing.T, try func(t *testing.T, program string)) {
	t.Run("files", func(t *testing.T) { try(t, "there-is-no-such-program") })
	t.Run("ssh -G", func(t *testing.T) {
		if _, err := exec.LookPath("ssh"); err != nil {
			t.Skip("there is no ssh on this machine")
		}
		try(t, "")
	})
}

func resolve(t *testing.T, program, config string, o nativessh.Options) (*nativessh.Config, error) {
	t.Helper()
	o.Program, o.ConfigFile = program, filepath.Join(t.TempDir(), "config")
	must(t, os.WriteFile(o.ConfigFile, []byte(config), 0o600))
	return nativessh.Resolve(testContext(t), o)
}

func TestResolve(t *testing.T) {
	t.Setenv("SSH_AUTH_SOCK", "/run/agent")
	t.Setenv("KRB5CCNAME", "")
	const text = `
Host web1 web2
  HostName %h.example.com
  Port 2222
  User someone
  IdentityFile /keys/%h-%r
  IdentityFile /keys/second
  CertificateFile /keys/cert.pub
  IdentitiesOnly yes
  UserKnownHostsFile /known/a /known/b
  GlobalKnownHostsFile /known/global
  StrictHostKeyChecking accept-new
  HostKeyAlias alias
  HashKnownHosts yes
  ConnectTimeout 7
  AddressFamily inet6
  PasswordAuthentication no
  PreferredAuthentications password,keyboard-interactive,publickey
  KexAlgorithms curve25519-sha256
  BatchMode yes
  SetEnv A=1
Host web2
  IdentityFile /keys/third
Host db1
  ProxyCommand nc %h %p
Host *
  GlobalKnownHostsFile none
`
	base := nativessh.Config{
		Host: "web1", Hostname: "web1.example.com", User: "someone", Port: 2222,
		IdentityFiles:    []string{"/keys/web1.example.com-someone", "/keys/second"},
		CertificateFiles: []string{"/keys/cert.pub", "/keys/web1.example.com-someone-cert.pub", "/keys/second-cert.pub"},
		IdentitiesOnly:   true, Agent: "/run/agent", Methods: []string{"keyboard-interactive", "publickey"}, BatchMode: true,
		CheckHostKeys: nativessh.Accept, HostKeyAlias: "alias", HashKnownHosts: true,
		UserKnownHosts: []string{"/known/a", "/known/b"}, GlobalKnownHosts: []string{"/known/global"},
		Network: "tcp6", ConnectionAttempts: 1, ConnectTimeout: 7 * time.Second, KeyExchanges: []string{"curve25519-sha256"}, Env: []string{"A=1"},
	}
	programs(t, func(t *testing.T, program string) {
		for name, c := range map[string]struct {
			opts   nativessh.Options
			change func(*nativessh.Config)
		}{
			"as configured": {nativessh.Options{Host: "web1"}, func(*nativessh.Config) {}},
			"options win": {
				nativessh.Options{Host: "web1", Username: "other", Port: 22, IdentityFile: "/dev/null", CheckHostKeys: nativessh.Ignore},
				func(c *nativessh.Config) {
					c.User, c.Port, c.CheckHostKeys, c.Agent = "other", 22, nativessh.Ignore, ""
					c.IdentityFiles, c.CertificateFiles = []string{"/dev/null"}, []string{"/dev/null-cert.pub"}
				},
			},
		} {
			t.Run(name, func(t *testing.T) {
				got, err := resolve(t, program, text, c.opts)
				must(t, err)
				want := base
				c.change(&want)
				opts := cmp.Options{cmpopts.IgnoreUnexported(nativessh.Config{}), cmpopts.IgnoreFields(nativessh.Config{}, "Source")}
				if d := cmp.Diff(want, *got, opts); d != "" {
					t.Error(d)
				}
			})
		}
	})
}

func TestResolveProxies(t *testing.T) {
	const text = `
Host web1
  ProxyJump someone@db1:2200,db2
Host web2
  ProxyCommand nc %h %p
Host loop
  ProxyJump loop2
Host loop2
  ProxyJump loop
`
	programs(t, func(t *testing.T, program string) {
		c, err := resolve(t, program, text, nativessh.Options{Host: "web1"})
		must(t, err)
		if c.Jump == nil || c.Jump.Host != "db2" || c.Jump.Jump == nil || c.Jump.Jump.Host != "db1" ||
			c.Jump.Jump.User != "someone" || c.Jump.Jump.Port != 2200 || c.Jump.Jump.Jump != nil {
			t.Errorf("jumps by %+v", c.Jump)
		}
		c, err = resolve(t, program, text, nativessh.Options{Host: "web2", Port: 2200})
		must(t, err)
		if c.ProxyCommand != "nc web2 2200" || c.Jump != nil {
			t.Errorf("proxy command %q", c.ProxyCommand)
		}
		_, err = resolve(t, program, text, nativessh.Options{Host: "loop"})
		wantError(t, err, value.KindStream, "ssh loop: cannot get there: ", "more than 16 hosts")
	})
}

func TestUnsupported(t *testing.T) {
	t.Setenv("KRB5CCNAME", "")
	dir := t.TempDir()
	l, err := net.Listen("unix", filepath.Join(dir, "s"))
	must(t, err)
	defer l.Close()
	must(t, os.WriteFile(filepath.Join(dir, "odd"), []byte("-----BEGIN ODD PRIVATE KEY-----\nAAAA\n-----END ODD PRIVATE KEY-----\n"), 0o600))
	programs(t, func(t *testing.T, program string) {
		for config, want := range map[string]string{
			"GSSAPIAuthentication yes":                                      "",
			"Compression yes\nForwardAgent no":                              "",
			"ForwardAgent yes":                                              "forwardagent",
			"PKCS11Provider /usr/lib/token.so":                              "pkcs11provider",
			"KexAlgorithms sntrup761x25519-sha512@openssh.com":              "kexalgorithms",
			"Ciphers aes256-ctr":                                            "",
			"LocalForward 8080 localhost:80":                                "localforward",
			"ControlPath " + dir + "/none":                                  "",
			"ControlPath " + dir + "/s":                                     "a shared connection is open",
			"IdentityFile " + dir + "/odd":                                  "cannot be used",
			"IdentityFile " + dir + "/odd\nPubkeyAuthentication no":         "",
			"ProxyJump db1\nHost db1\n  ProxyJump none\n  ForwardAgent yes": "jump host db1: forwardagent",
		} {
			c, err := resolve(t, program, "Host web1\n"+config+"\n", nativessh.Options{Host: "web1"})
			if err != nil {
				t.Errorf("%s: %v", config, err)
				continue
			}
			if got := c.Unsupported(); want == "" && got != "" || !strings.Contains(got, want) {
				t.Errorf("%s: unsupported %q, want %q", config, got, want)
			}
		}
		t.Setenv("KRB5CCNAME", "/nonexistent")
		c, err := resolve(t, program, "GSSAPIAuthentication yes\n", nativessh.Options{Host: "web1"})
		must(t, err)
		if !strings.Contains(c.Unsupported(), "Kerberos") {
			t.Errorf("unsupported %q", c.Unsupported())
		}
		t.Setenv("KRB5CCNAME", "")
	})
}

func TestWrongOptions(t *testing.T) {
	for _, o := range []nativessh.Options{
		{}, {Host: "-oProxyCommand=true"}, {Host: "web1", Username: "-x"}, {Host: "web1", Port: 70000},
		{Host: "web1", CheckHostKeys: "sometimes"},
	} {
		if _, err := nativessh.Resolve(testContext(t), o); err == nil {
			t.Errorf("%+v is taken", o)
		} else {
			wantError(t, err, value.KindValue)
		}
	}
	_, err := resolve(t, "there-is-no-such-program", "", nativessh.Options{Host: "web1", IdentityFile: "/nonexistent"})
	wantError(t, err, value.KindStream, "ssh web1: cannot read the identity file: open /nonexistent: no such file")
	_, err = resolve(t, "there-is-no-such-program", "ProxyCommand nc %h", nativessh.Options{Host: "$(reboot)"})
	wantError(t, err, value.KindStream, "cannot stand in a ProxyCommand")
	programs(t, func(t *testing.T, program string) {
		_, err := resolve(t, program, "Port many\n", nativessh.Options{Host: "web1"})
		wantError(t, err, value.KindStream, "ssh web1: ")
	})
}

// TestCacheAsksOnce counts how often the program is started.
func TestCacheAsksOnce(t *testing.T) {
	dir := t.TempDir()
	program := filepath.Join(dir, "ssh")
	must(t, os.WriteFile(program, []byte("#!/bin/sh\necho x >>"+dir+"/count\necho hostname web1\necho port 22\necho user someone\n"), 0o700))
	o := nativessh.Options{Host: "web1", Program: program, Cache: &nativessh.Cache{}}
	ended, cancel := context.WithCancel(context.Background())
	cancel()
	if _, err := nativessh.Resolve(ended, o); err == nil {
		t.Error("a cancelled Resolve gives an answer")
	}
	must(t, os.WriteFile(dir+"/count", nil, 0o600))
	for range 3 {
		_, err := nativessh.Resolve(testContext(t), o)
		must(t, err)
	}
	// One start for the host, one for the program's own defaults.
	if got := readFile(t, dir+"/count"); got != "x\nx\n" {
		t.Errorf("started %d times", strings.Count(got, "x"))
	}
}
