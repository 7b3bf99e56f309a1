package starlark

import (
	"fmt"

	startime "go.starlark.net/lib/time"
	star "go.starlark.net/starlark"
	"go.starlark.net/syntax"

	"github.com/mitoscript/mitoscript/interp"
	"github.com/mitoscript/mitoscript/interp/ship"
	"github.com/mitoscript/mitoscript/mitogen/value"
)

// survey walks all that a function refers to before anything is built of it: to
// refuse what cannot travel, to find what is shared, and to note what the result
// depends on.
type survey struct {
	in      *Interp
	seen    map[any]*thing
	globals map[*star.Module]star.StringDict
	deps    []dep
	// volatile says that something reached can change in place.
	volatile bool
	depth    int
}

// thing is something with an identity: a container or a function.
type thing struct {
	refs int
	// plain is data all through; valid when the thing was walked.
	plain bool
	// content of a container, size in items, roughly.
	content mutability
	size    int
	// ref is its node, None as long as it has none.
	ref ship.Ref
	fn  *captured
	// chunk is what a frozen list or dict was encoded as before: its items, which
	// cannot have changed, are not walked again.
	chunk *value.Chunk
}

// captured is a function that travels by value.
type captured struct {
	source          *ship.Source
	names           []star.Value
	cells, defaults []star.Value // nil: none
}

// mutability says whether the containers of a tree are frozen; the bits add up.
type mutability uint8

const (
	immutable mutability = 0
	frozen    mutability = 1
	mutable   mutability = 2
)

// dep is a variable that was read, and its value.
type dep struct {
	fn   *star.Function
	cell int // index of a captured variable, -1 for a name
	use  use
	val  star.Value
}

// summary is what is known of a walked value.
type summary struct {
	plain   bool
	content mutability
	size    int
}

// refusal says why something cannot travel, and where it is: a path that is put
// together on the way out.
type refusal struct {
	what  string
	place string
	path  []string // innermost first
}

func (r *refusal) inside(step string) *refusal {
	r.path = append(r.path, step)
	return r
}

func (r *refusal) near(pos syntax.Position) *refusal {
	if r.place == "" && pos.Line > 0 {
		r.place = fmt.Sprintf(" (%s:%d)", pos.Filename(), pos.Line)
	}
	return r
}

// err gives the Error for the function called name.
func (r *refusal) err(name string) error {
	return value.Errorf(value.KindError, "%s: %s%s", interp.Place(name, r.path), r.what, r.place)
}

func cannotSend(what string) *refusal { return &refusal{what: "cannot send " + article(what)} }

// maxSize is where counting ends: shared parts count wherever they stand.
const maxSize = 1 << 29

// leafSize is the size that short scalars count for.
const leafSize = 8

func (s *survey) walk(v star.Value) (summary, *refusal) {
	switch v := v.(type) {
	case star.NoneType, star.Bool, star.Int, star.Float, blobValue, secretValue,
		startime.Time, startime.Duration, *errorValue, referenceValue:
		return summary{plain: true, size: leafSize}, nil
	case star.String:
		return summary{plain: true, size: len(v)}, nil
	case star.Bytes:
		return summary{plain: true, size: len(v)}, nil
	case star.Tuple:
		if len(v) == 0 {
			return summary{plain: true}, nil
		}
		return s.container(v)
	case *star.List, *star.Dict, *star.Set, *structValue:
		return s.container(v)
	case *outcome:
		return s.container(v.record())
	case *star.Function:
		return summary{}, s.function(v)
	case *star.Builtin:
		return summary{}, s.builtin(v)
	}
	return s.live(v)
}

// live walks what travels by name, or knows itself how.
func (s *survey) live(v star.Value) (summary, *refusal) {
	switch v := v.(type) {
	case *moduleValue, *callableModule, state:
		return summary{}, nil
	case goObject:
		if _, ok := s.in.env.objects[v.object()]; ok {
			return summary{}, nil
		}
		s.volatile = true
		if p, ok := v.object().(value.Porter); ok {
			if _, err := p.Port(); err != nil {
				return summary{}, &refusal{what: value.AsError(err).Message}
			}
			return summary{}, nil
		}
	case *foreign:
		s.volatile = true
		return summary{}, nil
	case star.Sequence:
		if v.Type() == "range" {
			return summary{plain: true, content: frozen, size: v.Len() * leafSize}, nil
		}
	}
	return summary{}, cannotSend(v.Type())
}

func (s *survey) builtin(b *star.Builtin) *refusal {
	if _, ok := s.in.env.nameOf[b]; ok {
		return nil
	}
	if b.Receiver() == nil {
		return cannotSend("function " + b.Name())
	}
	_, bad := s.walk(b.Receiver())
	return bad
}

// identity is the key of what may be shared.
func identity(v star.Value) any {
	if t, ok := v.(star.Tuple); ok {
		return tupleKey{&t[0], len(t)}
	}
	return v
}

type tupleKey struct {
	first *star.Value
	n     int
}

func (s *survey) container(v star.Value) (summary, *refusal) {
	key := identity(v)
	if t, ok := s.seen[key]; ok {
		t.refs++
		return summary{plain: t.plain, content: t.content, size: t.size}, nil
	}
	if c, ok := s.in.knownChunk(v); ok {
		s.seen[key] = &thing{refs: 1, ref: ship.None, plain: true, content: frozen, size: chunkSize, chunk: c}
		return summary{plain: true, content: frozen, size: chunkSize}, nil
	}
	if s.depth >= maxDepth {
		return summary{}, &refusal{what: fmt.Sprintf("cannot send values nested more than %d deep", maxDepth)}
	}
	s.depth++
	defer func() { s.depth-- }()
	t := &thing{refs: 1, ref: ship.None}
	s.seen[key] = t
	sum := summary{plain: true, content: s.ownContent(v), size: leafSize}
	bad := eachItem(v, func(item star.Value, at func() string) *refusal {
		got, bad := s.walk(item)
		if bad != nil {
			return bad.inside(at())
		}
		sum.plain = sum.plain && got.plain
		sum.content |= got.content
		sum.size = min(sum.size+min(got.size, maxSize), maxSize)
		return nil
	})
	t.plain, t.content, t.size = sum.plain, sum.content, sum.size
	return sum, bad
}

func (s *survey) ownContent(v star.Value) mutability {
	switch v.(type) {
	case *star.List, *star.Dict, *star.Set:
		if isFrozen(v) {
			return frozen
		}
		s.volatile = true
		return mutable
	}
	return immutable
}

// eachItem calls fn with everything directly inside v and a way to name its place.
func eachItem(v star.Value, fn func(item star.Value, at func() string) *refusal) *refusal {
	switch v := v.(type) {
	case *star.Dict:
		for k, item := range v.Entries() {
			at := func() string { return "[" + k.String() + "]" }
			if bad := fn(k, at); bad != nil {
				return bad
			}
			if bad := fn(item, at); bad != nil {
				return bad
			}
		}
	case *structValue:
		for i, item := range v.values {
			if bad := fn(item, func() string { return "." + v.names[i] }); bad != nil {
				return bad
			}
		}
	case star.Iterable:
		i := 0
		for item := range star.Elements(v) {
			if bad := fn(item, func() string { return fmt.Sprintf("[%d]", i) }); bad != nil {
				return bad
			}
			i++
		}
	}
	return nil
}
