// Package archive is the scripts' module archive: tar, tar.gz, tar.zst and zip.
// Modes and links are kept; owners are not. What an archive holds is checked whole
// before anything of it is written.
package archive
