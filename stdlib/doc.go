// Package stdlib is the standard library for scripts: modules of plain Go
// functions on neutral values, which each language's binder offers to its
// scripts. One folder holds one module, or a few that belong together:
//
//	system os            digest  hash base64 hex     format/json  json
//	fs     fs            regex   re                  format/csv   csv
//	path   path          clock   time                format/ini   ini
//	proc   proc          arith   math (Starlark's)   network      net
//	stdio  stdio         random  random uuid         user         user
//	logging log                                      format/yaml  yaml
//	archive archive                                  format/toml  toml
//	web     http                                     template     template
//	progress progress                                prompt       prompt
//
// What is not a module: oserror, which words failures of the operating system.
package stdlib
