package lua_test

import (
	"context"
	"testing"

	"github.com/mitoscript/mitoscript/interp"
	"github.com/mitoscript/mitoscript/interp/interptest"
	"github.com/mitoscript/mitoscript/interp/lua"
)

func BenchmarkScript(b *testing.B) {
	for name, text := range map[string]string{
		"pcall":       `for i = 1, 1000 do pcall(tostring, i) end`,
		"pcall error": `for i = 1, 1000 do pcall(error, i) end`,
	} {
		b.Run(name, func(b *testing.B) {
			in := lua.New(&interp.Host{})
			for b.Loop() {
				if _, err := in.Run(context.Background(), interp.Source{Path: "x.lua", Text: []byte(text)}); err != nil {
					b.Fatal(err)
				}
			}
		})
	}
}

func BenchmarkNew(b *testing.B) {
	for b.Loop() {
		lua.New(&interp.Host{})
	}
}

func BenchmarkShip(b *testing.B) { interptest.Bench(b, language()) }
