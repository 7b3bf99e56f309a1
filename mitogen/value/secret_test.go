package value_test

import (
	"bytes"
	"encoding/json"
	"errors"
	"fmt"
	"log/slog"
	"strings"
	"testing"

	"github.com/mitoscript/mitoscript/mitogen/value"
)

func TestSecretAndBlobAreShownNowhere(t *testing.T) {
	const hidden = "hunter2"
	dict := value.NewDict(1)
	dict.Append("password", secretOf(t, hidden))
	set, err := value.NewSet(secretOf(t, hidden), value.Blob(hidden))
	if err != nil {
		t.Fatal(err)
	}
	for name, v := range map[string]any{
		"text":      secretOf(t, hidden),
		"bytes":     secretOf(t, value.Bytes(hidden)),
		"blob":      value.Blob(hidden),
		"in list":   value.List{secretOf(t, hidden), value.Blob(hidden)},
		"in tuple":  value.Tuple{secretOf(t, hidden)},
		"in dict":   dict,
		"in set":    set,
		"in hidden": struct{ v any }{secretOf(t, hidden)},
		"in struct": &value.Struct{Fields: []value.Field{{Name: "p", Value: secretOf(t, hidden)}}},
		"in value":  value.Struct{Fields: []value.Field{{Name: "p", Value: secretOf(t, hidden)}}},
		"in error":  value.Errorf(value.KindOS, "refused %v", secretOf(t, hidden)).With("password", secretOf(t, hidden)),
	} {
		t.Run(name, func(t *testing.T) {
			for _, shown := range shownForms(t, v) {
				if strings.Contains(shown, hidden) || strings.Contains(shown, "68756e74657232") {
					t.Errorf("leaks: %s", shown)
				}
			}
		})
	}
}

// shownForms gives v in the forms in which a value gets into logs and messages.
func shownForms(t *testing.T, v any) []string {
	t.Helper()
	var forms []string
	for _, verb := range []string{"%v", "%+v", "%#v", "%s", "%q", "%d", "%x"} {
		forms = append(forms, fmt.Sprintf(verb, v))
	}
	forms = append(forms, fmt.Sprint(v), fmt.Sprintln(v), fmt.Errorf("failed: %v", v).Error())
	var text, js bytes.Buffer
	slog.New(slog.NewTextHandler(&text, nil)).Info("x", "v", v)
	slog.New(slog.NewJSONHandler(&js, nil)).Info("x", "v", v)
	forms = append(forms, text.String(), js.String())
	if b, err := json.Marshal(v); err == nil {
		forms = append(forms, string(b))
	}
	return forms
}

func TestSecret(t *testing.T) {
	s := secretOf(t, value.Blob("x"))
	if s.Reveal() != value.Bytes("x") || s.Text() != "x" {
		t.Errorf("a hidden Blob is %T", s.Reveal())
	}
	if secretOf(t, s) != s {
		t.Error("a Secret of a Secret is another")
	}
	if (value.Secret{}).Reveal() != "" || (value.Secret{}).Text() != "" {
		t.Error("the zero Secret is not the empty text")
	}
	if _, err := value.NewSecret(int64(1)); !errors.Is(err, value.KindError) {
		t.Errorf("a Secret of an int: %v", err)
	}
	if got := fmt.Sprintf("%d|%10s|%x", s, s, s); got != "[secret]|[secret]|[secret]" {
		t.Error(got)
	}
}

func TestBlobShowsItsLength(t *testing.T) {
	for _, verb := range []string{"%v", "%s", "%#v"} {
		if got := fmt.Sprintf(verb, value.Blob("four")); got != "[blob: 4 bytes]" {
			t.Errorf("%s: %s", verb, got)
		}
	}
}

func TestDictAndSetAreShownInOrder(t *testing.T) {
	d := value.NewDict(2)
	d.Append("b", int64(1))
	d.Append("a", value.List{nil, secretOf(t, "x")})
	if got, want := fmt.Sprint(d), "{b: 1, a: [<nil> [secret]]}"; got != want {
		t.Errorf("got %s, want %s", got, want)
	}
	s, err := value.NewSet("b", "a")
	if err != nil {
		t.Fatal(err)
	}
	if got, want := fmt.Sprint(s), "[b a]"; got != want {
		t.Errorf("got %s, want %s", got, want)
	}
}
