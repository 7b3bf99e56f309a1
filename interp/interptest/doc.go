// Package interptest holds the tests that every script language must pass.
//
// Run takes a language and a folder of scripts: NAME.star or NAME.lua for each
// case that Cases lists, and what they load. A script does what its case says
// with the functions of the module t and hands what it found to t.record; the
// case says what must have been recorded, so that all languages agree.
//
// A World stands for a tree of two contexts: a master, and a child in the same
// test that shares nothing with it but a map of chunks. Everything that passes
// between them is encoded and decoded on the way.
package interptest
