package template

import (
	"path/filepath"

	"github.com/mitoscript/mitoscript/mitogen/value"
)

// parsed is a template that was read.
type parsed struct {
	name string // for messages
	dir  string // where relative includes begin
	body []stmt
	// blocks are all of it, wherever they stand.
	blocks []*blockStmt
}

// relative is the path of a template that this one includes.
func (t *parsed) relative(path string) string {
	if filepath.IsAbs(path) {
		return path
	}
	return filepath.Join(t.dir, path)
}

func isMissing(err error) bool {
	for _, f := range value.AsError(err).Attrs {
		if f.Name == "errno" {
			return f.Value == "ENOENT"
		}
	}
	return false
}

// parse reads a template's text.
func parse(lib *library, name, dir, src string) (*parsed, error) {
	tokens, err := lex(src)
	if err != nil {
		return nil, place(err, name, 1)
	}
	p := &parser{tokens: tokens, lib: lib}
	t := &parsed{name: name, dir: dir}
	if t.body, _, err = p.block(); err != nil {
		return nil, place(err, name, p.peek().line)
	}
	t.blocks = p.blocks
	return t, nil
}

// block takes statements until a tag that begins with one of the words; at the
// end of the template if there are none. The word is taken, the tag's end is not.
func (p *parser) block(until ...string) (body []stmt, end string, err error) {
	if err := p.enter(); err != nil {
		return nil, "", err
	}
	defer p.leave()
	start := p.peek().line
	for {
		t := p.take()
		switch t.kind {
		case tokEOF:
			if len(until) > 0 {
				return nil, "", parseFault(start, "%s is missing", until[len(until)-1])
			}
			return body, "", nil
		case tokText:
			body = append(body, &textStmt{line(t.line), t.text})
			continue
		case tokOutput:
			e, err := p.bareTuple()
			if err == nil {
				err = p.end()
			}
			if err != nil {
				return nil, "", err
			}
			body = append(body, &outputStmt{line(t.line), e})
			continue
		}
		word := p.take()
		for _, u := range until {
			if word.kind == tokName && word.text == u {
				return body, u, nil
			}
		}
		st, err := p.statement(word)
		if err != nil {
			return nil, "", err
		}
		body = append(body, st)
	}
}

// end takes the end of a tag.
func (p *parser) end() error {
	if p.peek().kind != tokEnd {
		return p.unexpected("want the end of the tag")
	}
	p.pos++
	return nil
}

// closed takes the end of a tag, statements, and the tag that closes them.
func (p *parser) closed(word string) ([]stmt, error) {
	if err := p.end(); err != nil {
		return nil, err
	}
	body, _, err := p.block(word)
	if err == nil {
		err = p.closing(word)
	}
	return body, err
}

// closing takes the end of a closing tag; endmacro and endblock may repeat the name.
func (p *parser) closing(word string) error {
	if (word == "endmacro" || word == "endblock") && p.peek().kind == tokName {
		p.pos++
	}
	return p.end()
}

func (p *parser) statement(word token) (stmt, error) {
	at := line(word.line)
	if word.kind == tokName {
		switch word.text {
		case "if":
			return p.ifStmt(at)
		case "for":
			return p.forStmt(at)
		case "set":
			return p.setStmt(at)
		case "with":
			return p.withStmt(at)
		case "macro":
			return p.macroStmt(at)
		case "call":
			return p.callStmt(at)
		case "filter":
			return p.filterStmt(at)
		case "include":
			return p.includeStmt(at)
		case "extends":
			return p.extendsStmt(at)
		case "block":
			return p.blockStmt(at)
		case "import":
			return p.importStmt(at)
		case "from":
			return p.fromStmt(at)
		case "do":
			e, err := p.bareTuple()
			if err == nil {
				err = p.end()
			}
			return &doStmt{at, e}, err
		}
	}
	return nil, parseFault(word.line, "there is no tag %q here", word.text)
}
