// Package yaml is the scripts' module yaml: YAML 1.2 with its core schema, so
// that "no" and "2024-02-09" are text and 010 is ten. Merge keys ("<<") are known.
// Aliases are, within a limit on what they expand to.
package yaml
