//go:build !child

package main

import (
	"context"
	"fmt"
	"io"
	"log/slog"
	"os"
	"strings"

	"github.com/spf13/cobra"

	"github.com/mitoscript/mitoscript/interp"
	"github.com/mitoscript/mitoscript/interp/library"
	"github.com/mitoscript/mitoscript/interp/vet"
	"github.com/mitoscript/mitoscript/mitogen"
)

func checkCmd() *cobra.Command {
	f := &runFlags{}
	cmd := &cobra.Command{
		Use: "check [flags] FILE…",
		ValidArgsFunction: func(*cobra.Command, []string, string) ([]string, cobra.ShellCompDirective) {
			return scriptFiles()
		},
		Short: "reads and vets scripts without running them",
		Long: "check tells what does not parse, names that nothing defines, library functions that do not exist or\n" +
			"do not take such arguments, modules that are not there, and functions that could not be sent.\n" +
			"The status is 3 if it found anything.",
		RunE: func(_ *cobra.Command, args []string) error {
			if len(args) == 0 {
				return usageError("check: give the scripts' files")
			}
			return f.check(args)
		},
	}
	f.addLang(cmd)
	return cmd
}

// check prints the findings of all files.
func (f *runFlags) check(files []string) error {
	found := 0
	for _, file := range files {
		src, err := vet.Read(file)
		if err != nil {
			return fileError(file, err)
		}
		lang, err := f.language(file)
		if err != nil {
			return err
		}
		all, err := findings(lang, src)
		if err != nil {
			return err
		}
		for _, finding := range all {
			fmt.Println(finding)
		}
		found += len(all)
	}
	if found > 0 {
		return &statusError{status: exitSyntax}
	}
	return nil
}

// findings vets one script. Its library is that of a script that runs, in a tree
// that nothing joins. A file that is itself a module names others from the folder of
// its main script, which is likely to be this one.
func findings(lang string, src interp.Source) ([]vet.Finding, error) {
	log := slog.New(slog.NewTextHandler(io.Discard, nil))
	res := &resolver{}
	router := mitogen.NewRouter(mitogen.Options{Log: log, Resolve: res.resolve, Name: "master"})
	defer func() { router.Broker().Shutdown(); router.Broker().Join() }()
	programs, err := binaries()
	if err != nil {
		return nil, err
	}
	res.n = newNode(nodeOptions{
		extra: testingModule(src.Path), router: router, log: log, stdin: strings.NewReader(""), stdout: io.Discard, stderr: io.Discard,
		loader: library.NewFinder(src.Path, os.Getenv("MITOSCRIPT_PATH")+string(os.PathListSeparator)+"."), script: src.Path, binaries: programs,
		exit: func(context.Context, int) error { return errExit },
	})
	c := &vet.Checker{Host: res.n.host}
	res.n.host.Lock.Lock()
	defer res.n.host.Lock.Unlock()
	return c.Check(context.Background(), lang, src)
}
