package child

import (
	"os"
	"testing"
	"time"
)

func TestAwaitSeesWhatTheParentSends(t *testing.T) {
	r, w, err := os.Pipe()
	if err != nil {
		t.Fatal(err)
	}
	defer func() { _ = w.Close() }()
	p := &Process{stdio: &stdio{link: &link{in: r}}}
	for p.Await(time.Millisecond) { // nothing was sent: at most a signal came
	}
	if _, err := w.WriteString("x"); err != nil {
		t.Fatal(err)
	}
	if !p.Await(time.Hour) {
		t.Error("what was sent did not come")
	}
	_ = r.Close()
	if p.Await(time.Hour) {
		t.Error("something came by a link that is closed")
	}
}
