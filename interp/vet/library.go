package vet

import (
	"context"
	"slices"
	"strings"

	"github.com/mitoscript/mitoscript/interp"
	"github.com/mitoscript/mitoscript/mitogen/value"
)

// library is what the script's language predeclares.
type library struct {
	host  *interp.Host
	names Names
}

// function finds a function by its dotted name: of a module, or of the router.
func (l *library) function(dotted string) *interp.Func {
	if f, ok := l.host.Builtin(dotted); ok {
		return f
	}
	root, name, ok := strings.Cut(dotted, ".")
	if !ok {
		return nil
	}
	for _, m := range l.host.Modules {
		if m.Attr == nil || !m.Global || !slices.Contains(m.AttrNames, root) {
			continue
		}
		v, _ := m.Attr(context.Background(), root)
		if o, ok := v.(interp.Object); ok {
			v, _ := o.Attr(name)
			f, _ := v.(*interp.Func)
			return f
		}
	}
	return nil
}

// missing says that dotted has no member of that name; "" if it has, or may have.
func (l *library) missing(dotted, name string) string {
	all, ok := l.names.Members(dotted)
	if !ok || slices.Contains(all, name) {
		return ""
	}
	text := dotted + " has no " + name
	if near := interp.Nearest(name, all); near != "" {
		text += "; did you mean " + near + "?"
	}
	return text
}

// call are the arguments of a call as the text has them.
type call struct {
	positional int
	keywords   []string
	// open says that there are more: *args, ..., results of a call.
	open bool
	// mapped says that there are more keywords: **kwargs.
	mapped bool
}

// mismatch says how the arguments do not fit f, "" if they do.
func mismatch(f *interp.Func, c call) string {
	fields := make([]value.Field, len(c.keywords))
	for i, k := range c.keywords {
		fields[i].Name = k
	}
	if !c.open && !c.mapped {
		if _, err := interp.Match(f, nil, make([]value.Value, c.positional), fields); err != nil {
			return value.AsError(err).Message
		}
		return ""
	}
	// What is missing may be among what is not known: let every parameter be there.
	known := *f
	known.Params = slices.Clone(f.Params)
	for i := range known.Params {
		known.Params[i].Required = false
	}
	if _, err := interp.Match(&known, nil, make([]value.Value, c.positional), fields); err != nil {
		return value.AsError(err).Message
	}
	return ""
}

// isLive reports whether the result of the library function called dotted is bound
// to its process.
func isLive(dotted string) bool { return slices.Contains(liveResults, dotted) }

var liveResults = []string{
	"Receiver", "Channel", "Latch", "Select", "Message", "Message.pickled",
	"mitogen.spawn", "mitogen.Router", "mitogen.Broker",
	"proc.start", "re.compile", "fs.lock", "fs.open", "progress.bar", "progress.track",
	"coroutine.create", "coroutine.wrap", "io.open", "io.popen", "io.lines",
}

// shipping are the methods whose first argument is shipped.
var shipping = []string{"call", "call_async", "call_no_reply"}
