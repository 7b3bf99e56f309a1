package nativessh

import (
	"time"

	"github.com/mitoscript/mitoscript/mitogen/value"
)

// keepAlive asks the server for a sign of life every interval, and gives the
// connection up when count intervals have passed without one. Any byte that
// arrives is one. It returns when the link ends.
func (l *Link) keepAlive(interval time.Duration, count int) {
	if interval <= 0 {
		return
	}
	answers := make(chan struct{})
	tick := time.NewTicker(interval)
	defer tick.Stop()
	asking, silent, received := false, 0, int64(0)
	for {
		select {
		case <-l.ended:
			if asking {
				<-answers
			}
			return
		case <-answers:
			asking, silent = false, 0
		case <-tick.C:
			if now := l.hop.raw.received.Load(); now != received {
				received, silent = now, 0
			} else if asking {
				silent++
			}
			if silent >= count {
				l.giveUp(value.Errorf(value.KindStream, "ssh %s: connection lost: no answer to keep-alives for %v",
					l.host, time.Duration(count)*interval))
			} else if !asking {
				asking = true
				go l.ask(answers)
			}
		}
	}
}

// ask waits for the server's answer, whatever it is. The connection's end is the
// end of the wait.
func (l *Link) ask(answers chan<- struct{}) {
	_, _, _ = l.hop.client.SendRequest("keepalive@openssh.com", true, nil)
	answers <- struct{}{}
}
