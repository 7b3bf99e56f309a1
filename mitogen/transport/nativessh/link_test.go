package nativessh_test

import (
	"bufio"
	"context"
	"errors"
	"io"
	"net"
	"strings"
	"testing"
	"time"

	"github.com/mitoscript/mitoscript/mitogen/transport/nativessh"
	"github.com/mitoscript/mitoscript/mitogen/value"
)

func TestHowACommandEnds(t *testing.T) {
	s := serve(t, openServer)
	for _, c := range []struct {
		command []string
		want    string
	}{
		{[]string{"exit", "0"}, "exited with return code 0"},
		{[]string{"exit", "7"}, "exited with return code 7"},
		{[]string{"signal", "KILL"}, "exited due to signal 9 (SIGKILL)"},
		{[]string{"signal", "odd.example"}, "exited due to signal odd.example"},
		{[]string{"drop"}, "ssh web1: connection lost: the server closed the connection"},
		{[]string{"complain"}, "ssh web1: the server closed the session"},
	} {
		t.Run(strings.Join(c.command, " "), func(t *testing.T) {
			link, err := newClient(t, s).open(t, c.command...)
			must(t, err)
			if out, err := io.ReadAll(link); err != nil || len(out) > 0 {
				t.Errorf("read %q, %v", out, err)
			}
			if err := link.Wait(); err == nil || err.Error() != c.want {
				t.Errorf("Wait gives %q, want %q", err, c.want)
			}
			if _, err := link.Write([]byte("x")); err == nil {
				t.Error("it can still be written to")
			}
		})
	}
}

func TestDiagnosticsAreEscaped(t *testing.T) {
	cl := newClient(t, serve(t, func(s *server) {
		openServer(s)
		s.BannerCallback = nil
	}))
	link, err := cl.open(t, "complain")
	must(t, err)
	_ = link.Wait()
	if d := link.Diagnostics(); d != `bad \x1b[2J news` {
		t.Errorf("Diagnostics gives %q", d)
	}
}

func TestCloseEndsWaitAndRead(t *testing.T) {
	link, err := newClient(t, serve(t, openServer)).open(t, "sleep")
	must(t, err)
	read := make(chan error, 1)
	go func() { _, err := link.Read(make([]byte, 1)); read <- err }()
	must(t, link.Close())
	must(t, link.Close())
	if err := <-read; err != io.EOF {
		t.Errorf("Read gives %v", err)
	}
	if err := link.Wait(); err == nil || !strings.Contains(err.Error(), "was closed") {
		t.Errorf("Wait gives %v", err)
	}
}

func TestManyBytesBothWays(t *testing.T) {
	link, err := newClient(t, serve(t, openServer)).open(t, "cat")
	must(t, err)
	const size = 8 << 20
	go func() {
		_, _ = link.Write(make([]byte, size))
		_ = link.CloseWrite()
	}()
	if n, err := io.Copy(io.Discard, link); n != size || err != nil {
		t.Errorf("%d bytes came back, %v", n, err)
	}
}

// The end of stdin that is asked for while a write waits for the far side comes behind
// what is written, and nothing comes behind it.
func TestEndBehindAWrite(t *testing.T) {
	link, err := newClient(t, serve(t, openServer)).open(t, "cat")
	must(t, err)
	const size = 8 << 20 // more than is on the way before cat's output is read
	wrote := make(chan error)
	go func() {
		wrote <- second(link.Write([]byte("x")))
		n, err := link.Write(make([]byte, size))
		if n != size {
			err = errors.Join(err, io.ErrShortWrite)
		}
		wrote <- err
	}()
	must(t, <-wrote)
	must(t, second(link.Read(make([]byte, 1)))) // the next write has begun, or is about to
	must(t, link.CloseWrite())
	must(t, link.CloseWrite())
	n, err := io.Copy(io.Discard, link)
	if werr := <-wrote; werr == nil && n != size || werr != nil && (n != 0 || !errors.Is(werr, net.ErrClosed)) || err != nil {
		t.Errorf("%d bytes came back, %v; the write gives %v", n, err, werr)
	}
	if _, err := link.Write([]byte("x")); !errors.Is(err, net.ErrClosed) {
		t.Errorf("a later write gives %v", err)
	}
}

func TestKeepaliveFindsALostConnection(t *testing.T) {
	s := serve(t, openServer)
	gate := make(chan struct{})
	cl := newClient(t, s)
	// A relay that forwards until the gate closes, and is silent from then on.
	port := listen(t, func(conn net.Conn) { relay(conn, s.port, gate) })
	cl.opts.Port = port
	cl.write(t, "known_hosts", knownLine(port, s.host.PublicKey()))
	cl.opts.KeepaliveInterval, cl.opts.KeepaliveCount = time.Second, 3
	link, err := cl.open(t, "cat")
	must(t, err)
	if _, err := link.Write([]byte("x")); err != nil {
		t.Fatal(err)
	}
	must(t, second(link.Read(make([]byte, 1))))
	close(gate)
	if err := <-link.Failure(); !errors.Is(err, value.KindStream) || !strings.Contains(err.Error(), "no answer to keep-alives") {
		t.Errorf("Failure gives %v", err)
	}
	if err := link.Wait(); !strings.Contains(err.Error(), "no answer to keep-alives") {
		t.Errorf("Wait gives %v", err)
	}
}

func second(_ int, err error) error { return err }

func relay(conn net.Conn, port int, gate <-chan struct{}) {
	to, err := net.DialTCP("tcp", nil, &net.TCPAddr{IP: net.IPv4(127, 0, 0, 1), Port: port})
	if err != nil {
		return
	}
	defer to.Close()
	pump := func(dst io.Writer, src io.Reader) {
		buf := make([]byte, 32<<10)
		for {
			n, err := src.Read(buf)
			select {
			case <-gate:
				_, _ = io.Copy(io.Discard, src)
				return
			default:
			}
			if err != nil {
				return
			}
			_, _ = dst.Write(buf[:n])
		}
	}
	go func() { pump(to, conn); _ = to.Close() }()
	pump(conn, to)
}

func TestSetUpFailures(t *testing.T) {
	s := serve(t, openServer)
	closing := listen(t, func(net.Conn) {})
	garbage := listen(t, func(c net.Conn) {
		_, _ = io.WriteString(c, strings.Repeat("220 mail.example.com\r\n", 5000))
		_, _ = io.Copy(io.Discard, c)
	})
	for _, c := range []struct {
		name  string
		port  int
		lines []string
		boot  string
		phase string
		words []string
	}{
		{"unknown host", 0, []string{"HostName nowhere.invalid"}, "cat", "name", []string{"ssh web1: cannot resolve nowhere.invalid: "}},
		{"nobody listens", 1, nil, "cat", "port", []string{"cannot connect to 127.0.0.1:1: connection refused"}},
		{"closed at once", closing, nil, "cat", "key exchange", []string{"the server closed the connection"}},
		{"not ssh", garbage, nil, "cat", "key exchange", []string{"version"}},
		{"no common exchange", 0, []string{"KexAlgorithms diffie-hellman-group1-sha1"}, "cat", "key exchange", []string{"no common algorithm"}},
		{"command refused", 0, nil, "refuse", "shell", []string{"the server runs no commands"}},
	} {
		t.Run(c.name, func(t *testing.T) {
			cl := newClient(t, s, c.lines...)
			cl.opts.Port = c.port
			_, err := cl.open(t, c.boot)
			wantError(t, err, value.KindStream, append(c.words, "ssh web1: ")...)
			if got := attr(err, "phase"); got != c.phase {
				t.Errorf("phase %v, want %s: %v", got, c.phase, err)
			}
		})
	}
}

// TestSilentServer ends a set-up while the server says nothing.
func TestSilentServer(t *testing.T) {
	greeted := make(chan struct{}, 2)
	port := listen(t, func(c net.Conn) {
		_, _ = bufio.NewReader(c).ReadString('\n')
		greeted <- struct{}{}
		_, _ = io.Copy(io.Discard, c)
	})
	s := serve(t, openServer)
	cl := newClient(t, s)
	cl.opts.Port = port
	cfg, err := nativessh.Resolve(testContext(t), cl.opts)
	must(t, err)

	t.Run("cancelled", func(t *testing.T) {
		ctx, cancel := context.WithCancelCause(context.Background())
		go func() { <-greeted; cancel(errors.New("the user left")) }()
		_, err := nativessh.New(cfg).Open(ctx, []string{"cat"})
		wantError(t, err, value.KindCancelled, "key exchange", "the user left")
		wantError(t, err, value.KindStream)
	})
	t.Run("deadline", func(t *testing.T) {
		ctx, cancel := context.WithTimeout(context.Background(), 50*time.Millisecond)
		defer cancel()
		_, err := nativessh.New(cfg).Open(ctx, []string{"cat"})
		wantError(t, err, value.KindTimeout, "ssh web1: key exchange: no answer in time")
		wantError(t, err, value.KindStream)
	})
}

func TestEnvironmentIsSent(t *testing.T) {
	s := serve(t, openServer)
	t.Setenv("LC_TEST", "from here")
	cl := newClient(t, s, "SendEnv LANG LC_*", "SetEnv FOO=bar")
	_, err := cl.open(t, "cat")
	must(t, err)
	for name, want := range map[string]string{"LC_TEST": "from here", "FOO": "bar"} {
		if got, _ := s.env.Load(name); got != want {
			t.Errorf("%s is %v, want %s", name, got, want)
		}
	}
}
