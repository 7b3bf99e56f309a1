// Package path is the scripts' module path: names of files, without looking at
// the files. It follows os.path and pathlib of Python. Names are bytes; nothing
// here needs them to be UTF-8.
package path
