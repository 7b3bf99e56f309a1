package archive

import (
	"context"
	"strings"

	"github.com/mitoscript/mitoscript/interp"
	"github.com/mitoscript/mitoscript/mitogen/value"
	"github.com/mitoscript/mitoscript/stdlib/oserror"
	"github.com/mitoscript/mitoscript/stdlib/path"
)

// Module makes the module archive.
func Module() *interp.Module {
	file := interp.Param{Name: "path", Doc: "The archive.", Required: true}
	return &interp.Module{Name: "archive", Doc: "Archives: tar, tar.gz, tar.zst and zip.", Funcs: []*interp.Func{
		{Name: "create", Doc: "Packs files and folders into a new archive, each under the last part of its path.", Blocking: true, Impl: createFunc,
			Params: []interp.Param{file, {Name: "sources", Doc: "A path or a list of paths.", Required: true},
				{Name: "format", Doc: "\"tar\", \"tar.gz\", \"tar.zst\" or \"zip\"; told by the archive's name if left out."}}},
		{Name: "extract", Doc: "Unpacks an archive into a folder, which is made if need be. An archive with a member that would leave the folder, by its name or by links, is refused before anything is written.", Blocking: true, Impl: extractFunc,
			Params: []interp.Param{file, {Name: "dest", Doc: "The folder.", Required: true},
				{Name: "max_size", Doc: "Bytes that its members may have in all, each counted with 1 KiB more; if left out 1 GiB, or 200 times the archive's size if that is more."}}},
		{Name: "list", Doc: "Returns the names of an archive's members.", Blocking: true, Impl: listFunc,
			Params: []interp.Param{file}},
	}}
}

func listFunc(ctx context.Context, a *interp.Args) (value.Value, error) {
	file, err := path.Arg(a, "path")
	if err != nil {
		return nil, err
	}
	names := value.List{}
	err = each(ctx, file, func(m member) error {
		names = append(names, strings.TrimSuffix(m.name, "/"))
		return nil
	})
	if err != nil {
		return nil, oserror.Wrap("list", file, err)
	}
	return names, nil
}

func createFunc(ctx context.Context, a *interp.Args) (value.Value, error) {
	file, err := path.Arg(a, "path")
	if err != nil {
		return nil, err
	}
	format, err := a.String("format")
	if err != nil {
		return nil, err
	}
	if format == "" {
		format = file
	}
	var sources []string
	if one, ok := a.Value("sources").(string); ok {
		sources = []string{one}
	} else if sources, err = a.Strings("sources"); err != nil {
		return nil, err
	}
	for i := range sources {
		sources[i] = path.Home(sources[i])
	}
	return nil, oserror.Wrap("create", file, create(ctx, file, kindOf(format), sources))
}

func extractFunc(ctx context.Context, a *interp.Args) (value.Value, error) {
	file, err := path.Arg(a, "path")
	if err != nil {
		return nil, err
	}
	dest, err := path.Arg(a, "dest")
	if err != nil {
		return nil, err
	}
	limit, err := limitArg(a, file)
	if err != nil {
		return nil, err
	}
	return nil, oserror.Wrap("extract", file, extract(ctx, file, dest, limit))
}

// kindOf tells a format by its name or by that of a file; "" if it cannot.
func kindOf(name string) string {
	name = "." + strings.ToLower(name)
	for _, k := range [][2]string{{".tar.gz", "gz"}, {".tgz", "gz"}, {".tar.zst", "zst"}, {".tzst", "zst"}, {".tar", "tar"}, {".zip", "zip"}} {
		if strings.HasSuffix(name, k[0]) {
			return k[1]
		}
	}
	return ""
}
