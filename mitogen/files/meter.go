package files

import "time"

// interval is how long to wait between two reports of progress.
const interval = 100 * time.Millisecond

// meter counts bytes of files and reports them.
type meter struct {
	report      func(done, total int64) // nil for nobody
	done, total int64
	last        time.Time
}

func (m *meter) add(n int64) {
	m.done += n
	if m.report == nil {
		return
	}
	if now := time.Now(); now.Sub(m.last) >= interval {
		m.last = now
		m.report(m.done, max(m.total, m.done))
	}
}

// end reports that all is done.
func (m *meter) end() {
	if m.report != nil {
		m.report(m.done, m.done)
	}
}
