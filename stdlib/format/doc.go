// Package format holds what the modules of text formats (json, yaml, toml, csv,
// ini) have in common: the form of encode and decode, and their errors.
package format
