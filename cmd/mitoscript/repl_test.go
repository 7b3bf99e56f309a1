//go:build !child

package main

import (
	"fmt"
	"os"
	"os/exec"
	"path/filepath"
	"slices"
	"strings"
	"testing"
	"time"
)

// terminal is a real one, with mitoscript's prompt in it.
type terminal struct {
	t      *testing.T
	socket string
	home   string
}

// newTerminal opens the prompt in a terminal of 80 columns.
func newTerminal(t *testing.T, env ...string) *terminal {
	t.Helper()
	tm := onTerminal(t, 80, env...)
	tm.wait(">>>")
	return tm
}

// onTerminal runs mitoscript with args in a terminal of so many columns. Variables
// stand before the arguments.
func onTerminal(t *testing.T, columns int, args ...string) *terminal {
	t.Helper()
	need(t, "tmux")
	dir := t.TempDir()
	tm := &terminal{t: t, socket: filepath.Join(dir, "tmux"), home: dir}
	// The shell outlives the program and tells how it ended: tmux may miss that of a
	// program that ends together with its terminal.
	command := []string{"trap : INT; env", "HOME=" + dir, "XDG_STATE_HOME=", "PS1="}
	rest := slices.IndexFunc(args, func(a string) bool { return !strings.Contains(a, "=") })
	if rest < 0 {
		rest = len(args)
	}
	command = append(append(command, args[:rest]...), filepath.Join(os.Getenv(programDirEnv), "mitoscript"))
	for _, a := range args[rest:] {
		command = append(command, "'"+strings.ReplaceAll(a, "'", `'\''`)+"'")
	}
	t.Cleanup(func() { _ = exec.Command("tmux", "-S", tm.socket, "kill-server").Run() })
	tm.tmux("-f", "/dev/null", "new-session", "-d", "-x", fmt.Sprint(columns), "-y", "24", "-c", dir,
		strings.Join(command, " ")+`; echo "[status $?]"; exec sleep 600`)
	return tm
}

func (tm *terminal) tmux(args ...string) string {
	tm.t.Helper()
	cmd := exec.Command("tmux", append([]string{"-S", tm.socket}, args...)...)
	cmd.Env = append(os.Environ(), "TMUX=", "LC_ALL=C.UTF-8")
	out, err := cmd.CombinedOutput()
	if err != nil {
		tm.t.Fatalf("tmux %q: %v: %s", args, err, out)
	}
	return string(out)
}

// keys presses keys: "Enter", "C-c", "Tab", or types a text.
func (tm *terminal) keys(keys ...string) {
	tm.t.Helper()
	tm.tmux(append([]string{"send-keys"}, keys...)...)
}

// line types a text and presses Enter.
func (tm *terminal) line(text string) {
	tm.t.Helper()
	tm.tmux("send-keys", "-l", text)
	tm.keys("Enter")
}

func (tm *terminal) screen() string {
	tm.t.Helper()
	return strings.TrimRight(tm.tmux("capture-pane", "-p", "-J", "-S", "-"), "\n ")
}

// wait waits until the screen has all the texts.
func (tm *terminal) wait(texts ...string) string {
	tm.t.Helper()
	tick := time.NewTicker(20 * time.Millisecond)
	defer tick.Stop()
	for deadline := time.Now().Add(processTimeout); ; <-tick.C {
		screen, missing := tm.screen(), ""
		for _, text := range texts {
			if !strings.Contains(screen, text) {
				missing = text
			}
		}
		if missing == "" {
			return screen
		}
		if time.Now().After(deadline) {
			tm.t.Fatalf("no %q on the screen:\n%s", missing, screen)
		}
	}
}

// prompt waits until the line that is typed is empty: what runs has ended.
func (tm *terminal) prompt() {
	tm.t.Helper()
	tm.promptIs(">>>")
}

// promptIs waits until the prompt, as the language has it, stands on an empty line.
func (tm *terminal) promptIs(prompt string) {
	tm.t.Helper()
	tick := time.NewTicker(20 * time.Millisecond)
	defer tick.Stop()
	for deadline := time.Now().Add(processTimeout); lastLine(tm.screen()) != prompt; <-tick.C {
		if time.Now().After(deadline) {
			tm.t.Fatalf("no prompt:\n%s", tm.screen())
		}
	}
}

// lastLine is what the cursor stands in.
func lastLine(screen string) string { return screen[strings.LastIndexByte(screen, '\n')+1:] }

func TestPromptOnATerminal(t *testing.T) {
	t.Parallel()
	tm := newTerminal(t)
	tm.line("web = router.local(name=\"web1\")")
	tm.line("base = 100")
	tm.line("def twice(x):")
	tm.line("    return 2 * x + base")
	tm.line("")
	tm.line("web.call(twice, 4)")
	tm.wait("\n108\n")

	// History, then completion of a name, an attribute and a keyword.
	tm.prompt()
	tm.keys("Up", "BSpace", "BSpace")
	tm.line("6)")
	tm.wait("\n112\n")
	tm.prompt()
	tm.line("web.context_i\t")
	tm.wait(">>> web.context_id\n1\n")
	tm.prompt()
	tm.line("web.options(timeo\t30).call(twi\t, 7)")
	tm.wait("timeout=30).call(twice, 7)\n114\n")

	// A call that hangs is cancelled, here and there; the prompt lives on.
	tm.line("web.call(lambda: [print(\"hanging\"), time.sleep(600)])")
	tm.wait("stdout: hanging")
	tm.keys("C-c")
	tm.wait("CancelledError: interrupted\n>>>")
	tm.line("web.call(twice, 8)")
	tm.wait("\n116\n")
	tm.prompt()
	tm.keys("-l", "half typed")
	tm.keys("C-c")
	tm.prompt()
	tm.keys("-l", "web.ca\t\t")
	tm.wait("call_no_reply") // a list of completions
	tm.keys("C-c")
	tm.prompt()
	tm.line(":contexts")
	tm.wait("\nmaster\n└─ web1 (1)\n")

	// What a child logs stands above the line that is being typed.
	tm.line("def later():")
	tm.line("    while not fs.exists(\"" + tm.home + "/go\"): time.sleep(0.01)")
	tm.line("    log.warning(\"from below\")")
	tm.line("")
	tm.line("web.call_no_reply(later)")
	tm.prompt()
	tm.tmux("send-keys", "-l", "1 + 2 +")
	tm.wait(">>> 1 + 2 +")
	if err := os.WriteFile(filepath.Join(tm.home, "go"), nil, 0o600); err != nil {
		t.Fatal(err)
	}
	screen := tm.wait("from below")
	if last := lastLine(screen); last != ">>> 1 + 2 +" {
		t.Errorf("the line that is typed is %q", last)
	}
	tm.tmux("resize-window", "-x", "40", "-y", "20")
	tm.line(" 1000 + 1000 + 1000 + 1000 + 1000 + 1000 + 1000")
	tm.wait("\n7003\n")

	// The end; nothing stays but the history, for its owner only.
	tm.prompt()
	tm.keys("C-d")
	tm.wait("[status 0]")
	info, err := os.Stat(filepath.Join(tm.home, ".local/state/mitoscript/history"))
	if err != nil || info.Mode().Perm() != 0o600 {
		t.Errorf("the history: %v, %v", info, err)
	}
}

func TestLuaPromptOnATerminal(t *testing.T) {
	t.Parallel()
	tm := onTerminal(t, 80, "repl", "--lang", "lua")
	tm.wait("lua>")
	for _, line := range []string{`web = router:local_{name="web1"}`, "base = 100", "function twice(x)", "", "  return 2 * x + base", "end"} {
		tm.line(line)
	}
	tm.line("web:call(twice, 4)")
	tm.wait("\n108\n")
	tm.promptIs("lua>")
	tm.keys("-l", "web:call_cha\t")
	tm.promptIs("lua> web:call_chain")
	tm.keys("C-c")
	tm.promptIs("lua>")
	tm.line("web:call(function() print('hanging') time.sleep(600) end)")
	tm.wait("stdout: hanging")
	tm.keys("C-c")
	tm.wait("CancelledError: interrupted\nlua>")

	// Each language has its own names.
	tm.line("only_lua = 3")
	tm.line(":lang star")
	tm.prompt()
	tm.line("only_lua")
	tm.wait("undefined: only_lua")
	tm.line(":lang lua")
	tm.line("web:call(twice, only_lua)")
	tm.wait("\n106\n")
	tm.line(":quit")
	tm.wait("[status 0]")

	// The next session remembers.
	again := onTerminal(t, 80, "HOME="+tm.home, "repl", "--lang", "lua")
	again.wait("lua>")
	again.keys("Up", "Up")
	again.promptIs("lua> web:call(twice, only_lua)")
	again.keys("C-c")
	again.promptIs("lua>")
	again.keys("C-r")
	again.keys("-l", "base =")
	again.keys("Enter")
	again.line("base + 5")
	again.wait("\n105\n")
}

func TestPromptTakesPastes(t *testing.T) {
	t.Parallel()
	tm := newTerminal(t)
	var text strings.Builder
	text.WriteString("def many():\n    out = []\n")
	for i := range 250 {
		fmt.Fprintf(&text, "    out.append(%d)\n\n", i) // empty lines belong to the function
	}
	text.WriteString("    return out\n\ntotal = len(many())\n")
	tm.prompt()
	tm.paste(text.String(), "-p")
	tm.keys("Enter")
	tm.line("total * 2")
	tm.wait("\n500\n")

	// A terminal that does not tell what was pasted.
	text.Reset()
	for i := range 500 {
		fmt.Fprintf(&text, "x%d = %d\n", i, i)
	}
	tm.paste(text.String())
	tm.line("x499 + 1000")
	tm.wait("\n1499\n")
}

func (tm *terminal) paste(text string, flags ...string) {
	tm.t.Helper()
	file := filepath.Join(tm.home, "paste")
	if err := os.WriteFile(file, []byte(text), 0o600); err != nil {
		tm.t.Fatal(err)
	}
	tm.tmux("load-buffer", file)
	tm.tmux(append([]string{"paste-buffer"}, flags...)...)
}

func TestPromptOnADumbTerminal(t *testing.T) {
	t.Parallel()
	tm := newTerminal(t, "TERM=dumb")
	tm.line("def f(): return 20")
	tm.line("")
	tm.line("f() + 1")
	tm.wait("21\n>>>")
	tm.prompt()
	tm.keys("C-c")
	tm.wait("[status 130]")
}
