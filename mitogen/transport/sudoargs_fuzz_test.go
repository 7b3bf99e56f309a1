package transport

import (
	"strings"
	"testing"
)

func FuzzSudoArgs(f *testing.F) {
	for _, s := range []string{"-u\nweb", "--user=web\n-H", "-Hu\nweb\n--", "-p\nx y", "--close-from=3", "-nope", "-u", "--\n-x"} {
		f.Add(s)
	}
	f.Fuzz(func(t *testing.T, text string) {
		args := strings.Split(text, "\n")
		o, err := parseSudoArgs(args)
		if (o == nil) == (err == nil) {
			t.Fatalf("%q: %v, %v", args, o, err)
		}
	})
}
