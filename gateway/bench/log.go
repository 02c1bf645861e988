package bench

import (
	"errors"
	"fmt"
	"os"
	"sync"
)

// logSize is how far the log grows before it begins anew, so that a long measurement does not fill the disk.
const logSize = 1 << 30

// syncedLog is the most that a disk can do for durable records: what all who wait have to write is written together
// and synced once.
type syncedLog struct {
	file *os.File
	done chan struct{} // closed when run has ended

	mu      sync.Mutex
	some    *sync.Cond // there are records, or the log is to be closed
	buf     []byte
	waiting []chan error
	closed  bool
}

// openLog makes a log. As any serious one it has its room from the start: otherwise each sync would have to write the
// file's new size as well.
func openLog(path string) (*syncedLog, error) {
	f, err := os.Create(path) //nolint:gosec // in a folder of the measurement's own
	if err != nil {
		return nil, fmt.Errorf("making the log: %w", err)
	}
	if err := reserve(f, logSize); err != nil {
		return nil, errors.Join(fmt.Errorf("reserving 1 GiB for the log %s: %w", path, err), f.Close())
	}
	l := &syncedLog{file: f, done: make(chan struct{})}
	l.some = sync.NewCond(&l.mu)
	go l.run()
	return l, nil
}

// append returns when the record is on disk.
func (l *syncedLog) append(record []byte) error {
	done := make(chan error, 1)
	l.mu.Lock()
	l.buf = append(l.buf, record...)
	l.waiting = append(l.waiting, done)
	l.mu.Unlock()
	l.some.Signal()
	return <-done
}

func (l *syncedLog) run() {
	defer close(l.done)
	var buf []byte
	var waiting []chan error
	var at int64
	for {
		l.mu.Lock()
		for len(l.waiting) == 0 && !l.closed {
			l.some.Wait()
		}
		if len(l.waiting) == 0 {
			l.mu.Unlock()
			return
		}
		l.buf, buf = buf[:0], l.buf
		l.waiting, waiting = waiting[:0], l.waiting
		l.mu.Unlock()
		if at+int64(len(buf)) > logSize {
			at = 0
		}
		_, err := l.file.WriteAt(buf, at)
		if err == nil {
			err = syncData(l.file)
		}
		at += int64(len(buf))
		for _, w := range waiting {
			w <- err
		}
	}
}

// close ends the log and removes it.
func (l *syncedLog) close() error {
	l.mu.Lock()
	l.closed = true
	l.mu.Unlock()
	l.some.Signal()
	<-l.done
	return errors.Join(l.file.Close(), os.Remove(l.file.Name()))
}
