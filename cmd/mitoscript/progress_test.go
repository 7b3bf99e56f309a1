//go:build !child

package main

import (
	"os"
	"path/filepath"
	"regexp"
	"testing"
)

// TestBarsOfChildrenOnATerminal: the master draws them, above each other, while it
// prints and logs, and ends them with their context.
func TestBarsOfChildrenOnATerminal(t *testing.T) {
	tm := onTerminal(t, 80, "-c", barsScript)
	tm.wait("both were called", "one: copy [", "two: copy [", "50 % 2 of 4")
	tm.touch("go")
	tm.wait(" 2 of 4 ended")
	tm.touch("leave")
	screen := tm.wait("the end")
	for _, want := range []string{
		`(?m)^one: copy \[#+\] 100 % 4 of 4$`, `(?m)^two: copy \[#+ +\]  50 % 2 of 4 ended$`,
		`(?m)^both were called$`, `(?m)^\S+ INFO mitogen\.ctx\.one: stdout: printed below$`,
	} {
		if len(regexp.MustCompile(want).FindAllString(screen, -1)) != 1 {
			t.Errorf("not once %s in\n%s", want, screen)
		}
	}
}

// touch makes an empty file in the home of who sits at the terminal.
func (tm *terminal) touch(name string) {
	tm.t.Helper()
	if err := os.WriteFile(filepath.Join(tm.home, name), nil, 0o600); err != nil {
		tm.t.Fatal(err)
	}
}

const barsScript = `
def work(finish):
    b = progress.bar(4, "copy")
    b.add(2)
    while not fs.exists("~/go"):
        time.sleep(0.05)
    if finish:
        print("printed below")
        b.set(4)
        b.done()

def main(router):
    contexts = [router.local(name = n) for n in ["one", "two"]]
    calls = [c.call_async(work, c.name == "one") for c in contexts]
    print("both were called")
    for r in calls:
        r.get()
    contexts[1].shutdown(wait = True)
    while not fs.exists("~/leave"):
        time.sleep(0.05)
    print("the end")
`
