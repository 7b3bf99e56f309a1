//go:build !child

package main

import "github.com/spf13/cobra"

// complete lets shells offer the values of a flag.
func complete(cmd *cobra.Command, flag string, values ...string) {
	if err := cmd.RegisterFlagCompletionFunc(flag, cobra.FixedCompletions(values, cobra.ShellCompDirectiveNoFileComp)); err != nil {
		panic(err) // there is no such flag
	}
}

// scriptFiles makes shells offer scripts and folders.
func scriptFiles() ([]string, cobra.ShellCompDirective) {
	return []string{"star", "lua"}, cobra.ShellCompDirectiveFilterFileExt
}
