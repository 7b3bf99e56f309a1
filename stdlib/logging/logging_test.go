package logging_test

import (
	"bytes"
	"context"
	"log/slog"
	"strings"
	"testing"

	"github.com/mitoscript/mitoscript/mitogen/value"
	"github.com/mitoscript/mitoscript/stdlib/logging"
)

func TestRecords(t *testing.T) {
	var out bytes.Buffer
	m := logging.Module(slog.New(slog.NewTextHandler(&out, &slog.HandlerOptions{Level: slog.LevelWarn})))
	secret, _ := value.NewSecret("s3cret")
	for _, f := range m.Funcs[:4] {
		kw := []value.Field{{Name: "pw", Value: value.List{secret, value.Blob("abc")}}}
		if _, err := f.CallGo(context.Background(), []value.Value{"m-" + f.Name}, kw); err != nil {
			t.Fatal(err)
		}
	}
	text := out.String()
	if strings.Contains(text, "s3cret") || strings.Contains(text, "m-info") || !strings.Contains(text, `level=WARN msg=m-warning pw="[[secret], [blob: 3 bytes]]"`) {
		t.Error(text)
	}
	if v, _ := m.Funcs[4].CallGo(context.Background(), nil, nil); v != "WARNING" {
		t.Errorf("level = %v", v)
	}
}
