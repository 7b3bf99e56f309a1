package starlark_test

import (
	"testing"

	"github.com/mitoscript/mitoscript/interp/interptest"
)

func BenchmarkShip(b *testing.B) { interptest.Bench(b, language()) }
