package codec_test

import (
	"fmt"
	"strings"
	"testing"

	"github.com/mitoscript/mitoscript/mitogen/codec"
	"github.com/mitoscript/mitoscript/mitogen/value"
)

func smallDict() *value.Dict {
	return dictOf("name", "web1", "size", int64(123456), "ok", true, "ratio", 0.25, "tags", value.List{"a", "b", "c"})
}

func records(n int) value.List {
	l := make(value.List, n)
	for i := range l {
		l[i] = dictOf("name", fmt.Sprintf("file%d", i), "size", int64(i*1000), "dir", false, "mode", "0644")
	}
	return l
}

func BenchmarkEncode(b *testing.B) {
	for _, c := range benchmarks() {
		b.Run(c.name, func(b *testing.B) {
			var e codec.Encoder
			b.ReportAllocs()
			for b.Loop() {
				e.Buf = e.Buf[:0]
				if err := e.Value("", c.v); err != nil {
					b.Fatal(err)
				}
			}
		})
	}
}

func BenchmarkDecode(b *testing.B) {
	for _, c := range benchmarks() {
		b.Run(c.name, func(b *testing.B) {
			data, err := codec.Encode(c.v)
			if err != nil {
				b.Fatal(err)
			}
			b.ReportAllocs()
			for b.Loop() {
				if _, err := codec.Decode(data, codec.Limits{}); err != nil {
					b.Fatal(err)
				}
			}
		})
	}
}

type benchmark struct {
	name string
	v    value.Value
}

func benchmarks() []benchmark {
	return []benchmark{
		{"small dict", smallDict()},
		{"10000 records", records(10000)},
		{"1 MiB of text", strings.Repeat("x", 1<<20)},
		{"dict of 1000", largeDict(1000)},
	}
}
