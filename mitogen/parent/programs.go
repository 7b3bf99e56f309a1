package parent

import (
	"context"
	"io"

	"github.com/mitoscript/mitoscript/mitogen"
	"github.com/mitoscript/mitoscript/mitogen/bootstrap"
	"github.com/mitoscript/mitoscript/mitogen/value"
)

// The services by which a context gets programs for other platforms than its own
// from its parent, which may have to ask its own:
//
//	programs null                       a list of [platform, sha256, size]
//	program  [platform, sha256, offset] [size compressed, bytes from the offset on]
//
// Who asks decides how much is under way, so neither side holds more than that.
const (
	servicePrograms = "programs"
	serviceProgram  = "program"
)

// pieceSize is how many bytes of a program an answer has: few enough that other
// frames on the link do not wait for long.
const pieceSize = 128 << 10

// ProgramServices are those by which children get programs.
func (f *Factory) ProgramServices() map[string]mitogen.Service {
	return map[string]mitogen.Service{
		servicePrograms: {Policy: mitogen.FromChildren, Func: f.servePrograms},
		serviceProgram:  {Policy: mitogen.FromChildren, Func: f.serveProgram},
	}
}

func (f *Factory) servePrograms(ctx context.Context, _ *mitogen.Message, _ value.Value) (value.Value, error) {
	programs, err := f.opts.Binaries.Programs(ctx)
	if err != nil {
		return nil, err
	}
	list := make(value.List, len(programs))
	for i, p := range programs {
		list[i] = value.List{p.Platform.String(), p.Hash, p.Size}
	}
	return list, nil
}

func (f *Factory) serveProgram(ctx context.Context, _ *mitogen.Message, arg value.Value) (value.Value, error) {
	req, err := readRequest(arg)
	if err != nil {
		return nil, err
	}
	bin, err := f.opts.Binaries.Open(ctx, req.platform)
	if err != nil {
		return nil, err
	}
	if bin.Hash != req.hash {
		return nil, value.Errorf(value.KindStream, "the program for %s that is here has the sha256 %s, not %s", req.platform, bin.Hash, req.hash)
	}
	piece, err := readPiece(bin, req.offset)
	if err != nil {
		return nil, value.Errorf(value.KindStream, "cannot read the program for %s: %w", req.platform, err)
	}
	return value.List{bin.GzSize, value.Blob(piece)}, nil
}

// request is the argument of the service program.
type request struct {
	platform bootstrap.Platform
	hash     string
	offset   int64
}

func (r request) value() value.Value {
	return value.List{r.platform.String(), r.hash, r.offset}
}

func readRequest(v value.Value) (r request, err error) {
	list, _ := v.(value.List)
	if len(list) == 3 {
		name, _ := list[0].(string)
		hash, ok1 := list[1].(string)
		offset, ok2 := list[2].(int64)
		r.platform, err = bootstrap.ParsePlatform(name)
		r.hash, r.offset = hash, offset
		if err == nil && ok1 && ok2 && offset >= 0 {
			return r, nil
		}
	}
	return r, value.Errorf(value.KindError, "malformed request for a program")
}

// readPiece gives at most pieceSize bytes of the compressed program.
func readPiece(bin *bootstrap.Binary, offset int64) ([]byte, error) {
	n := min(pieceSize, bin.GzSize-offset)
	if n <= 0 {
		return nil, value.Errorf(value.KindValue, "it has %d bytes, and no byte %d", bin.GzSize, offset)
	}
	from, err := bin.Gzip()
	if err != nil {
		return nil, err
	}
	defer func() { _ = from.Close() }()
	if s, ok := from.(io.Seeker); ok {
		_, err = s.Seek(offset, io.SeekStart)
	} else {
		_, err = io.CopyN(io.Discard, from, offset)
	}
	if err != nil {
		return nil, err
	}
	piece := make([]byte, n)
	_, err = io.ReadFull(from, piece)
	return piece, err
}
