package bootstrap

import (
	"crypto/rand"
	_ "embed" // firststage.sh
	"fmt"
	"strings"

	"github.com/mitoscript/mitoscript/mitogen/value"
)

//go:embed firststage.sh
var firstStage string

// nameLen is how much of a sha256 in hex names a file in the cache.
const nameLen = 32

// Options says how to bootstrap. Nonce is required.
type Options struct {
	// Nonce tells our lines from noise; NewNonce makes one for each connection.
	Nonce string
	// Args are the program's arguments, letters, digits and "-_.,:/=@%+" only.
	Args []string
	// Cache keeps a pushed program on the target. False removes it as soon as it runs.
	Cache bool
	// Fresh pushes even if the cache has the program (see Retry).
	Fresh bool
	// Progress, if set, is told of each run of bytes of a push.
	Progress func(n int)
	// Phase, if set, is told of each phase that begins: cache, push and start, with a
	// detail for people.
	Phase func(phase, detail string)
	// Diagnostics, if set, gives the last lines that the far side printed
	// elsewhere than on the link. It is asked once the link has ended.
	Diagnostics func() string
}

// NewNonce makes a random nonce.
func NewNonce() string { return rand.Text() }

// Stage makes the first stage, the argument of sh -c: one line of POSIX sh
// without single quotes and exclamation marks, under 2 KiB for 8 programs. A
// nonce or an argument with other than plain characters is an error.
func Stage(opts Options, programs []Program) (string, error) {
	if !isPlain(opts.Nonce, "") || len(opts.Nonce) < 8 {
		return "", value.Errorf(value.KindError, "cannot make a first stage: the nonce %q is not 8 or more letters and digits", opts.Nonce)
	}
	for _, a := range opts.Args {
		if !isPlain(a, "-_.,:/=@%+") {
			return "", value.Errorf(value.KindError, "cannot make a first stage: the argument %q needs quoting", a)
		}
	}
	keep, look := "f=$t;", "[ -z \"$h\" ]||l hit;"
	if opts.Cache {
		keep = "r=`mv -f \"$t\" \"$d/$h\" 2>&1`||return;f=$d/$h;"
	}
	if opts.Fresh {
		look = ""
	}
	return strings.NewReplacer("@NONCE@", opts.Nonce, "@TABLE@", table(programs),
		"@ARGS@", strings.Join(opts.Args, " "), "@KEEP@", keep, "@LOOK@", look).Replace(oneLine(firstStage)), nil
}

// oneLine drops comments and line ends.
func oneLine(text string) string {
	var b strings.Builder
	for line := range strings.Lines(text) {
		if !strings.HasPrefix(line, "#") {
			b.WriteString(strings.TrimSuffix(line, "\n"))
		}
	}
	return b.String()
}

// table gives the branches of the case on SYSTEM-MACHINE.
func table(programs []Program) string {
	var b strings.Builder
	for _, t := range targets() {
		if p, ok := best(programs, t.platforms()); ok {
			fmt.Fprintf(&b, "%s-%s)h=%s;z=%d;;", t.system, t.machine, p.name(), p.Size)
		}
	}
	return b.String()
}

// best returns the program for the first of the platforms that has one.
func best(programs []Program, platforms []Platform) (Program, bool) {
	for _, pf := range platforms {
		for _, p := range programs {
			if p.Platform == pf {
				return p, true
			}
		}
	}
	return Program{}, false
}

func isPlain(s, also string) bool {
	for i := range len(s) {
		c := s[i]
		letter := c >= 'a' && c <= 'z' || c >= 'A' && c <= 'Z' || c >= '0' && c <= '9'
		if !letter && strings.IndexByte(also, c) < 0 {
			return false
		}
	}
	return s != ""
}
