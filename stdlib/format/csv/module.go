package csv

import (
	"context"
	"encoding/csv"
	"errors"
	"io"
	"sort"
	"strconv"
	"strings"

	"github.com/mitoscript/mitoscript/interp"
	"github.com/mitoscript/mitoscript/mitogen/value"
	"github.com/mitoscript/mitoscript/stdlib/format"
	"github.com/mitoscript/mitoscript/stdlib/format/json"
)

// Module makes the module csv.
func Module() *interp.Module {
	encode := format.Encode("CSV", Encode)
	encode.Doc = "Returns a list of rows (dicts or lists) as CSV text. Dicts get a line with their keys first."
	encode.Params[1].Doc = "Has no meaning here."
	decode := &interp.Func{Name: "decode",
		Doc: "Reads CSV text: a list of dicts by the names in its first line, or of lists with header=False. All values are text.",
		Params: []interp.Param{{Name: "text", Doc: "Text or bytes.", Required: true},
			{Name: "header", Doc: "The first line holds the names of the columns.", Default: true}},
		Impl: func(_ context.Context, a *interp.Args) (value.Value, error) {
			text, err := a.Data("text")
			if err != nil {
				return nil, err
			}
			header, err := a.Bool("header")
			if err != nil {
				return nil, err
			}
			return decode(text, header)
		}}
	return &interp.Module{Name: "csv", Doc: "Tables as comma separated text.", Funcs: []*interp.Func{encode, decode}}
}

func decode(text string, header bool) (value.Value, error) {
	r := csv.NewReader(strings.NewReader(strings.TrimPrefix(text, "\ufeff")))
	r.FieldsPerRecord = -1
	out := value.List{}
	var names []string
	for {
		row, err := r.Read()
		if err == io.EOF {
			return out, nil
		}
		var bad *csv.ParseError
		if errors.As(err, &bad) {
			return nil, format.ParseError("CSV", bad.Line, bad.Column, bad.Err.Error())
		}
		if err != nil {
			return nil, value.AsError(err)
		}
		if header && names == nil {
			names = row
			continue
		}
		if header && len(row) > len(names) {
			line, _ := r.FieldPos(len(names))
			return nil, format.ParseError("CSV", line, 0, strconv.Itoa(len(row))+" fields, but only "+strconv.Itoa(len(names))+" names")
		}
		v, err := rowValue(names, row)
		if err != nil {
			return nil, err
		}
		out = append(out, v)
	}
}

// rowValue is a dict by names, a list without them. A field that is missing is None.
func rowValue(names, row []string) (value.Value, error) {
	if names == nil {
		list := make(value.List, len(row))
		for i, f := range row {
			list[i] = f
		}
		return list, nil
	}
	d := &value.Dict{}
	for i, n := range names {
		var v value.Value
		if i < len(row) {
			v = row[i]
		}
		if err := d.Set(n, v); err != nil {
			return nil, err
		}
	}
	return d, nil
}

// Encode writes rows. Dicts and structs are written by the names of all rows, in
// the order in which they first come.
func Encode(v value.Value, o format.Options) (string, error) {
	rows, ok := items(v)
	if !ok {
		return "", value.Errorf(value.KindValue, "cannot encode %s as CSV: want a list of rows", value.TypeName(v))
	}
	names := columns(rows)
	if o.SortKeys {
		sort.Strings(names)
	}
	var b strings.Builder
	w := csv.NewWriter(&b)
	if len(names) > 0 {
		write(w, &b, names)
	}
	for i, row := range rows {
		fields, err := rowTexts(row, names, "["+strconv.Itoa(i)+"]")
		if err != nil {
			return "", err
		}
		write(w, &b, fields)
	}
	w.Flush()
	return b.String(), w.Error()
}

// write writes a row. One that is a single empty field needs quotes: an empty line
// is no row.
func write(w *csv.Writer, b *strings.Builder, row []string) {
	if len(row) == 1 && row[0] == "" {
		w.Flush()
		b.WriteString("\"\"\n")
		return
	}
	_ = w.Write(row) // a Builder does not fail
}

func items(v value.Value) ([]value.Value, bool) {
	switch v := v.(type) {
	case value.List:
		return v, true
	case value.Tuple:
		return v, true
	}
	return nil, false
}

// fields gives a row's values by name; ok is false for a list.
func fields(row value.Value) (out []value.Field, ok bool) {
	switch row := row.(type) {
	case *value.Struct:
		return row.Fields, true
	case *value.Dict:
		for _, it := range row.Items() {
			name, _ := it.Key.(string)
			out = append(out, value.Field{Name: name, Value: it.Value})
		}
		return out, true
	}
	return nil, false
}

func columns(rows []value.Value) []string {
	var names []string
	seen := map[string]bool{}
	for _, row := range rows {
		named, _ := fields(row)
		for _, f := range named {
			if !seen[f.Name] {
				seen[f.Name] = true
				names = append(names, f.Name)
			}
		}
	}
	return names
}

func rowTexts(row value.Value, names []string, path string) ([]string, error) {
	if list, ok := items(row); ok && names == nil {
		out := make([]string, len(list))
		for i, v := range list {
			s, ok := fieldText(v)
			if !ok {
				return nil, format.Refuse("CSV", path+"["+strconv.Itoa(i)+"]", v)
			}
			out[i] = s
		}
		return out, nil
	}
	named, ok := fields(row)
	if !ok {
		return nil, format.Refuse("CSV", path, row)
	}
	texts := map[string]string{}
	for _, f := range named {
		s, ok := fieldText(f.Value)
		if !ok {
			return nil, format.Refuse("CSV", path+"["+strconv.Quote(f.Name)+"]", f.Value)
		}
		texts[f.Name] = s
	}
	out := make([]string, len(names))
	for i, n := range names {
		out[i] = texts[n]
	}
	return out, nil
}

// fieldText writes a field; None is empty.
func fieldText(v value.Value) (string, bool) {
	switch v := v.(type) {
	case nil:
		return "", true
	case string:
		return v, true
	case value.Bytes:
		return string(v), true
	case value.Secret:
		return v.Text(), true
	case bool:
		return strings.ToUpper(strconv.FormatBool(v)[:1]) + strconv.FormatBool(v)[1:], true
	case float64:
		return json.Float(v), true
	case int64:
		return strconv.FormatInt(v, 10), true
	case interface{ String() string }:
		return v.String(), true
	}
	return "", false
}
