package mitogen

import (
	"context"
	"crypto/sha256"

	"github.com/mitoscript/mitoscript/mitogen/codec"
	"github.com/mitoscript/mitoscript/mitogen/value"
)

// ModuleName is a library module as a script named it.
type ModuleName struct {
	// Importer is the path of the file that asks, "" if it is none.
	Importer string
	Name     string
	// Extension is that of the language's files: ".lua".
	Extension string
}

// ModuleSource is the text of a library module. Path is its identity: its resolved
// file on the machine of the root.
type ModuleSource struct {
	Path string
	Text []byte
}

// FindModule finds the source of a module for a context below. What is not to be
// served is an Error, as what does not exist.
type FindModule func(ctx context.Context, name ModuleName) (ModuleSource, error)

// maxNamed is how many names of modules a context remembers.
const maxNamed = 1024

// Module returns the source of a library module that no call brought with it,
// asking the parent; the root has it from Options.Modules. Several waiters, here
// and below, make one request.
func (cs *Chunks) Module(ctx context.Context, name ModuleName) (ModuleSource, error) {
	data, err := cs.get(ctx, codeRequest{name: &name})
	if err != nil {
		return ModuleSource{}, err
	}
	return readModule(name, data)
}

// keepLocked keeps an answer. Names that were not found are asked for again.
func (cs *Chunks) keepLocked(req codeRequest, key string, data []byte) {
	h := req.hash
	if req.name != nil {
		if _, err := readModule(*req.name, data); err != nil {
			return
		}
		h = sha256.Sum256(data)
		if cs.named == nil || len(cs.named) >= maxNamed {
			cs.named = map[string]value.Hash{}
		}
		cs.named[key] = h
	}
	cs.putLocked(h, data)
}

// find answers a request in the root.
func (r *Router) find(ctx context.Context, req codeRequest) ([]byte, error) {
	if req.name == nil {
		return nil, errorf("code %s is not known", req.hash)
	}
	if r.modules == nil {
		return moduleRefusal("nothing loads modules here"), nil
	}
	src, err := r.modules(ctx, *req.name)
	if err != nil {
		return moduleRefusal(err.Error()), nil
	}
	var e codec.Encoder
	e.Array(2)
	e.Text(src.Path)
	e.Text(string(src.Text))
	return e.Buf, nil
}

func moduleRefusal(reason string) []byte {
	var e codec.Encoder
	e.Array(1)
	e.Text(reason)
	return e.Buf
}

// readModule reads the answer to a request by name: path and text, or a reason.
func readModule(name ModuleName, data []byte) (ModuleSource, error) {
	d := codec.NewDecoder(data, codec.Limits{})
	n, err := d.Array()
	if err != nil || n != 1 && n != 2 {
		return ModuleSource{}, errorf("module %q: malformed answer", name.Name)
	}
	first, err := d.Text()
	if err != nil {
		return ModuleSource{}, errorf("module %q: malformed answer", name.Name)
	}
	if n == 1 {
		return ModuleSource{}, errorf("%s", first)
	}
	text, err := d.Text()
	if err != nil || d.Done() != nil {
		return ModuleSource{}, errorf("module %q: malformed answer", name.Name)
	}
	return ModuleSource{Path: first, Text: []byte(text)}, nil
}

// codeRequest is what GET_MODULE asks for. Its data is a chunk's hash, as bytes,
// and the answer the chunk; or a module's name, as an array of importer, name and
// extension, and the answer an array of its path and its text, or of the reason
// why there is none.
type codeRequest struct {
	hash value.Hash
	name *ModuleName // nil: by hash
}

func (q codeRequest) encode() []byte {
	var e codec.Encoder
	if q.name == nil {
		e.Bytes(value.Bytes(q.hash[:]))
		return e.Buf
	}
	e.Array(3)
	e.Text(q.name.Importer)
	e.Text(q.name.Name)
	e.Text(q.name.Extension)
	return e.Buf
}

// maxRequest bounds a request, in bytes: paths are no longer.
const maxRequest = 16 << 10

func readCodeRequest(data []byte) (q codeRequest, err error) {
	if len(data) > maxRequest {
		return q, errorf("a request of %d bytes", len(data))
	}
	v, err := codec.Decode(data, codec.Limits{})
	if err != nil {
		return q, err
	}
	switch v := v.(type) {
	case value.Bytes:
		if len(v) == len(q.hash) {
			copy(q.hash[:], v)
			return q, nil
		}
	case value.List:
		if len(v) != 3 {
			break
		}
		importer, ok1 := v[0].(string)
		name, ok2 := v[1].(string)
		ext, ok3 := v[2].(string)
		if ok1 && ok2 && ok3 {
			q.name = &ModuleName{importer, name, ext}
			return q, nil
		}
	}
	return q, errorf("neither a hash nor a name")
}
