package bootstrap

import (
	"bytes"
	"strings"

	"github.com/mitoscript/mitoscript/mitogen/value"
)

const markerWord = "MITO"

// UpLine is what the program writes to the link before anything else. It
// starts with a line end, since noise before it may lack one.
func UpLine(nonce string) string { return "\n" + markerWord + nonce + " up\n" }

// ErrLine is what a program writes instead when it cannot go on; Run's error
// has the text.
func ErrLine(nonce, text string) string {
	return "\n" + markerWord + nonce + " err " + strings.Join(strings.Fields(text), " ") + "\n"
}

type verb string

const (
	verbHit  verb = "hit"
	verbNeed verb = "need"
	verbNo   verb = "no"
	verbErr  verb = "err"
	verbUp   verb = "up"
)

// answer is one line of the far side that is meant for us.
type answer struct {
	verb            verb
	system, machine string // of hit and need: uname's words
	gzip            bool   // of need: the far side can unpack
	text            string // of hit and need: the directory; of no and err: the reason
}

// parseAnswer reads a line without its end. Lines that are not for us give
// false; one that is and makes no sense is an error.
func parseAnswer(line []byte, nonce string) (answer, bool, error) {
	rest, ok := bytes.CutPrefix(line, []byte(markerWord+nonce+" "))
	if !ok {
		return answer{}, false, nil
	}
	word, text, _ := strings.Cut(strings.TrimSuffix(string(rest), "\r"), " ")
	a := answer{verb: verb(word), text: text}
	switch {
	case a.verb == verbUp && text == "", a.verb == verbNo, a.verb == verbErr:
		return a, true, nil
	case a.verb == verbHit:
		f := strings.SplitN(text, " ", 3)
		if len(f) == 3 && f[2] != "" {
			a.system, a.machine, a.text = f[0], f[1], f[2]
			return a, true, nil
		}
	case a.verb == verbNeed:
		f := strings.SplitN(text, " ", 4)
		if len(f) == 4 && f[3] != "" && (f[2] == "gzip" || f[2] == "raw") {
			a.system, a.machine, a.gzip, a.text = f[0], f[1], f[2] == "gzip", f[3]
			return a, true, nil
		}
	}
	return answer{}, true, value.Errorf(value.KindStream,
		"the far side sent a first-stage line that makes no sense: %q", clip(string(rest)))
}
