package parent

import (
	"compress/gzip"
	"context"
	"errors"
	"io"

	"github.com/mitoscript/mitoscript/mitogen/bootstrap"
	"github.com/mitoscript/mitoscript/mitogen/transport"
	"github.com/mitoscript/mitoscript/mitogen/value"
)

// The statuses of a command that cannot be executed and of one that is not found
// (POSIX, Shell Command Language, 2.8.2), which container tools use too.
const (
	statusNoExec   = 126
	statusNotFound = 127
)

// couldNotStart reports whether a far side ended because what it was to run, a
// shell, is not there.
func couldNotStart(end error) bool {
	var exit *transport.ExitError
	return errors.As(end, &exit) && exit.Signal == 0 && (exit.Code == statusNoExec || exit.Code == statusNotFound)
}

// install puts the program on a target without a shell by the transport's own
// means, and starts it.
func (s *setup) install(ctx context.Context, in transport.Installer) (transport.Link, io.Reader, error) {
	goos, arch, err := in.Platform(ctx)
	if err != nil {
		return nil, nil, s.named(err)
	}
	s.f.Log().Debug("there is no shell: copying the program", "transport", s.t.Name(), "platform", goos+"/"+arch)
	program, err := s.program(ctx, bootstrap.Platform{OS: goos, Arch: arch})
	if err != nil {
		return nil, nil, err
	}
	opts := s.bootOptions(ctx)
	link, err := in.OpenBinary(ctx, program, opts.Args)
	if err != nil {
		return nil, nil, s.named(err)
	}
	link, res, err := s.await(ctx, link, opts)
	if err != nil {
		return nil, nil, err
	}
	return link, s.rest(link, res), nil
}

// program is the whole binary for a platform, uncompressed.
func (s *setup) program(ctx context.Context, pf bootstrap.Platform) ([]byte, error) {
	bin, err := s.f.opts.Binaries.Open(ctx, pf)
	if err != nil {
		return nil, err
	}
	packed, err := bin.Gzip()
	if err != nil {
		return nil, value.Errorf(value.KindStream, "cannot read the program for %s: %w", pf, err)
	}
	defer func() { _ = packed.Close() }()
	unpacked, err := gzip.NewReader(packed)
	if err == nil {
		var data []byte
		if data, err = io.ReadAll(unpacked); err == nil {
			return data, nil
		}
	}
	return nil, value.Errorf(value.KindStream, "cannot unpack the program for %s: %w", pf, err)
}
