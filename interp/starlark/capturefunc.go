package starlark

import (
	star "go.starlark.net/starlark"

	"github.com/mitoscript/mitoscript/interp"
	"github.com/mitoscript/mitoscript/interp/ship"
)

// function adds a function: by reference to its module, or with what it refers to.
func (b *builder) function(fn *star.Function) (ship.Ref, error) {
	t := b.seen[fn]
	if t.ref != ship.None {
		return t.ref, nil
	}
	marks, _ := b.in.marks.get(fn)
	if lib, ok := b.moduleFor(fn); ok {
		t.ref = b.moduleRef(lib, fn.Name(), marks)
		return t.ref, nil
	}
	n := &ship.Func{Source: t.fn.source, Marks: uint8(marks)}
	t.ref = b.add(n)
	return t.ref, b.environment(n, fn, t.fn)
}

func (b *builder) environment(n *ship.Func, fn *star.Function, c *captured) error {
	u, _ := b.in.unitOf(fn)
	info, _ := u.info(fn)
	for i, v := range c.names {
		if u.lib != nil && u.lib.loaded() && info.uses[i].global {
			n.Names = append(n.Names, b.moduleRef(u.lib, info.uses[i].name, 0))
			continue
		}
		ref, err := b.build(v)
		if err != nil {
			return err
		}
		n.Names = append(n.Names, ref)
	}
	for _, v := range c.cells {
		ref, err := b.build(v)
		if err != nil {
			return err
		}
		n.Cells = append(n.Cells, b.add(&ship.Cell{Value: ref}))
	}
	for _, v := range c.defaults {
		ref := ship.None
		if v != nil {
			var err error
			if ref, err = b.build(v); err != nil {
				return err
			}
		}
		n.Defaults = append(n.Defaults, ref)
	}
	return nil
}

// moduleRef adds a global of a library module.
func (b *builder) moduleRef(lib *library, name string, marks interp.Marks) ship.Ref {
	key := moduleGlobal{lib, name, marks}
	ref, ok := b.modules[key]
	if !ok {
		ref = b.add(&ship.ModuleRef{Module: lib.form(), Name: name, Marks: uint8(marks)})
		b.modules[key] = ref
	}
	return ref
}

// form is the module with all that it loads, made once.
func (l *library) form() *ship.Module {
	if l.module != nil {
		return l.module
	}
	m := &ship.Module{Lang: langName, Path: l.unit.path, Text: l.text}
	for _, ld := range l.loads {
		m.Loads = append(m.Loads, ship.Load{Name: ld.name, Module: ld.lib.form()})
	}
	l.module = m
	return m
}
