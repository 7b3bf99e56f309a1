package lua_test

import (
	"testing"

	"github.com/mitoscript/mitoscript/interp"
	"github.com/mitoscript/mitoscript/interp/interptest"
	"github.com/mitoscript/mitoscript/interp/starlark"
)

// TestAcross: generated values pass through both languages, in both orders.
func TestAcross(t *testing.T) {
	star := interptest.Language{Files: language().Files, New: func(h *interp.Host) interp.Interp { return starlark.New(h) }}
	t.Run("starlark first", func(t *testing.T) { interptest.Across(t, star, language()) })
	t.Run("lua first", func(t *testing.T) { interptest.Across(t, language(), star) })
}
