package codec_test

import (
	"encoding/hex"
	"errors"
	"math"
	"runtime"
	"strings"
	"testing"
	"time"

	"github.com/mitoscript/mitoscript/mitogen/codec"
	"github.com/mitoscript/mitoscript/mitogen/value"
)

func fullError() *value.Error {
	return &value.Error{
		Kind: value.KindCall, Also: []value.Kind{value.KindTimeout, "OwnError"}, Message: "cannot back up", Context: "ssh.web1",
		Traceback: []value.Frame{{File: "a.star", Line: 3, Function: "main"}, {File: "b.lua", Line: 0, Function: ""}},
		Attrs:     []value.Field{{Name: "errno", Value: int64(2)}, {Name: "path", Value: "/x"}},
		Cause:     &value.Error{Kind: value.KindOS, Message: "no space", Cause: &value.Error{Kind: "OwnError"}},
	}
}

var root = value.Hash{1, 2, 31: 9}

// samples are values with their encodings; without one, only the round trip counts.
var samples = []struct {
	name string
	v    value.Value
	hex  string
}{
	{"null", nil, "f6"},
	{"false", false, "f4"},
	{"true", true, "f5"},
	{"zero", int64(0), "00"},
	{"23", int64(23), "17"},
	{"24", int64(24), "1818"},
	{"256", int64(256), "190100"},
	{"65536", int64(65536), "1a00010000"},
	{"2^32", int64(1 << 32), "1b0000000100000000"},
	{"-1", int64(-1), "20"},
	{"largest", int64(math.MaxInt64), "1b7fffffffffffffff"},
	{"smallest", int64(math.MinInt64), "3b7fffffffffffffff"},
	{"2^63", bigOf("9223372036854775808"), "c2488000000000000000"},
	{"-2^63-1", bigOf("-9223372036854775809"), "c3488000000000000000"},
	{"2^64", bigOf("18446744073709551616"), "c249010000000000000000"},
	{"big", bigOf("-0x123456789abcdef0123456789abcdef"), ""},
	{"float", 1.5, "fb3ff8000000000000"},
	{"minus zero", math.Copysign(0, -1), "fb8000000000000000"},
	{"infinity", math.Inf(-1), "fbfff0000000000000"},
	{"NaN with a payload", math.Float64frombits(0x7ff8000000000123), "fb7ff8000000000123"},
	{"smallest float", math.SmallestNonzeroFloat64, "fb0000000000000001"},
	{"empty text", "", "60"},
	{"text", "gr\u00fcn", "656772c3bc6e"},
	{"text that is not UTF-8", "a\xff", "d94d004261ff"},
	{"text with zero bytes", "\x00\x00", "620000"},
	{"bytes", value.Bytes("a\xff"), "4261ff"},
	{"blob", value.Blob("a"), "d94d014161"},
	{"secret text", secretOf("a"), "d94d026161"},
	{"secret bytes", secretOf(value.Bytes("a")), "d94d024161"},
	{"secret raw text", secretOf("\xff"), "d94d02d94d0041ff"},
	{"empty list", value.List{}, "80"},
	{"list", value.List{int64(1), value.List{nil}}, "820181f6"},
	{"tuple", value.Tuple{int64(1), "a"}, "d94d0382016161"},
	{"empty tuple", value.Tuple{}, "d94d0380"},
	{"set", setOf("b", "a"), "d94d048261626161"},
	{"empty set", setOf(), "d94d0480"},
	{"dict", dictOf("b", int64(1), "a", nil), "a26162016161f6"},
	{"empty dict", dictOf(), "a0"},
	{"dict of other keys", dictOf(int64(1), "int", "1", "text", value.Bytes("1"), "bytes", nil, "null", true, "bool", 1.5, "float",
		value.Tuple{int64(1), value.Tuple{}}, "tuple", value.ContextRef{ID: 1}, "context", time.Second, "span"), ""},
	{"large dict", largeDict(300), ""},
	{"struct", &value.Struct{Name: "stat", Fields: []value.Field{{Name: "size", Value: int64(5)}}}, "d94d0583647374617464" + hex.EncodeToString([]byte("size")) + "05"},
	{"empty struct", &value.Struct{Name: "struct"}, ""},
	{"UTC", time.Date(2026, 3, 1, 12, 0, 0, 7, time.UTC), "d94d06841a69a42a40076355544300"},
	{"time in a zone", time.Date(2026, 7, 1, 12, 0, 0, 999999999, time.FixedZone("CEST", 7200)), ""},
	{"time in a zone without a name", time.Date(1969, 7, 1, 12, 0, 0, 1, time.FixedZone("", -5400)), ""},
	{"zero time", time.Time{}, ""},
	{"duration", -1500 * time.Millisecond, "d94d073a59682eff"},
	{"context", value.ContextRef{ID: 3, Name: "ssh.web1"}, "d94d088203687373682e77656231"},
	{"longest name", value.ContextRef{ID: math.MaxUint32, Name: strings.Repeat("\u00fc", 99)}, ""},
	{"sender", value.SenderRef{Context: 1, Handle: 1000}, "d94d0982011903e8"},
	{"sender with a window", value.SenderRef{Context: 1, Handle: 1000, Window: 1 << 20}, "d94d0983011903e81a00100000"},
	{"function", &value.Func{Lang: "lua", Name: "backup", Root: root}, ""},
	{"builtin", &value.Func{Name: "hostname", Builtin: "os.hostname"}, "d94d0a846068686f73746e616d65f66b6f732e686f73746e616d65"},
	{"error", value.Errorf(value.KindOS, "x"), "d94d0b87674f534572726f7280617860" + "8080f6"},
	{"full error", fullError(), ""},
	{"nested deepest", nested(1000), ""},
}

func largeDict(n int) *value.Dict {
	d := value.NewDict(n)
	for i := range n {
		if i%3 == 0 {
			d.Append(int64(i), "number")
		} else {
			d.Append(strings.Repeat("k", i), nil)
		}
	}
	return d
}

func TestRoundTrip(t *testing.T) {
	for _, c := range samples {
		t.Run(c.name, func(t *testing.T) {
			b, err := codec.Encode(c.v)
			if err != nil {
				t.Fatal(err)
			}
			if c.hex != "" && hex.EncodeToString(b) != c.hex {
				t.Errorf("encoded as %x, want %s", b, c.hex)
			}
			v, err := codec.Decode(b, codec.Limits{Funcs: true})
			if err != nil {
				t.Fatalf("%v: % x", err, b)
			}
			if got, want := show(v), show(c.v); got != want {
				t.Errorf("got  %s\nwant %s", got, want)
			}
		})
	}
}

func TestOtherFormsAreRead(t *testing.T) {
	for _, c := range []struct {
		hex  string
		want value.Value
	}{
		{"1b0000000000000001", int64(1)},
		{"1b8000000000000000", bigOf("9223372036854775808")},
		{"3bffffffffffffffff", bigOf("-18446744073709551616")},
		{"c24101", int64(1)},
		{"c240", int64(0)},
		{"c340", int64(-1)},
		{"c3487fffffffffffffff", int64(math.MinInt64)},
		{"f93c00", 1.0},
		{"f98000", math.Copysign(0, -1)},
		{"f90001", math.Ldexp(1, -24)},
		{"f9fc00", math.Inf(-1)},
		{"fa3fc00000", 1.5},
		{"d94d004161", "a"},
	} {
		v, err := codec.Decode(unhex(t, c.hex), codec.Limits{})
		if err != nil || show(v) != show(c.want) {
			t.Errorf("%s: %s, %v, want %s", c.hex, show(v), err, show(c.want))
		}
	}
}

func TestMalformedIsRefused(t *testing.T) {
	for _, c := range []struct{ hex, want string }{
		{"", "ends too early"},
		{"19", "ends too early"},
		{"1901", "ends too early"},
		{"0000", "1 bytes follow"},
		{"1c", "indefinite lengths and reserved"},
		{"5f4100ff", "indefinite lengths and reserved"},
		{"9f00ff", "indefinite lengths and reserved"},
		{"ff", "indefinite lengths and reserved"},
		{"f7", "unknown simple value 23"},
		{"f8ff", "unknown simple value 255"},
		{"4261", "before its 2 bytes"},
		{"5bffffffffffffffff", "before its 18446744073709551615 bytes"},
		{"62c328", "not valid UTF-8"},
		{"8201", "before its 2 items"},
		{"9bffffffffffffffff", "before its 18446744073709551615 items"},
		{"bb8000000000000000", "items"},
		{"a101", "before its 1 items"},
		{"8382810000", "before its"},
		{"a2616100616100", "there twice"},
		{"a20100f93c0000", "there twice"},
		{"a18000", "unhashable type: list"},
		{"a1d94d03818000", "unhashable type: list"},
		{"d94d04820101", "there twice"},
		{"d94d0481a0", "unhashable type: dict"},
		{"c1fb3ff8000000000000", "unknown tag 1"},
		{"c26161", "a byte string was expected"},
		{"d94d006161", "a byte string was expected"},
		{"d94d0201", "text or bytes were expected"},
		{"d94d03a0", "an array was expected"},
		{"d94d0580", "a struct of 0 items"},
		{"d94d05826161f6", "a struct of 2 items"},
		{"d94d0583616102f6", "text was expected"},
		{"d94d0684001a3b9aca006000", "a time out of range"},
		{"d94d068400006000", ""},
		{"d94d07fb3ff8000000000000", "an integer of 64 bits"},
		{"d94d071b8000000000000000", "an integer of 64 bits"},
		{"d94d088201", "before its 2 items"},
		{"d94d08821b000000010000000060", "an integer of 32 bits"},
		{"d94d08822060", "an integer of 32 bits"},
		{"d94d088301606160", "an array of 2 items was expected"},
		{"d94d098101", "an array of 2 or 3 items was expected"},
		{"d94d098401010101", "an array of 2 or 3 items was expected"},
		{"d94d0983010100", "a Sender's window of 0 bytes"},
		{"d94d0983010120", "a Sender's window of -1 bytes"},
		{"d94d08820178" + "64" + strings.Repeat("61", 100), "longer than 99"},
		{"d94d0b8760806060" + "8080f6", "an error without a kind"},
		{"d94d0b876145806060" + "818080f6", "a traceback of 1 items"},
		{"d94d0b876145806060" + "8081" + "60f6", "attributes of 1 items"},
		{"d94d0b876145806060" + "808001", "a cause that is not an error"},
		{"d94d0b8761458060608361612060" + "80f6", "line -1"},
	} {
		_, err := codec.Decode(unhex(t, c.hex), codec.Limits{Funcs: true})
		if c.want == "" {
			if err != nil {
				t.Errorf("%s: %v", c.hex, err)
			}
			continue
		}
		if err == nil || !strings.Contains(err.Error(), c.want) || !errors.Is(err, value.KindValue) {
			t.Errorf("%s: %v, want a ValueError with %q", c.hex, err, c.want)
		}
	}
}

func TestLimits(t *testing.T) {
	deep, err := codec.Encode(nested(1000))
	if err != nil {
		t.Fatal(err)
	}
	deeper := append([]byte{0x81}, deep...)
	for _, c := range []struct {
		name string
		data []byte
		lim  codec.Limits
		want string
	}{
		{"1000 deep", deep, codec.Limits{}, ""},
		{"1001 deep", deeper, codec.Limits{}, "nested more than 1000 deep"},
		{"3 deep", unhex(t, "818180"), codec.Limits{Depth: 2}, "nested more than 2 deep"},
		{"2 deep", unhex(t, "818100"), codec.Limits{Depth: 2}, ""},
		{"items", unhex(t, "83010203"), codec.Limits{Items: 3}, "more than 3 items"},
		{"few items", unhex(t, "83010203"), codec.Limits{Items: 4}, ""},
	} {
		t.Run(c.name, func(t *testing.T) {
			_, err := codec.Decode(c.data, c.lim)
			if c.want == "" && err != nil || c.want != "" && (err == nil || !strings.Contains(err.Error(), c.want)) {
				t.Errorf("%v, want %q", err, c.want)
			}
		})
	}
}

func TestFunctionsNeedLimitsThatAcceptThem(t *testing.T) {
	b, err := codec.Encode(value.List{&value.Func{Name: "hostname", Builtin: "os.hostname"}})
	if err != nil {
		t.Fatal(err)
	}
	if _, err := codec.Decode(b, codec.Limits{}); !errors.Is(err, value.KindSecurity) || !strings.HasPrefix(err.Error(), "refused by policy: ") {
		t.Error(err)
	}
	for _, hex := range []string{"d94d0a846060f660", "d94d0a84606041006161", "d94d0a8460605820" + strings.Repeat("00", 32) + "60",
		"d94d0a8460605820" + strings.Repeat("01", 32) + "6161"} {
		if _, err := codec.Decode(unhex(t, hex), codec.Limits{Funcs: true}); !errors.Is(err, value.KindValue) {
			t.Errorf("%s: %v", hex, err)
		}
	}
}

// TestPromisesCostNothing decodes containers that claim, inside each other, all
// the bytes that are left.
func TestPromisesCostNothing(t *testing.T) {
	data := make([]byte, 1<<20)
	for i := 0; i < 900*5; i += 5 {
		left := len(data) - i - 5
		copy(data[i:], []byte{0x9a, byte(left >> 24), byte(left >> 16), byte(left >> 8), byte(left)})
	}
	var before, after runtime.MemStats
	runtime.ReadMemStats(&before)
	if _, err := codec.Decode(data, codec.Limits{}); err == nil {
		t.Error("accepted")
	}
	runtime.ReadMemStats(&after)
	allocated := after.TotalAlloc - before.TotalAlloc
	if allocated > 40<<20 {
		t.Errorf("%d bytes allocated for %d", allocated, len(data))
	}
}

func TestDecoderReadsInParts(t *testing.T) {
	var e codec.Encoder
	e.Array(2)
	for _, v := range []value.Value{value.List{"a"}, int64(5)} {
		if err := e.Value("", v); err != nil {
			t.Fatal(err)
		}
	}
	d := codec.NewDecoder(e.Buf, codec.Limits{})
	n, err := d.Array()
	if err != nil || n != 2 {
		t.Fatal(n, err)
	}
	a, err := d.Value()
	if err != nil || show(a) != show(value.List{"a"}) {
		t.Error(a, err)
	}
	if err := d.Done(); err == nil {
		t.Error("Done in the middle")
	}
	if b, err := d.Value(); err != nil || b != int64(5) {
		t.Error(b, err)
	}
	if err := d.Done(); err != nil {
		t.Error(err)
	}
	if _, err := d.Value(); err == nil {
		t.Error("a value after the end")
	}
}
