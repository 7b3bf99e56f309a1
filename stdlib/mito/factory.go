package mito

import (
	"context"
	"strings"
	"unicode"

	"github.com/mitoscript/mitoscript/interp"
	"github.com/mitoscript/mitoscript/mitogen"
	"github.com/mitoscript/mitoscript/mitogen/value"
)

// The kinds of a factory's parameters.
type paramKind int

const (
	textKind paramKind = iota
	intKind
	boolKind
	secondsKind
	listKind
	keysKind // True, False, "enforce", "accept" or "ignore"
	contextKind
	funcKind
)

// option is a parameter of a factory.
type option struct {
	name     string
	kind     paramKind
	required bool
	def      value.Value
	doc      string
}

func (op option) param() interp.Param {
	return interp.Param{Name: op.name, Doc: op.doc, Required: op.required, Default: op.def}
}

// factory makes contexts by one method.
type factory struct {
	method, doc string
	options     []option // its own and the common ones, in order
	check       func(opts *value.Dict) error
}

// setup is what a factory was asked for.
type setup struct {
	method string
	opts   *value.Dict
	via    *mitogen.Context
	onFork *value.Func
}

// factories gives each factory of the router and its _async twin.
func factories() []method[*routerObject] {
	var out []method[*routerObject]
	for _, f := range catalogue() {
		params := make([]interp.Param, 0, len(f.options)+1)
		for _, op := range f.options {
			params = append(params, op.param())
		}
		params = append(params, interp.Param{Name: "python_path", KeywordOnly: true, Doc: "Refused: see binary_path."})
		out = append(out,
			method[*routerObject]{interp.Func{Name: f.method, Doc: f.doc, Params: params}, f.connect},
			method[*routerObject]{interp.Func{Name: f.method + "_async", Params: params,
				Doc: "Does as " + f.method + ", but returns a Receiver of the Context at once; its cancel() aborts the set-up."}, f.connectAsync})
	}
	return out
}

func (f factory) connect(ctx context.Context, o *routerObject, a *interp.Args) (value.Value, error) {
	s, err := f.read(o, a)
	if err != nil {
		return nil, err
	}
	var v value.Value
	a.Unlocked(func() { v, err = o.run(ctx, s) })
	return v, err
}

func (f factory) connectAsync(_ context.Context, o *routerObject, a *interp.Args) (value.Value, error) {
	s, err := f.read(o, a)
	if err != nil {
		return nil, err
	}
	rv, err := o.rt.promise(o.r, func(ctx context.Context) (value.Value, error) { return o.run(ctx, s) })
	if err != nil {
		return nil, err
	}
	return o.rt.view(rv), nil
}

// run sets the context up, without the script lock.
func (o *routerObject) run(ctx context.Context, s setup) (value.Value, error) {
	c, err := o.connector.Connect(ctx, s.via, s.method, s.opts)
	if err != nil {
		return nil, err
	}
	if s.onFork == nil {
		return o.rt.Context(c), nil
	}
	e, err := c.EncodeCall(&mitogen.Call{Func: s.onFork}, mitogen.CallNames{})
	if err == nil {
		_, err = e.Do(ctx)
	}
	if err != nil {
		_ = o.connector.Shutdown(ctx, c, false) // the first error tells why
		e := *value.AsError(err)
		e.Also = append([]value.Kind{value.KindStream}, e.Also...)
		return nil, &e
	}
	return o.rt.Context(c), nil
}

// read checks the arguments, before anything starts.
func (f factory) read(o *routerObject, a *interp.Args) (setup, error) {
	s := setup{method: f.method, opts: &value.Dict{}}
	if a.Given("python_path") {
		return s, a.Errorf("python_path is not supported: there is no Python; binary_path names a mitoscript on the target")
	}
	if o.connector == nil {
		return s, a.Errorf("this process cannot make contexts")
	}
	for _, op := range f.options {
		if !a.Given(op.name) {
			continue
		}
		if err := op.read(o, a, &s); err != nil {
			return s, err
		}
	}
	if name, ok := s.opts.Get("remote_name"); ok {
		if text, _ := name.(string); strings.Contains(text, "/") {
			return s, a.Errorf("argument remote_name: %q contains a slash", text)
		}
	}
	if name, ok := s.opts.Get("name"); ok {
		text, _ := name.(string)
		if err := checkName(a, text); err != nil {
			return s, err
		}
	}
	for name, on := range map[string]bool{"profiling": o.profiling, "debug": o.debug} {
		if _, given := s.opts.Get(name); on && !given {
			_ = s.opts.Set(name, true) // text is hashable
		}
	}
	if f.check == nil {
		return s, nil
	}
	if err := f.check(s.opts); err != nil {
		return s, a.Errorf("%v", err)
	}
	return s, nil
}

// maxName is how many bytes a context's name may have.
const maxName = 99

// checkName keeps logs, which show names in each line, readable.
func checkName(a *interp.Args, name string) error {
	if len(name) > maxName {
		return a.Errorf("argument name: %d bytes are more than %d", len(name), maxName)
	}
	if strings.ContainsFunc(name, unicode.IsControl) {
		return a.Errorf("argument name: %q contains a control character", name)
	}
	return nil
}

// read checks one argument and puts it where it belongs.
func (op option) read(o *routerObject, a *interp.Args, s *setup) error {
	v := a.Value(op.name)
	var err error
	switch op.kind {
	case contextKind:
		via, err := contextArg(a, op.name, o.r)
		if via != nil {
			s.via = via.c
		}
		return err
	case funcKind:
		if v == nil {
			return nil
		}
		s.onFork, err = o.rt.target(o.rt.ctx, a, op.name, o.r)
		return err
	case textKind:
		_, err = a.String(op.name)
	case intKind:
		_, err = a.Int(op.name)
	case boolKind:
		_, err = a.Bool(op.name)
	case secondsKind:
		_, _, err = a.Timeout(op.name)
	case listKind:
		_, err = a.Strings(op.name)
	case keysKind:
		err = checkKeys(a, v)
	}
	if err != nil {
		return err
	}
	if op.required && v == nil {
		return a.Errorf("argument %s: want string, got null", op.name)
	}
	return s.opts.Set(op.name, v)
}

func checkKeys(a *interp.Args, v value.Value) error {
	switch v {
	case nil, true, false, "enforce", "accept", "ignore":
		return nil
	}
	if text, ok := v.(string); ok {
		return value.Errorf(value.KindValue, "%s: argument check_host_keys: want True, False, \"enforce\", \"accept\" or \"ignore\", got %q", a.Func.Name, text)
	}
	return a.Errorf("argument check_host_keys: want bool or string, got %s", value.TypeName(v))
}
