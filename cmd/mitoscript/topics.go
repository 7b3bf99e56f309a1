//go:build !child

package main

import (
	"bytes"
	"embed"
	"errors"
	"fmt"
	"io/fs"
	"os"
	"path"
	"path/filepath"
	"strings"

	"github.com/spf13/cobra"
	"github.com/spf13/cobra/doc"
)

// topicFiles are the pages of `mitoscript help TOPIC`: the first line is the title.
//
//go:embed topics/*.txt
var topicFiles embed.FS

// topics are commands that do nothing: cobra shows them as further help.
func topics() []*cobra.Command {
	names, err := fs.Glob(topicFiles, "topics/*.txt")
	if err != nil {
		panic(err) // the pattern is wrong
	}
	var all []*cobra.Command
	for _, name := range names {
		text, err := fs.ReadFile(topicFiles, name)
		if err != nil {
			panic(err) // it was embedded
		}
		title, body, _ := strings.Cut(string(text), "\n\n")
		c := &cobra.Command{Use: strings.TrimSuffix(path.Base(name), ".txt"), Short: title, Long: strings.TrimRight(body, "\n")}
		c.SetHelpTemplate("{{.Long}}\n")
		all = append(all, c)
	}
	return all
}

// strictHelp makes help of what is neither a command nor a topic an error, and so a
// shell that completion does not know.
func strictHelp(root *cobra.Command) {
	root.InitDefaultHelpCmd()
	root.InitDefaultCompletionCmd("completion")
	for _, c := range root.Commands() {
		switch show := c.Run; c.Name() {
		case "help":
			c.Run = nil
			c.RunE = func(cmd *cobra.Command, args []string) error {
				if found, _, err := root.Find(args); len(args) > 0 && (err != nil || found == root) {
					return &statusError{status: exitUsage, err: fmt.Errorf("help: there is no command and no topic %q", args[0]), hint: "mitoscript help lists them"}
				}
				show(cmd, args)
				return nil
			}
		case "completion":
			c.RunE = func(cmd *cobra.Command, _ []string) error { return cmd.Help() } // what runs has its arguments checked
		}
	}
}

// manCmd writes the manual pages; for packagers.
func manCmd() *cobra.Command {
	return &cobra.Command{
		Use: "man FOLDER", Short: "writes the manual pages", Args: cobra.ExactArgs(1), Hidden: true,
		RunE: func(cmd *cobra.Command, args []string) error {
			commands, further := filepath.Join(args[0], "man1"), filepath.Join(args[0], "man7")
			if err := errors.Join(os.MkdirAll(commands, 0o755), os.MkdirAll(further, 0o755)); err != nil {
				return usageError("man: %w", err)
			}
			root := cmd.Root()
			root.DisableAutoGenTag = true
			if err := doc.GenManTree(root, &doc.GenManHeader{Section: "1", Source: "mitoscript " + version, Manual: "mitoscript"}, commands); err != nil {
				return usageError("man: %w", err)
			}
			return manTopics(further)
		},
	}
}

// manTopics writes the topics' pages, which are not among the commands'.
func manTopics(dir string) error {
	for _, c := range topics() {
		var page bytes.Buffer
		title := "mitoscript-" + c.Name()
		fmt.Fprintf(&page, ".TH %s 7 \"\" \"mitoscript %s\" mitoscript\n.SH NAME\n%s \\- %s\n.SH DESCRIPTION\n.nf\n", strings.ToUpper(title), version, title, c.Short)
		for line := range strings.Lines(c.Long + "\n") {
			page.WriteString(`\&` + strings.ReplaceAll(line, `\`, `\e`)) // a dot or quote in front would be a request
		}
		page.WriteString(".fi\n")
		if err := os.WriteFile(filepath.Join(dir, title+".7"), page.Bytes(), 0o644); err != nil {
			return usageError("man: %w", err)
		}
	}
	return nil
}
