package main

import (
	"bytes"
	"context"
	"encoding/json"
	"fmt"
	"os"
	"os/exec"
	"slices"
	"strings"
	"syscall"
	"time"
)

// taskTime is how long a task may take; the slowest need seconds.
const taskTime = 3 * time.Minute

// results are figures by metric's key, tool and turn; all tools of a key have the same turns.
type results map[string]map[string][]float64

// measure runs the tasks, one turn of all tools after another; the tool that begins moves on.
func (l *lab) measure(ctx context.Context, tasks []task, rounds int) (results, error) {
	got := results{}
	for _, t := range tasks {
		if t.name == "sudo" && !l.sudo {
			continue
		}
		n := rounds
		if t.slow {
			n = max(1, rounds*3/5)
		}
		present := slices.DeleteFunc(slices.Clone(t.tools), func(tool string) bool { return !l.has[tool] })
		for round := range n {
			for i := range present {
				tool := present[(i+round)%len(present)]
				figures, err := l.run(ctx, t, tool)
				if ctx.Err() != nil {
					fmt.Fprintln(os.Stderr, "interrupted: what there is so far counts")
					return got, nil
				}
				if err != nil {
					return nil, fmt.Errorf("%s by %s: %w", t.name, tool, err)
				}
				got.add(t, tool, figures)
			}
		}
		fmt.Fprintf(os.Stderr, "%s %s: %d turns\n", time.Now().Format(time.TimeOnly), t.name, n)
	}
	return got, nil
}

func (r results) add(t task, tool string, figures map[string]float64) {
	for _, m := range t.metrics {
		if v, ok := figures[m.key]; ok {
			if r[m.key] == nil {
				r[m.key] = map[string][]float64{}
			}
			r[m.key][tool] = append(r[m.key][tool], v)
		}
	}
}

// run gives what a tool measured, or how long it took if that is what counts.
func (l *lab) run(ctx context.Context, t task, tool string) (map[string]float64, error) {
	if tool == pipe {
		return raw(t.name)
	}
	ctx, cancel := context.WithTimeout(ctx, taskTime)
	defer cancel()
	argv := l.argv(t.name, tool)
	cmd := exec.CommandContext(ctx, argv[0], argv[1:]...)
	// Its children are in its group: all end if it must be ended.
	cmd.SysProcAttr = &syscall.SysProcAttr{Setpgid: true}
	cmd.Cancel = func() error { return syscall.Kill(-cmd.Process.Pid, syscall.SIGKILL) }
	cmd.WaitDelay = 5 * time.Second
	cmd.Dir = l.dir
	cmd.Env = append(os.Environ(), "XDG_STATE_HOME="+l.dir,
		"PDSH_SSH_ARGS_APPEND=-F "+l.file("ssh_config"), "CLUSTERSHELL_CFGDIR="+l.dir,
		"ANSIBLE_SSH_ARGS=-F "+l.file("ssh_config"), "ANSIBLE_CONFIG="+l.file("ansible.cfg"), "ANSIBLE_HOME="+l.file("ansible"))
	var out, said bytes.Buffer
	cmd.Stdout, cmd.Stderr = &out, &said
	start := time.Now()
	err := cmd.Run()
	took := time.Since(start)
	if err != nil {
		return nil, fmt.Errorf("%w\n%s%s", err, out.String(), said.String())
	}
	if t.name == "command" {
		return map[string]float64{"seconds": took.Seconds()}, nil
	}
	var figures map[string]float64
	if err := json.Unmarshal(out.Bytes(), &figures); err != nil {
		return nil, fmt.Errorf("it printed %q: %w", out.String(), err)
	}
	return figures, nil
}

// argv is a task's command.
func (l *lab) argv(task, tool string) []string {
	drivers := driversDir()
	args := []string{task, l.dir, fmt.Sprint(l.hosts)}
	list := strings.Join(l.names, ",")
	n := fmt.Sprint(l.hosts)
	switch tool {
	case ours:
		if task == "command" {
			return []string{l.program, "exec", "-F", l.file("ssh_config"), "-i", l.file("inventory"), "-f", n, "--max-starts", n,
				"--connect-timeout", "300s", "-q", "-o", "none", "--", "true"}
		}
		return append([]string{l.program, "run", drivers + "/mitoscript.star"}, args...)
	case python, execnet:
		return append([]string{pythonProgram, drivers + "/" + tool + "_peer.py"}, args...)
	case pdsh:
		return []string{"pdsh", "-R", "ssh", "-f", n, "-S", "-w", list, "true"}
	case clush:
		return []string{"clush", "-f", n, "-S", "-o", "-F " + l.file("ssh_config"), "-w", list, "true"}
	case ansible:
		return []string{"ansible", "all", "-i", l.file("inventory"), "-f", n, "-m", "raw", "-a", "true"}
	default:
		return []string{"sh", "-c", "printf '%s\\n' " + strings.Join(l.names, " ") +
			" | xargs -P " + n + " -I HOST ssh -F " + l.file("ssh_config") + " HOST true"}
	}
}

func median(values []float64) float64 {
	if len(values) == 0 {
		return 0
	}
	sorted := slices.Sorted(slices.Values(values))
	half := len(sorted) / 2
	if len(sorted)%2 == 0 {
		return (sorted[half-1] + sorted[half]) / 2
	}
	return sorted[half]
}

// ratio is the median, over the turns, of what of makes of a tool's figure and another's.
func (r results) ratio(key, a, b string, of func(a, b float64) float64) (float64, bool) {
	first, second := r[key][a], r[key][b]
	var ratios []float64
	for i := range min(len(first), len(second)) {
		ratios = append(ratios, of(first[i], second[i]))
	}
	return median(ratios), len(ratios) > 0
}

// driversDir has the tools' drivers; the program is run from the top of the sources.
func driversDir() string {
	dir, err := os.Getwd()
	if err != nil {
		return "bench/peers"
	}
	return dir + "/bench/peers"
}
