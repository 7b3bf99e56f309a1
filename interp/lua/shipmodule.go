package lua

import (
	"context"
	"slices"
	"strings"

	glua "github.com/yuin/gopher-lua"

	"github.com/mitoscript/mitoscript/interp"
	"github.com/mitoscript/mitoscript/interp/ship"
)

// nameOf is the name under which the module gives fn, "" if it does not: its own
// name if that is one, else any.
func (m *module) nameOf(fn *glua.LFunction, o *origin) string {
	if m.result == nil || o.span == nil {
		return ""
	}
	own := o.span.name
	if own == "" {
		own = o.span.assigned
	}
	own = own[strings.LastIndexAny(own, ".:")+1:]
	if own != "" && m.member(own) == fn {
		return own
	}
	t, ok := m.result.(*glua.LTable)
	if !ok {
		return ""
	}
	for k, v := t.Next(glua.LNil); k != glua.LNil; k, v = t.Next(k) {
		if name, ok := k.(glua.LString); ok && v == fn {
			return string(name)
		}
	}
	return ""
}

// shipped is the module as it travels, with the modules that it required so far
// and those that its text requires later. open are the paths of those that are being
// made: one that requires itself in a circle, from inside a function, is not listed
// again.
func (m *module) shipped(open []string) *ship.Module {
	loads := m.in.laterLoads(m.chunk, m.requires(), append(open, m.Path()))
	if p := m.port; p != nil && slices.Equal(p.Loads, loads) {
		return p
	}
	m.port = &ship.Module{Lang: m.in.Name(), Path: m.chunk.path, Text: m.chunk.text, Loads: loads}
	return m.port
}

// requires lists the names of all modules that it has required or may require.
func (m *module) requires() []string {
	c := m.chunk
	if c.required == nil {
		c.required = append([]string{}, requiredNames(c.text)...)
	}
	names := slices.Clone(c.required)
	for name := range c.loads {
		if !slices.Contains(c.required, name) {
			names = append(names, name)
		}
	}
	slices.Sort(names)
	return names
}

// laterLoads lists the modules that c calls by those names. A name that is not found is left to the context that
// requires it. open are the paths of the modules that are being listed.
func (in *Interp) laterLoads(c *chunk, names []string, open []string) []ship.Load {
	var loads []ship.Load
	for _, name := range names {
		if m := in.later(c, name, open); m != nil {
			loads = append(loads, ship.Load{Name: name, Module: m})
		}
	}
	return loads
}

// later is the module that c calls name, as it travels; nil if there is none to send.
func (in *Interp) later(c *chunk, name string, open []string) *ship.Module {
	if m := c.loads[name]; m != nil {
		if slices.Contains(open, m.Path()) {
			return nil
		}
		return m.shipped(open)
	}
	if sm, ok := c.later[name]; ok {
		return sm
	}
	sm := in.findLater(c, name, open)
	if c.later == nil {
		c.later = map[string]*ship.Module{}
	}
	c.later[name] = sm
	return sm
}

func (in *Interp) findLater(c *chunk, name string, open []string) *ship.Module {
	loader, ok := in.host.Loader.(interp.LocalLoader)
	if _, own := in.names.values[name].(*glua.LTable); own || !ok {
		return nil
	}
	src, err := loader.Find(context.Background(), c.path, name, in.Extension())
	if err != nil || slices.Contains(open, src.Path) {
		return nil
	}
	if m := in.modules[src.Path]; m != nil {
		return m.shipped(open)
	}
	return in.unloaded(src, open)
}

// unloaded is a module that nobody has loaded here.
func (in *Interp) unloaded(src interp.Source, open []string) *ship.Module {
	if m := in.unrun[src.Path]; m != nil {
		return m
	}
	text := scriptText(src.Text)
	m := &ship.Module{Lang: in.Name(), Path: src.Path, Text: text}
	m.Loads = in.laterLoads(newChunk(src.Path, text), requiredNames(text), append(open, src.Path))
	in.unrun[src.Path] = m
	return m
}

// loadShipped returns the library module that came with a function; its top
// level runs once in a process.
func (in *Interp) loadShipped(ctx context.Context, sm *ship.Module) (*module, error) {
	m := in.announce(sm)
	if m.result != nil {
		return m, nil
	}
	t := in.begin(ctx)
	defer in.end(t, true)
	return in.load(t, interp.Source{Path: sm.Path, Text: []byte(sm.Text)}, nil)
}

// announce makes a shipped module, and those that it requires, known without
// running them.
func (in *Interp) announce(sm *ship.Module) *module {
	m := in.modules[sm.Path]
	if m == nil {
		m = &module{in: in, chunk: newChunk(sm.Path, scriptText([]byte(sm.Text)))}
		m.chunk.module = m
		in.modules[sm.Path] = m
	}
	if m.announced != sm {
		m.announced = sm
		in.announceLoads(m.chunk, sm.Loads)
	}
	return m
}

// announceLoads makes the modules known that c requires.
func (in *Interp) announceLoads(c *chunk, loads []ship.Load) {
	for _, l := range loads {
		m := in.announce(l.Module)
		if c.loads == nil {
			c.loads = map[string]*module{}
		}
		if c.loads[l.Name] == nil {
			c.loads[l.Name] = m
		}
	}
}
