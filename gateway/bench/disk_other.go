//go:build !linux

package bench

import "os"

func reserve(f *os.File, size int64) error { return f.Truncate(size) }

func syncData(f *os.File) error { return f.Sync() }

func inMemory(string) bool { return false }
