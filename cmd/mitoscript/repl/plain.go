package repl

import (
	"bufio"
	"io"
	"os"
	"strings"
)

// plainInput reads lines as they are: from a file, a pipe or a terminal that
// cannot move its cursor.
type plainInput struct {
	in     *bufio.Reader
	prompt io.Writer
}

// NewPlain makes the Input of something that is no terminal, or a dumb one.
// Prompts are written to prompt, if that is not nil.
func NewPlain(in *os.File, prompt io.Writer) Input {
	return &plainInput{bufio.NewReader(in), prompt}
}

func (p *plainInput) ReadLine(prompt string) (string, error) {
	if p.prompt != nil {
		_, _ = io.WriteString(p.prompt, prompt)
	}
	line, err := p.in.ReadString('\n')
	return strings.TrimRight(line, "\r\n"), err
}

func (p *plainInput) Remember(string) {}
func (p *plainInput) Width() int      { return 0 }
