package scripttest

import (
	"io/fs"
	"os"
	"path/filepath"
	"strings"
)

// IsTest tells test files by their names.
func IsTest(path string) bool {
	return strings.HasSuffix(path, "_test.star") || strings.HasSuffix(path, "_test.lua")
}

// Files are the test files that args name: files as they are, and those in
// folders, hidden ones left out; in the current folder if args is empty.
func Files(args []string) ([]string, error) {
	if len(args) == 0 {
		args = []string{"."}
	}
	var files []string
	for _, arg := range args {
		info, err := os.Stat(arg)
		if err != nil {
			return nil, err
		}
		if !info.IsDir() {
			files = append(files, arg)
			continue
		}
		err = filepath.WalkDir(arg, func(path string, d fs.DirEntry, err error) error {
			switch {
			case err != nil:
				return err
			case d.IsDir() && path != arg && strings.HasPrefix(d.Name(), "."):
				return filepath.SkipDir
			case !d.IsDir() && IsTest(path):
				files = append(files, path)
			}
			return nil
		})
		if err != nil {
			return nil, err
		}
	}
	return files, nil
}
