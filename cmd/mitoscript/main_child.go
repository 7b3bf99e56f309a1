//go:build child

package main

import (
	"fmt"
	"os"

	"github.com/mitoscript/mitoscript/mitogen/fakessh"
)

func main() {
	if len(os.Args) > 1 && os.Args[1] == childCommand {
		os.Exit(childMain(os.Args[2:]))
	}
	if fakessh.IsClient() {
		os.Exit(fakessh.ClientMain())
	}
	fmt.Fprintf(os.Stderr, "mitoscript: this is the child of mitoscript %s (build %s): it is started by another mitoscript\n", version, build)
	os.Exit(2)
}
