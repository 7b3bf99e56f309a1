package fakessh

import (
	"encoding/binary"
	"errors"
	"fmt"
	"io"
	"net"
	"os"
	"syscall"

	"golang.org/x/sys/unix"

	"github.com/mitoscript/mitoscript/mitogen/codec"
	"github.com/mitoscript/mitoscript/mitogen/value"
)

// maxHello bounds what an ssh may say of itself, in bytes: as long as a system's
// longest command line.
const maxHello = 4 << 20

// hello is the one message of an ssh to Run: 4 bytes of length, with the three
// descriptors, then [token, subsystem, command, environment].
type hello struct {
	token     string
	subsystem bool
	command   string
	env       []string // NAME=VALUE
}

func (h *hello) encode() ([]byte, error) {
	env := value.List{}
	for _, kv := range h.env {
		env = append(env, value.Bytes(kv))
	}
	return codec.Encode(value.List{h.token, h.subsystem, value.Bytes(h.command), env})
}

func decodeHello(data []byte) (*hello, error) {
	v, err := codec.Decode(data, codec.Limits{})
	if err != nil {
		return nil, err
	}
	parts, _ := v.(value.List)
	if len(parts) != 4 {
		return nil, errors.New("malformed request")
	}
	h := &hello{}
	token, ok1 := parts[0].(string)
	sub, ok2 := parts[1].(bool)
	command, ok3 := parts[2].(value.Bytes)
	env, ok4 := parts[3].(value.List)
	if !ok1 || !ok2 || !ok3 || !ok4 {
		return nil, errors.New("malformed request")
	}
	h.token, h.subsystem, h.command = token, sub, string(command)
	for _, kv := range env {
		text, ok := kv.(value.Bytes)
		if !ok {
			return nil, errors.New("malformed request")
		}
		h.env = append(h.env, string(text))
	}
	return h, nil
}

// sendHello sends h and the descriptors files.
func sendHello(conn *net.UnixConn, h *hello, files []int) error {
	body, err := h.encode()
	if err != nil {
		return err
	}
	if len(body) > maxHello {
		return fmt.Errorf("the command is longer than %d bytes", maxHello)
	}
	length := binary.BigEndian.AppendUint32(nil, uint32(len(body)))
	if _, _, err := conn.WriteMsgUnix(length, unix.UnixRights(files...), nil); err != nil {
		return err
	}
	_, err = conn.Write(body)
	return err
}

// readHello reads what sendHello sent. The caller closes the files, also with an error.
func readHello(conn *net.UnixConn) (h *hello, files []int, err error) {
	length, oob := make([]byte, 4), make([]byte, unix.CmsgSpace(4*streams))
	syscall.ForkLock.RLock() // where the system cannot receive them closed on exec
	n, oobn, _, _, err := conn.ReadMsgUnix(length, oob)
	if err == nil {
		files, err = rights(oob[:oobn])
	}
	syscall.ForkLock.RUnlock()
	switch {
	case err != nil:
		return nil, files, err
	case n == 0:
		return nil, files, io.EOF
	case n < len(length):
		return nil, files, io.ErrUnexpectedEOF
	case len(files) != streams:
		return nil, files, errors.New("it sent no descriptors")
	}
	size := binary.BigEndian.Uint32(length)
	if size > maxHello {
		return nil, files, fmt.Errorf("it sent %d bytes", size)
	}
	body := make([]byte, size)
	if _, err := io.ReadFull(conn, body); err != nil {
		return nil, files, io.ErrUnexpectedEOF // io.EOF is for one that sent nothing
	}
	h, err = decodeHello(body)
	return h, files, err
}

// rights are the descriptors of a control message.
func rights(oob []byte) (files []int, err error) {
	messages, err := unix.ParseSocketControlMessage(oob)
	if err != nil {
		return nil, err
	}
	for i := range messages {
		fds, err := unix.ParseUnixRights(&messages[i])
		if err != nil {
			continue // not rights
		}
		files = append(files, fds...)
	}
	for _, fd := range files {
		unix.CloseOnExec(fd)
	}
	return files, nil
}

func closeAll(files []int) {
	for _, fd := range files {
		_ = os.NewFile(uintptr(fd), "").Close()
	}
}
