//go:build !child

package main

import (
	"context"
	"errors"
	"fmt"
	"log/slog"
	"os"
	"path/filepath"
	"slices"
	"strings"

	"github.com/spf13/cobra"

	"github.com/mitoscript/mitoscript/cmd/mitoscript/scripttest"
	"github.com/mitoscript/mitoscript/interp"
	"github.com/mitoscript/mitoscript/mitogen"
	"github.com/mitoscript/mitoscript/mitogen/value"
	"github.com/mitoscript/mitoscript/stdlib/reference"
)

func docCmd() *cobra.Command {
	pages := ""
	cmd := &cobra.Command{
		Use:   "doc [NAME]",
		Short: "prints the documentation of a builtin, module or function; without a name, lists the modules",
		Args:  cobra.MaximumNArgs(1),
		RunE: func(_ *cobra.Command, args []string) error {
			lib, err := documentation()
			if err != nil {
				return err
			}
			if pages != "" {
				return writePages(lib, pages)
			}
			if len(args) == 0 {
				fmt.Print(lib.Overview())
				return nil
			}
			text, ok := lib.Text(args[0])
			if !ok {
				return unknownName(lib, args[0])
			}
			fmt.Print(text)
			return nil
		},
		ValidArgsFunction: func(_ *cobra.Command, args []string, start string) ([]string, cobra.ShellCompDirective) {
			lib, err := documentation()
			if err != nil || len(args) > 0 {
				return nil, cobra.ShellCompDirectiveNoFileComp
			}
			names := slices.DeleteFunc(lib.Names(), func(n string) bool { return !strings.HasPrefix(n, start) })
			return names, cobra.ShellCompDirectiveNoFileComp
		},
	}
	cmd.Flags().StringVar(&pages, "pages", "", "write the reference, a page for each module, into this folder")
	return cmd
}

// documentation is that of all modules and objects that a script of the master
// has. It makes one of each to see its methods; nothing is started.
func documentation() (*reference.Library, error) {
	router := mitogen.NewRouter(mitogen.Options{Name: "master"})
	defer router.Broker().Shutdown()
	n := newNode(nodeOptions{router: router, log: slog.New(slog.DiscardHandler)})
	root := n.runtime.Router()
	modules := append(slices.Clone(n.host.Modules),
		methodsOf("router", "Makes contexts, and hands messages on. Methods of this context's router.", root))
	for _, kind := range []struct {
		name, doc, from string
		args            []value.Value
	}{
		{"Context", "Another context, or this one: the target of calls.", "router.myself", nil},
		{"Receiver", "", "Receiver", []value.Value{root}},
		{"Select", "", "Select", nil},
		{"Latch", "", "Latch", nil},
	} {
		made, err := makeOne(n.host, modules, kind.from, kind.args)
		if err != nil {
			return nil, fmt.Errorf("cannot document %s: %w", kind.name, err)
		}
		m := methodsOf(kind.name, kind.doc, made)
		if i := slices.IndexFunc(modules, func(m *interp.Module) bool { return m.Name == kind.name }); i >= 0 {
			whole := *modules[i]
			whole.Funcs = append(slices.Clone(whole.Funcs), m.Funcs...)
			whole.AttrNames = append(slices.Clone(whole.AttrNames), m.AttrNames...)
			modules[i] = &whole
			continue
		}
		modules = append(modules, m)
	}
	more := []*interp.Module{scripttest.Module(nil), languageNames()}
	interp.Seal(more)
	return reference.New(append(modules, more...))
}

// makeOne calls the function that makes an object.
func makeOne(h *interp.Host, modules []*interp.Module, from string, args []value.Value) (interp.Object, error) {
	f, ok := (&interp.Host{Modules: modules}).Builtin(from)
	if !ok {
		return nil, errors.New("there is no " + from)
	}
	h.Lock.Lock()
	defer h.Lock.Unlock()
	v, err := f.CallGo(context.Background(), args, nil)
	if err != nil {
		return nil, err
	}
	made, ok := v.(interp.Object)
	if !ok {
		return nil, errors.New(from + " makes no object")
	}
	return made, nil
}

// methodsOf makes a module of an object's methods, for its documentation.
func methodsOf(name, doc string, o interp.Object) *interp.Module {
	m := &interp.Module{Name: name, Doc: doc}
	for _, attr := range o.AttrNames() {
		v, _ := o.Attr(attr)
		if f, ok := v.(*interp.Func); ok {
			own := *f
			own.Impl = func(ctx context.Context, a *interp.Args) (value.Value, error) {
				a.Self = o
				return f.Impl(ctx, a)
			}
			m.Funcs = append(m.Funcs, &own)
		} else {
			m.AttrNames = append(m.AttrNames, attr)
		}
	}
	interp.Seal([]*interp.Module{m})
	return m
}

func unknownName(lib *reference.Library, name string) error {
	last := name[strings.LastIndex(name, ".")+1:]
	var near []string
	for _, n := range lib.Names() {
		if n == last || strings.HasSuffix(n, "."+last) {
			near = append(near, n)
		}
	}
	hint := "mitoscript doc lists the modules"
	if len(near) > 0 {
		hint = "there is " + strings.Join(near, ", ")
	}
	return &statusError{status: exitUsage, err: fmt.Errorf("doc: there is no module or function %q", name), hint: hint}
}

// writePages makes the folder hold the reference and nothing else.
func writePages(lib *reference.Library, dir string) error {
	if err := os.MkdirAll(dir, 0o755); err != nil {
		return err
	}
	pages := lib.Pages()
	old, err := filepath.Glob(filepath.Join(dir, "*.md"))
	if err != nil {
		return err
	}
	for _, path := range old {
		if _, kept := pages[filepath.Base(path)]; !kept {
			if err := os.Remove(path); err != nil {
				return err
			}
		}
	}
	for name, text := range pages {
		if err := os.WriteFile(filepath.Join(dir, name), []byte(text), 0o644); err != nil {
			return err
		}
	}
	return nil
}
