//go:build !child

package main

import (
	"encoding/json"
	"fmt"
	"os"
	"path/filepath"
	"runtime"
	"slices"
	"strings"
	"time"

	"github.com/spf13/cobra"
	"golang.org/x/term"
)

// runFlags are those of every command that runs a script.
type runFlags struct {
	lang    string
	code    string
	isCode  bool // code was given, empty or not
	verbose int
	quiet   bool
	logFile string
	// logFormat is text or json; "" is text.
	logFormat string
	timeout   time.Duration
	record    recordFlags
	chosen    selection // for the module inventory
}

// runCommand runs the program with its arguments and gives the exit status.
func runCommand(args []string) int {
	root := rootCommand()
	root.SetArgs(withRun(root, args))
	return exitStatus(root.Execute())
}

// withRun makes `mitoscript FILE …`, `mitoscript -v FILE …` and `mitoscript -c CODE`
// mean run.
func withRun(root *cobra.Command, args []string) []string {
	if len(args) == 0 {
		if term.IsTerminal(int(os.Stdin.Fd())) {
			return []string{"repl"}
		}
		return []string{"run", "-"}
	}
	first := args[0]
	if first == "test" { // --run is spelled as go test has it
		args = slices.Clone(args)
		for i, a := range args {
			if a == "-run" || strings.HasPrefix(a, "-run=") {
				args[i] = "-" + a
			}
		}
		return args
	}
	switch first {
	case "-h", "--help":
		return args
	case "--version":
		return append([]string{"version"}, args[1:]...)
	}
	if strings.HasPrefix(first, "-") { // a flag, or stdin
		return append([]string{"run"}, args...)
	}
	names := []string{"help", "completion", cobra.ShellCompRequestCmd, cobra.ShellCompNoDescRequestCmd}
	for _, c := range root.Commands() {
		names = append(names, c.Name())
	}
	if slices.Contains(names, first) {
		return args
	}
	if filepath.Ext(first) != "" || exists(first) {
		return append([]string{"run"}, args...)
	}
	return args
}

func exists(path string) bool {
	_, err := os.Stat(path)
	return err == nil
}

func rootCommand() *cobra.Command {
	root := &cobra.Command{
		Use:   "mitoscript FILE [ARG…]",
		Short: "runs scripts that ship their own functions to other machines and call them there",
		Long: "mitoscript runs Starlark (.star) and Lua (.lua) scripts. They open contexts on other machines,\n" +
			"under other accounts and in containers, ship their own functions to them and call them.\n" +
			"Nothing needs to be installed on a target but a shell.\n\n" +
			"Flags for the script's run stand before it: mitoscript -vv FILE. What follows FILE is the script's.",
		SilenceErrors: true, SilenceUsage: true, DisableFlagsInUseLine: true, Args: cobra.ArbitraryArgs,
		RunE: func(cmd *cobra.Command, args []string) error {
			if len(args) > 0 {
				return &statusError{
					status: exitUsage, err: fmt.Errorf("cannot run %q: there is no such command and no such script", args[0]),
					hint: "mitoscript help lists the commands",
				}
			}
			return cmd.Help()
		},
	}
	root.SetFlagErrorFunc(func(cmd *cobra.Command, err error) error {
		return &statusError{status: exitUsage, err: err, hint: "see " + cmd.CommandPath() + " --help"}
	})
	root.AddCommand(
		runCmd(),
		evalCmd(),
		replCmd(),
		checkCmd(),
		fmtCmd(),
		testCmd(),
		fakesshCmd(),
		docCmd(),
		doctorCmd(),
		execCmd(),
		cpCmd(),
		inventoryCmd(),
		versionCmd(),
		manCmd(),
	)
	root.AddCommand(topics()...)
	strictHelp(root)
	return root
}

func runCmd() *cobra.Command {
	f := &runFlags{}
	cmd := &cobra.Command{
		Use:   "run [flags] FILE [ARG…]",
		Short: "runs a .star or .lua script; - reads it from stdin",
		ValidArgsFunction: func(_ *cobra.Command, args []string, _ string) ([]string, cobra.ShellCompDirective) {
			if len(args) > 0 {
				return nil, cobra.ShellCompDirectiveDefault // the script's own
			}
			return scriptFiles()
		},
		RunE: func(cmd *cobra.Command, args []string) error {
			f.isCode = cmd.Flags().Changed("code")
			src, rest, err := f.source(args)
			if err != nil {
				return err
			}
			return runScript(f, src, rest, false)
		},
	}
	f.add(cmd)
	f.addRecord(cmd)
	f.chosen.addHosts(cmd)
	f.chosen.addAccount(cmd)
	cmd.Flags().StringVarP(&f.code, "code", "c", "", "run this code instead of a file")
	return cmd
}

func evalCmd() *cobra.Command {
	f := &runFlags{}
	cmd := &cobra.Command{
		Use:   "eval [flags] CODE [ARG…]",
		Short: "runs a line and prints the value of an expression",
		RunE: func(_ *cobra.Command, args []string) error {
			if len(args) == 0 {
				return usageError("eval: give the code to run")
			}
			f.code, f.isCode = args[0], true
			src, _, err := f.source(nil)
			if err != nil {
				return err
			}
			return runScript(f, src, args[1:], true)
		},
	}
	f.add(cmd)
	return cmd
}

func (f *runFlags) add(cmd *cobra.Command) {
	f.addLang(cmd)
	f.addLogging(cmd)
}

func (f *runFlags) addLang(cmd *cobra.Command) {
	cmd.Flags().StringVar(&f.lang, "lang", "", "the language: star or lua (default: by the file's extension, else star)")
	complete(cmd, "lang", "star", "lua")
}

// addLogging adds those that say what is logged, and for how long the command may run.
func (f *runFlags) addLogging(cmd *cobra.Command) {
	fl := cmd.Flags()
	fl.SetInterspersed(false) // what follows the script, or the program, is its own
	fl.CountVarP(&f.verbose, "verbose", "v", "log calls (-v), connection phases (-vv), frames (-vvv)")
	fl.BoolVarP(&f.quiet, "quiet", "q", false, "log errors only")
	fl.StringVar(&f.logFile, "log-file", "", "write the log to this file instead of stderr")
	fl.StringVar(&f.logFormat, "log-format", "text", "the form of the log: text, or json (an object a line)")
	complete(cmd, "log-format", "text", "json")
	spanVar(fl, &f.timeout, "timeout", 0, "end it after this time (90s, or 90), with status 124")
}

func versionCmd() *cobra.Command {
	asJSON := false
	cmd := &cobra.Command{
		Use: "version", Short: "prints the version", Args: cobra.NoArgs,
		RunE: func(*cobra.Command, []string) error {
			if !asJSON {
				fmt.Printf("mitoscript %s (build %s, %s, %s/%s)\n", version, build, runtime.Version(), runtime.GOOS, runtime.GOARCH)
				return nil
			}
			return json.NewEncoder(os.Stdout).Encode(map[string]string{
				"version": version, "build": build, "go": runtime.Version(), "os": runtime.GOOS, "arch": runtime.GOARCH,
			})
		},
	}
	cmd.Flags().BoolVar(&asJSON, "json", false, "as JSON")
	return cmd
}
