// Package fs is the scripts' module fs: files and folders of this machine.
//
// Names are bytes and need not be UTF-8. Every path may begin with "~". Long
// work (walks, copies, waits for locks) ends when the call's context does.
package fs
