package files

import (
	"context"
	"encoding/binary"
	"hash/crc32"
	"strings"

	"github.com/mitoscript/mitoscript/mitogen/value"
	"github.com/mitoscript/mitoscript/stdlib/oserror"
)

// The letters of records.
const (
	recTotal = 'T'
	recFile  = 'F'
	recDir   = 'D'
	recUp    = 'U'
	recLink  = 'L'
	recEnd   = 'E'
)

const (
	// hole stands in the place of a segment's length.
	hole = 1<<32 - 1
	// maxText bounds names and the targets of links, in bytes.
	maxText = 1 << 16
	// maxDepth bounds folders in folders, as each costs a descriptor.
	maxDepth = 400
)

// castagnoli is the polynomial of the checksum. It is to find faults of ours and of
// machines: against people there is ssh, and who hands the data on could count again.
// Processors compute it ten times as fast as SHA-256, which took a tenth of the time
// that a copy over ssh costs in all.
var castagnoli = crc32.MakeTable(crc32.Castagnoli)

var errShort = value.Errorf(value.KindChannel, "the copy ended too early")

func errMalformed(what string) error {
	return value.Errorf(value.KindError, "the other side sent what is no copy of files: %s", what)
}

// writeText writes a record's letter and texts.
func (p *pipe) writeRecord(ctx context.Context, letter byte, texts ...string) error {
	buf := []byte{letter}
	for _, s := range texts {
		buf = binary.BigEndian.AppendUint32(buf, uint32(len(s)))
		buf = append(buf, s...)
	}
	return p.write(ctx, buf)
}

func (p *pipe) writeUint32(ctx context.Context, n uint32) error {
	return p.write(ctx, binary.BigEndian.AppendUint32(nil, n))
}

func (p *pipe) readByte(ctx context.Context) (byte, error) {
	var buf [1]byte
	err := p.fill(ctx, buf[:])
	return buf[0], err
}

func (p *pipe) readUint32(ctx context.Context) (uint32, error) {
	var buf [4]byte
	err := p.fill(ctx, buf[:])
	return binary.BigEndian.Uint32(buf[:]), err
}

func (p *pipe) readUint64(ctx context.Context) (uint64, error) {
	var buf [8]byte
	err := p.fill(ctx, buf[:])
	return binary.BigEndian.Uint64(buf[:]), err
}

func (p *pipe) readText(ctx context.Context) (string, error) {
	n, err := p.readUint32(ctx)
	if err != nil {
		return "", err
	}
	if n > maxText {
		return "", errMalformed("a name of too many bytes")
	}
	buf := make([]byte, n)
	err = p.fill(ctx, buf)
	return string(buf), err
}

// readName reads the name of something in a folder, or of the root: "".
func (p *pipe) readName(ctx context.Context, root bool) (string, error) {
	name, err := p.readText(ctx)
	switch {
	case err != nil:
		return "", err
	case root && name == "":
		return "", nil
	case root || !isName(name):
		return "", value.Errorf(value.KindSecurity, "refused: %s is no name of something in a folder", oserror.Show(name))
	}
	return name, nil
}

// isName reports whether name is one part of a path that stays in its folder.
func isName(name string) bool {
	return name != "" && name != "." && name != ".." && !strings.ContainsAny(name, "/\x00")
}
