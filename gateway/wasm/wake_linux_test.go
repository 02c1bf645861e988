package wasm

import (
	"encoding/binary"
	"os"
	"testing"
	"time"

	"golang.org/x/sys/unix"
)

// wakes calls each so many times, so often, woken as by a request: by the kernel, through Go's poller. (Go's own timers are up to a
// millisecond late, whatever else goes on.) It gives how long after it was due each was done; of those that were missed each
// is late by as much as it is.
func wakes(t *testing.T, every time.Duration, times int, each func()) (took []time.Duration) {
	t.Helper()
	fd, err := unix.TimerfdCreate(unix.CLOCK_MONOTONIC, unix.TFD_NONBLOCK|unix.TFD_CLOEXEC)
	if err != nil {
		t.Fatal(err)
	}
	timer := os.NewFile(uintptr(fd), "timer")
	defer timer.Close() //nolint:errcheck // it is only read
	interval := unix.NsecToTimespec(every.Nanoseconds())
	due := time.Now()
	if err := unix.TimerfdSettime(fd, 0, &unix.ItimerSpec{Interval: interval, Value: interval}, nil); err != nil {
		t.Fatal(err)
	}
	for b := make([]byte, 8); len(took) < times; {
		if _, err := timer.Read(b); err != nil {
			t.Fatal(err)
		}
		for range binary.NativeEndian.Uint64(b) {
			due = due.Add(every)
			each()
			took = append(took, time.Since(due))
		}
	}
	return took
}
