package fakessh

import (
	"strings"
	"testing"
)

func FuzzCommandLine(f *testing.F) {
	for _, s := range []string{"host|ls", "-l|u|h|x|y", "-oPort=2|-p|3|h", "-s|h|sftp", "-xsl|u|h|sftp", "--|h|-x", "-G|h"} {
		f.Add(s)
	}
	f.Fuzz(func(t *testing.T, text string) {
		q, err := parseArgs(strings.Split(text, "|"))
		if err == nil && q.host == "" && !q.probe {
			t.Fatalf("%q: no host in %+v", text, q)
		}
	})
}
