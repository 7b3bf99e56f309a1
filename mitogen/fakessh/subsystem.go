package fakessh

import (
	"fmt"
	"time"

	"github.com/mitoscript/mitoscript/mitogen/fakessh/sftp"
	"github.com/mitoscript/mitoscript/mitogen/value"
)

// startSubsystem serves a subsystem of ssh: sftp is the only one.
func (e *end) startSubsystem(name string, await func(time.Duration) bool) error {
	if name != "sftp" {
		return fmt.Errorf("there is no subsystem %s", name)
	}
	started := e.router.Broker().Go(func() {
		defer e.release()
		status, said := uint32(0), ""
		err := sftp.Serve(&reader{e: e, stream: stdin, soon: soon{await: await}}, &writer{e: e, stream: stdout}, home())
		if err != nil && !e.over() {
			status, said = Failed, fmt.Sprintf("mitoscript: sftp: %v\n", err)
		}
		e.exit(status, said)
	})
	if !started {
		return value.Errorf(value.KindCancelled, "the context is shutting down")
	}
	return nil
}
