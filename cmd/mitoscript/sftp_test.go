//go:build !child

package main

import (
	"os"
	"path/filepath"
	"testing"
)

// A person at sftp's prompt, over a context.
func TestSFTPOnATerminal(t *testing.T) {
	t.Parallel()
	need(t, "sftp")
	s := startSSHD(t, t.TempDir())
	far := filepath.Join(t.TempDir(), "far")
	if err := os.Mkdir(far, 0o700); err != nil {
		t.Fatal(err)
	}
	tm := onTerminal(t, 120, "fakessh", "-F", s.Config, "web1", "--", "sftp", "web1:"+far)
	if err := os.WriteFile(filepath.Join(tm.home, "sent"), []byte("what was sent\n"), 0o600); err != nil {
		t.Fatal(err)
	}
	const prompt = "sftp>"
	tm.promptIs(prompt)
	for _, line := range []string{
		"mkdir a", "cd a", "put sent", "rename sent moved", "chmod 604 moved", "symlink moved link", `put sent "with space"`, "get moved got", "ls -l", "pwd",
		"rm link", "get none", "!echo on this $((1+1)) machine",
	} {
		tm.line(line)
		tm.promptIs(prompt)
	}
	tm.wait("-rw----r--", "link", "with space", "Remote working directory: "+far+"/a", `File "`+far+`/a/none" not found.`, "on this 2 machine")
	tm.tmux("send-keys", "-l", "what is dropped")
	tm.wait(prompt + " what is dropped")
	tm.keys("C-c")
	tm.promptIs(prompt)
	tm.line("bye")
	tm.wait("[status 0]")
	for _, file := range []string{filepath.Join(tm.home, "got"), filepath.Join(far, "a", "moved"), filepath.Join(far, "a", "with space")} {
		if data, err := os.ReadFile(file); string(data) != "what was sent\n" {
			t.Errorf("%s: %q, %v", file, data, err)
		}
	}
	if _, err := os.Lstat(filepath.Join(far, "a", "link")); !os.IsNotExist(err) {
		t.Errorf("the link is still there: %v", err)
	}
}

// Ctrl-C ends what runs over there.
func TestInterruptOfAProgramOnATerminal(t *testing.T) {
	t.Parallel()
	s := startSSHD(t, t.TempDir())
	tm := onTerminal(t, 120, "fakessh", "-F", s.Config, "web1", "--", "ssh", "web1", "echo it runs; exec sleep 300")
	tm.wait("it runs")
	tm.keys("C-c")
	tm.wait("[status 130]")
}
