package parent

import "time"

// A child sends something every so often, so that its parent notices when it is gone
// without a word: a connection that was cut, a process that was stopped. It needs no
// answer, so that a link that is held up elsewhere loses nobody. Links over ssh are
// watched by ssh.
const (
	// keepAlive is how often a child is to be heard.
	keepAlive = 15 * time.Second
	// keepAliveCount is within how many of these times the loss of one is noticed.
	keepAliveCount = 3
)

// watch gives a child up that is not heard any more. Silence is counted, not timed:
// while this process is stopped, nothing is missed.
func (f *Factory) watch(ch *child, every time.Duration) {
	tick := time.NewTicker(every)
	defer tick.Stop()
	heard, silent := ch.stream.Heard(), 0
	for {
		select {
		case <-ch.stream.Done():
			return
		case <-tick.C:
		}
		silent++
		if now := ch.stream.Heard(); now != heard || !ch.stream.Listens() {
			heard, silent = now, 0
		}
		if silent == keepAliveCount-1 { // it fell silent in the interval before these
			f.Log().Error("child lost: nothing was heard of it", "context", ch.context.Name(), "for", time.Since(heard).Round(time.Second))
			ch.stream.Abort()
			return
		}
	}
}
