package system

import (
	"time"

	"golang.org/x/sys/unix"
)

// What follows asks the kernel itself: it answers without /proc too, with less.

func kernelMemory() (memoryState, error) {
	var s unix.Sysinfo_t
	if err := unix.Sysinfo(&s); err != nil {
		return memoryState{}, err
	}
	// The cache, which could be given up, is not told.
	bytes := func(n uint64) int64 { return int64(n * uint64(s.Unit)) }
	return memoryState{
		total: bytes(uint64(s.Totalram)), available: bytes(uint64(s.Freeram) + uint64(s.Bufferram)),
		swapTotal: bytes(uint64(s.Totalswap)), swapFree: bytes(uint64(s.Freeswap)),
	}, nil
}

func kernelLoad() (l [3]float64, err error) {
	var s unix.Sysinfo_t
	if err := unix.Sysinfo(&s); err != nil {
		return l, err
	}
	const scale = 1 << 16 // SI_LOAD_SHIFT
	for i := range l {
		l[i] = float64(s.Loads[i]) / scale
	}
	return l, nil
}

func kernelBoot() (time.Time, error) {
	var up unix.Timespec
	if err := unix.ClockGettime(unix.CLOCK_BOOTTIME, &up); err != nil {
		return time.Time{}, err
	}
	return time.Now().Add(-time.Duration(up.Nano())), nil
}
