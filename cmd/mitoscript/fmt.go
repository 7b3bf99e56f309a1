//go:build !child

package main

import (
	"bytes"
	"errors"
	"fmt"
	"os"
	"path/filepath"

	"github.com/spf13/cobra"
	"go.starlark.net/syntax"

	"github.com/mitoscript/mitoscript/interp/format"
	"github.com/mitoscript/mitoscript/interp/vet"
)

func fmtCmd() *cobra.Command {
	write := false
	cmd := &cobra.Command{
		Use:   "fmt [-w] FILE…",
		Short: "formats Starlark scripts: to stdout, or in place with -w",
		RunE: func(_ *cobra.Command, args []string) error {
			if len(args) == 0 {
				return usageError("fmt: give the scripts' files")
			}
			for _, file := range args {
				if err := formatFile(file, write); err != nil {
					return err
				}
			}
			return nil
		},
	}
	cmd.Flags().BoolVarP(&write, "write", "w", false, "write the files instead of stdout")
	return cmd
}

func formatFile(file string, write bool) error {
	if filepath.Ext(file) == ".lua" {
		return usageError("cannot format %s: fmt formats Starlark", file)
	}
	src, err := vet.Read(file)
	if err != nil {
		return fileError(file, err)
	}
	out, err := format.Source(src)
	var bad syntax.Error
	switch {
	case errors.As(err, &bad):
		return &statusError{status: exitSyntax, err: fmt.Errorf("%s:%d:%d: %s", file, bad.Pos.Line, bad.Pos.Col, bad.Msg)}
	case err != nil:
		return &statusError{status: exitScript, err: err}
	case !write:
		_, err := os.Stdout.Write(out)
		return err
	case bytes.Equal(out, src.Text):
		return nil
	}
	if err := replaceFile(file, out); err != nil {
		return fmt.Errorf("cannot write %s: %w", file, err)
	}
	return nil
}

// replaceFile gives a file new contents: all or nothing. A link stays one.
func replaceFile(path string, data []byte) error {
	path, err := filepath.EvalSymlinks(path)
	if err != nil {
		return err
	}
	info, err := os.Stat(path)
	if err != nil {
		return err
	}
	tmp, err := os.CreateTemp(filepath.Dir(path), "."+filepath.Base(path)+".*")
	if err != nil {
		return err
	}
	defer func() { _ = os.Remove(tmp.Name()) }()
	_, err = tmp.Write(data)
	if err := errors.Join(err, tmp.Chmod(info.Mode().Perm()), tmp.Close()); err != nil {
		return err
	}
	return os.Rename(tmp.Name(), path)
}
