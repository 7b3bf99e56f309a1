package user

import (
	"context"
	"strconv"

	"github.com/mitoscript/mitoscript/interp"
	"github.com/mitoscript/mitoscript/mitogen/value"
)

// Module makes the module user over a database.
func Module(d Database) *interp.Module {
	return &interp.Module{
		Name: "user",
		Doc:  "The accounts and groups of this machine.",
		Funcs: []*interp.Func{
			{Name: "current", Doc: "Returns the record of the user that this context runs as.", Blocking: true,
				Impl: func(context.Context, *interp.Args) (value.Value, error) { return d.Current().record(), nil }},
			{Name: "get", Doc: "Returns the record of a user.", Blocking: true,
				Params: []interp.Param{{Name: "name_or_uid", Doc: "Its name or number.", Required: true}},
				Impl:   d.get},
			{Name: "list", Doc: "Returns the records of all users that the machine itself knows.", Blocking: true,
				Impl: d.list},
			{Name: "group", Doc: "Returns the record of a group: name, gid, members.", Blocking: true,
				Params: []interp.Param{{Name: "name_or_gid", Doc: "Its name or number.", Required: true}},
				Impl:   d.group},
			{Name: "groups", Doc: "Returns the records of the groups of a user, its primary group first.", Blocking: true,
				Params: []interp.Param{{Name: "name", Doc: "The user's name or number; the current user if left out."}},
				Impl:   d.groupsOf},
		},
	}
}

// NameOrNumber returns the text or number in an argument as text; ok is false for None.
func NameOrNumber(a *interp.Args, name string) (text string, ok bool, err error) {
	switch v := a.Value(name).(type) {
	case nil:
		return "", false, nil
	case string:
		return v, true, nil
	}
	n, err := a.Int(name)
	if err != nil {
		return "", false, a.Errorf("argument %s: want a name or a number, got %s", name, value.TypeName(a.Value(name)))
	}
	return strconv.FormatInt(n, 10), true, nil
}

func (d Database) get(_ context.Context, a *interp.Args) (value.Value, error) {
	name, _, err := NameOrNumber(a, "name_or_uid")
	if err != nil {
		return nil, err
	}
	acc, err := d.Account(name)
	if err != nil {
		return nil, err
	}
	return acc.record(), nil
}

func (d Database) list(context.Context, *interp.Args) (value.Value, error) {
	accounts, err := d.Accounts()
	if err != nil {
		return nil, err
	}
	out := make(value.List, len(accounts))
	for i, a := range accounts {
		out[i] = a.record()
	}
	return out, nil
}

func (d Database) group(_ context.Context, a *interp.Args) (value.Value, error) {
	name, _, err := NameOrNumber(a, "name_or_gid")
	if err != nil {
		return nil, err
	}
	g, err := d.Group(name)
	if err != nil {
		return nil, err
	}
	return g.record(), nil
}

func (d Database) groupsOf(_ context.Context, a *interp.Args) (value.Value, error) {
	name, ok, err := NameOrNumber(a, "name")
	if err != nil {
		return nil, err
	}
	acc := d.Current()
	if ok {
		if acc, err = d.Account(name); err != nil {
			return nil, err
		}
	}
	groups, err := d.GroupsOf(acc)
	if err != nil {
		return nil, err
	}
	out := make(value.List, len(groups))
	for i, g := range groups {
		out[i] = g.record()
	}
	return out, nil
}

func (a Account) record() *value.Struct {
	return &value.Struct{Name: "user", Fields: []value.Field{
		{Name: "name", Value: a.Name}, {Name: "uid", Value: int64(a.UID)}, {Name: "gid", Value: int64(a.GID)},
		{Name: "home", Value: a.Home}, {Name: "shell", Value: a.Shell}, {Name: "gecos", Value: a.Gecos},
	}}
}

func (g Group) record() *value.Struct {
	members := make(value.List, len(g.Members))
	for i, m := range g.Members {
		members[i] = m
	}
	return &value.Struct{Name: "group", Fields: []value.Field{
		{Name: "name", Value: g.Name}, {Name: "gid", Value: int64(g.GID)}, {Name: "members", Value: members},
	}}
}
