package wire_test

import (
	"bytes"
	"testing"
)

// TestWhatShrinksIsNoticedAfterMuchThatDoesNot: after bulk data that does not shrink
// chunks go untried, but not for long, and small messages never.
func TestWhatShrinksIsNoticedAfterMuchThatDoesNot(t *testing.T) {
	const chunk = 65536
	small := bytes.Repeat([]byte("a small message "), 100)
	dull, text := noise(32*chunk), make([]byte, 64*chunk)
	link := packedBy(t, dull, small, text)
	if most := len(dull) + len(small)/4 + len(text)/2; len(link) > most {
		t.Errorf("%d bytes became %d, at most %d were expected", len(dull)+len(small)+len(text), len(link), most)
	}
	got, err := unpack(bytes.NewReader(link))
	if err != nil || !bytes.Equal(got, bytes.Join([][]byte{dull, small, text}, nil)) {
		t.Errorf("what came is something else: %v", err)
	}
}
