// Package template is the scripts' module template: text with Jinja2's syntax,
// rendered with Jinja2's default settings (no automatic escaping, one newline at
// the end of a template is dropped). An undefined name is an error wherever it is
// used, except by the filter default and the tests defined and undefined; an
// attribute of an undefined value is undefined as well.
//
// It is written here because no library fits into the child: pongo2 v6 adds
// 940 KB to it (gzip), gonja v2 adds 1270 KB; both look up methods by reflection,
// which keeps the linker from leaving anything out. This package works on neutral
// values without reflection.
//
// Templates from files can extend, include and import others. A template that
// opens a Secret renders to a Secret. tojson
// writes what json.encode does: compact, in the order of the keys.
package template
