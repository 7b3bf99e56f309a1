package stdlib

import (
	"context"
	"io"
	"log/slog"
	"os"
	"time"

	"github.com/mitoscript/mitoscript/interp"
	"github.com/mitoscript/mitoscript/mitogen/pgroup"
	"github.com/mitoscript/mitoscript/mitogen/value"
	"github.com/mitoscript/mitoscript/stdlib/archive"
	"github.com/mitoscript/mitoscript/stdlib/arith"
	"github.com/mitoscript/mitoscript/stdlib/clock"
	"github.com/mitoscript/mitoscript/stdlib/digest"
	"github.com/mitoscript/mitoscript/stdlib/format/csv"
	"github.com/mitoscript/mitoscript/stdlib/format/ini"
	"github.com/mitoscript/mitoscript/stdlib/format/json"
	"github.com/mitoscript/mitoscript/stdlib/format/toml"
	"github.com/mitoscript/mitoscript/stdlib/format/yaml"
	"github.com/mitoscript/mitoscript/stdlib/fs"
	"github.com/mitoscript/mitoscript/stdlib/logging"
	"github.com/mitoscript/mitoscript/stdlib/luaio"
	"github.com/mitoscript/mitoscript/stdlib/network"
	"github.com/mitoscript/mitoscript/stdlib/path"
	"github.com/mitoscript/mitoscript/stdlib/proc"
	"github.com/mitoscript/mitoscript/stdlib/progress"
	"github.com/mitoscript/mitoscript/stdlib/prompt"
	"github.com/mitoscript/mitoscript/stdlib/random"
	"github.com/mitoscript/mitoscript/stdlib/regex"
	"github.com/mitoscript/mitoscript/stdlib/stdio"
	"github.com/mitoscript/mitoscript/stdlib/system"
	"github.com/mitoscript/mitoscript/stdlib/template"
	"github.com/mitoscript/mitoscript/stdlib/user"
	"github.com/mitoscript/mitoscript/stdlib/web"
)

// Host is what library functions may touch of the process that they run in. Its
// fields are set before Modules is called and not changed after.
type Host struct {
	// Stdin is what stdio.read reads; nil is empty. It is also the terminal of
	// programs run with capture=False, if it is one.
	Stdin io.Reader
	// Stdout and Stderr get what scripts and their programs print; nil drops it.
	Stdout, Stderr io.Writer
	// Log gets the records of the module log; nil drops them.
	Log *slog.Logger
	// Master says that this is the master: a person may sit at its terminal.
	Master bool
	// Exit begins the end of this context for os.exit; see system.Exit. Nil if
	// scripts may not end it.
	Exit func(ctx context.Context, code int) error
	// Send gives a value to a Sender that arrived as an argument of a builtin; nil
	// if this process cannot.
	Send func(ctx context.Context, to value.SenderRef, v value.Value) error
	// Progress gets what the bars of scripts report, as a child's that sends it to
	// the master; nil for Stderr: drawn if it is a terminal, else as plain lines.
	Progress progress.Sink

	// Guard ends the programs of scripts should this process be killed; nil for no
	// such thing.
	Guard *pgroup.Guard

	groups proc.Groups
	bars   progress.Host
	below  *progress.Collector
}

// EndAll ends the programs that scripts started and that still run: by SIGTERM,
// after the grace by SIGKILL. No program starts after it. Bars that nobody ended stay
// as they are by then.
func (h *Host) EndAll(grace time.Duration) {
	if drawing, ok := h.bars.Sink.(*progress.Drawing); ok {
		drawing.Flush() // bars that nobody ended
	}
	h.groups.EndAll(grace)
}

// Detached gives the sessions that scripts started to outlive the context.
func (h *Host) Detached() []int { return h.groups.Detached() }

// Bar shows the progress of work that is no script's own, by a bar that appears
// with the first report. Modules was called before.
func (h *Host) Bar(title string) (report func(done, total int64), end func()) {
	return h.bars.Follow(title)
}

// BarBelow shows a report of a bar of the context called name, which source stands
// for, and says whether it is the first of that context. Modules was called before.
func (h *Host) BarBelow(source any, name string, e progress.Event) (first bool) {
	return h.below.Report(source, name, e)
}

// EndBarsBelow ends the bars of a context that is gone.
func (h *Host) EndBarsBelow(source any) { h.below.Gone(source) }

// Through gives a writer that keeps clear of the bars, if those are drawn and w is
// a terminal, else w itself. Modules was called before.
func (h *Host) Through(w io.Writer) io.Writer {
	drawing, drawn := h.bars.Sink.(*progress.Drawing)
	f, isFile := w.(*os.File)
	if !drawn || !isFile || !progress.IsTerminal(f) {
		return w
	}
	return drawing.Through(w)
}

// Modules makes the modules that every context has.
func Modules(h *Host) []*interp.Module {
	if h.bars.Sink = h.Progress; h.bars.Sink == nil {
		h.bars.Sink = progress.SinkOn(h.Stderr)
	}
	h.below = progress.NewCollector(&h.bars)
	stdout, stderr := h.Through(h.Stdout), h.Through(h.Stderr)
	var terminal func() (prompt.Terminal, error)
	if h.Master {
		terminal = prompt.Open
	}
	input := stdio.NewInput(h.Stdin)
	h.groups.Guard = h.Guard
	programs := &proc.Host{Stdin: h.Stdin, Stdout: h.Stdout, Stderr: h.Stderr, Groups: &h.groups, Send: h.Send}
	return []*interp.Module{
		system.Module(h.Exit),
		fs.Module(),
		stdio.Module(input, stdout, stderr),
		path.Module(),
		proc.Module(programs),
		network.Module(),
		json.Module(),
		yaml.Module(),
		toml.Module(),
		csv.Module(),
		ini.Module(),
		regex.Module(),
		clock.Module(),
		arith.Module(),
		random.Module(),
		digest.Module(),
		digest.Base64(),
		digest.Hex(),
		random.UUID(),
		user.Module(user.Database{}),
		template.Module(),
		progress.Module(&h.bars),
		prompt.Module(terminal),
		archive.Module(),
		web.Module(),
		logging.Module(h.Log),
		luaio.OS(programs),
		luaio.Module(&luaio.Host{Stdin: input, Stdout: stdout, Stderr: stderr, Programs: programs}),
	}
}
