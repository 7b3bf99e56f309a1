package child

import (
	"os"
	"unsafe"
)

// setTitle shows title in the process list, in place of the command line. The
// kernel shows the memory in which the arguments came, so they are overwritten
// where they stand, as far as they reach. Nobody else needs them any more:
// os.Args is replaced by copies first.
func setTitle(title string) {
	// The short name, which top shows: that of the file is a hash, or "exe". Only
	// Linux has this file.
	_ = os.WriteFile("/proc/self/comm", []byte("mitoscript"), 0)
	room := argsMemory()
	for i, a := range os.Args {
		os.Args[i] = string(append([]byte(nil), a...))
	}
	if len(room) == 0 {
		return
	}
	n := copy(room[:len(room)-1], title)
	clear(room[n:])
}

// argsMemory is the memory of the arguments, which the kernel lays out one after
// another with a zero byte behind each; empty if they are not so.
func argsMemory() []byte {
	if len(os.Args) == 0 || os.Args[0] == "" {
		return nil
	}
	first := unsafe.StringData(os.Args[0])
	size := 0
	for _, a := range os.Args {
		if len(a) > 0 && uintptr(unsafe.Pointer(unsafe.StringData(a))) != uintptr(unsafe.Pointer(first))+uintptr(size) {
			return nil
		}
		size += len(a) + 1
	}
	return unsafe.Slice(first, size)
}
