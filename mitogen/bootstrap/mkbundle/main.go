// Command mkbundle makes the bundle of programs that mitoscript pushes:
//
//	mkbundle DIR BUILD OS-ARCH=PROGRAM...
package main

import (
	"errors"
	"fmt"
	"os"
	"strings"

	"github.com/mitoscript/mitoscript/mitogen/bootstrap"
)

func main() {
	if err := run(os.Args[1:]); err != nil {
		fmt.Fprintln(os.Stderr, "mkbundle:", err)
		os.Exit(1)
	}
}

func run(args []string) error {
	if len(args) < 3 {
		return errors.New("give a folder, a build and programs: mkbundle DIR BUILD OS-ARCH=PROGRAM")
	}
	files := make(map[bootstrap.Platform]string)
	for _, arg := range args[2:] {
		name, path, _ := strings.Cut(arg, "=")
		pf, err := bootstrap.ParsePlatform(name)
		if err != nil {
			return err
		}
		if _, twice := files[pf]; twice || path == "" {
			return fmt.Errorf("%s: give one program for each platform", arg)
		}
		files[pf] = path
	}
	return bootstrap.WriteBundle(args[0], args[1], files)
}
