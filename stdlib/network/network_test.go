package network_test

import (
	"context"
	"errors"
	"net"
	"reflect"
	"testing"

	"github.com/mitoscript/mitoscript/interp"
	"github.com/mitoscript/mitoscript/mitogen/value"
	"github.com/mitoscript/mitoscript/stdlib/network"
)

func call(t *testing.T, name string, args ...value.Value) (value.Value, error) {
	t.Helper()
	for _, f := range network.Module().Funcs {
		if f.Name == name {
			return f.CallGo(context.Background(), args, nil)
		}
	}
	t.Fatalf("no function %s", name)
	return nil, nil
}

func TestPorts(t *testing.T) {
	l, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		t.Fatal(err)
	}
	defer l.Close()
	open := int64(l.Addr().(*net.TCPAddr).Port)
	if v, err := call(t, "port_open", "127.0.0.1", open); v != true || err != nil {
		t.Errorf("port_open = %v, %v", v, err)
	}
	if _, err := call(t, "wait_port", "127.0.0.1", open, 5.0); err != nil {
		t.Error(err)
	}
	free, err := call(t, "free_port")
	if err != nil {
		t.Fatal(err)
	}
	if v, err := call(t, "port_open", "127.0.0.1", free); v != false || err != nil {
		t.Errorf("port_open = %v, %v", v, err)
	}
	if _, err := call(t, "wait_port", "127.0.0.1", free, 0.05); !errors.Is(err, value.KindTimeout) {
		t.Errorf("wait_port: %v", err)
	}
	if _, err := call(t, "port_open", "127.0.0.1", int64(0)); !errors.Is(err, value.KindValue) {
		t.Errorf("port 0: %v", err)
	}
}

func TestCIDR(t *testing.T) {
	v, err := call(t, "cidr", "10.1.2.3/30")
	if err != nil {
		t.Fatal(err)
	}
	c := v.(interp.Object)
	if n, _ := c.Attr("network"); n != "10.1.2.0/30" {
		t.Errorf("network = %v", n)
	}
	if n, _ := c.Attr("hosts"); n != int64(4) {
		t.Errorf("hosts = %v", n)
	}
	for addr, want := range map[string]bool{"10.1.2.3": true, "10.1.2.4": false, "::1": false, "10.1.2.2/31": true} {
		f, _ := c.Attr("contains")
		if got, err := f.(*interp.Func).CallGo(context.Background(), []value.Value{addr}, nil); got != want || err != nil {
			t.Errorf("contains(%s) = %v, %v", addr, got, err)
		}
	}
	f, _ := c.Attr("addresses")
	got, _ := f.(*interp.Func).CallGo(context.Background(), []value.Value{int64(2)}, nil)
	if !reflect.DeepEqual(got, value.List{"10.1.2.0", "10.1.2.1"}) {
		t.Errorf("addresses = %v", got)
	}
}

func TestResolve(t *testing.T) {
	if v, err := call(t, "resolve", "127.0.0.1"); !reflect.DeepEqual(v, value.List{"127.0.0.1"}) {
		t.Errorf("resolve = %v, %v", v, err)
	}
	if _, err := call(t, "reverse", "not an address"); !errors.Is(err, value.KindOS) {
		t.Errorf("reverse: %v", err)
	}
	if v, err := call(t, "interfaces"); err != nil || len(v.(value.List)) == 0 {
		t.Errorf("interfaces = %v, %v", v, err)
	}
}
