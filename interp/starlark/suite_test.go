package starlark_test

import (
	"os"
	"testing"

	"github.com/mitoscript/mitoscript/interp"
	"github.com/mitoscript/mitoscript/interp/interptest"
	"github.com/mitoscript/mitoscript/interp/starlark"
)

func language() interptest.Language {
	return interptest.Language{
		New:   func(h *interp.Host) interp.Interp { return starlark.New(h) },
		Files: os.DirFS("testdata/suite"),
	}
}

func TestSuite(t *testing.T) { interptest.Run(t, language()) }

// TestRoundTrips: generated values come back as they were.
func TestRoundTrips(t *testing.T) { interptest.RoundTrips(t, language()) }
