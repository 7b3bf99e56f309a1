// Package toml is the scripts' module toml. Order of keys is kept. Times without
// a zone are read as UTC.
package toml
