package bench

import (
	"bytes"
	"errors"
	"io/fs"
	"os"
	"path/filepath"
	"sync"
	"testing"
)

// TestLogHoldsEveryRecord: what append returned for stands in the file, once.
func TestLogHoldsEveryRecord(t *testing.T) {
	path := filepath.Join(t.TempDir(), "log")
	l, err := openLog(path)
	if err != nil {
		t.Fatal(err)
	}
	const writers, each = 8, 20
	var group sync.WaitGroup
	for w := range writers {
		group.Go(func() {
			for i := range each {
				if err := l.append([]byte{byte(w + 1), byte(i + 1)}); err != nil {
					t.Error(err)
				}
			}
		})
	}
	group.Wait()
	f, err := os.Open(path)
	if err != nil {
		t.Fatal(err)
	}
	text := make([]byte, 2*writers*each+2)
	if _, err := f.ReadAt(text, 0); err != nil {
		t.Fatal(err)
	}
	for w := range writers {
		for i := range each {
			found := 0
			for at := 0; at < len(text); at += 2 {
				if bytes.Equal(text[at:at+2], []byte{byte(w + 1), byte(i + 1)}) {
					found++
				}
			}
			if found != 1 {
				t.Errorf("record %d of writer %d stands %d times in the log", i, w, found)
			}
		}
	}
	if end := text[len(text)-2:]; !bytes.Equal(end, []byte{0, 0}) {
		t.Errorf("behind the records stands %v", end)
	}
	if err := errors.Join(f.Close(), l.close()); err != nil {
		t.Error(err)
	}
	if _, err := os.Stat(path); !errors.Is(err, fs.ErrNotExist) {
		t.Errorf("the log stays: %v", err)
	}
}

// TestLogTellsAFailedWrite is its control: no record counts that is not on disk.
func TestLogTellsAFailedWrite(t *testing.T) {
	l, err := openLog(filepath.Join(t.TempDir(), "log"))
	if err != nil {
		t.Fatal(err)
	}
	if err := l.file.Close(); err != nil {
		t.Fatal(err)
	}
	if err := l.append([]byte("x")); !errors.Is(err, os.ErrClosed) {
		t.Errorf("append to a closed file: %v", err)
	}
	if err := l.close(); !errors.Is(err, os.ErrClosed) {
		t.Errorf("closing it: %v", err)
	}
}
