package wasm

import (
	"crypto/rand"
	"encoding/binary"
	"runtime"
	"time"
)

// WASI preview 1, as much of it as a plugin gets: clocks, random numbers, arguments, environment and the three standard
// streams. It is ours rather than the engine's for three reasons: each call counts as a host call, nothing that a guest
// can make long (random numbers, sleep, a write of many pieces) outlasts the deadline, and there is no code in it
// that could open a file.

// Error numbers of WASI.
const (
	wasiOK         = 0
	wasiBadFile    = 8
	wasiInvalid    = 28
	wasiNoSystem   = 52
	wasiNotSup     = 58
	wasiSeekOnPipe = 70
)

var wasiPreview1 = map[string]hostFunction{
	"args_get":                wasi("ii", func(c *call, s []uint64) uint64 { return c.putStrings(c.arguments, arg(s, 0), arg(s, 1)) }),
	"args_sizes_get":          wasi("ii", func(c *call, s []uint64) uint64 { return c.putSizes(c.arguments, arg(s, 0), arg(s, 1)) }),
	"environ_get":             wasi("ii", func(c *call, s []uint64) uint64 { return c.putStrings(c.environment, arg(s, 0), arg(s, 1)) }),
	"environ_sizes_get":       wasi("ii", func(c *call, s []uint64) uint64 { return c.putSizes(c.environment, arg(s, 0), arg(s, 1)) }),
	"clock_res_get":           wasi("ii", clockResolution),
	"clock_time_get":          wasi("iIi", clockTime),
	"fd_fdstat_get":           wasi("ii", fileStatus),
	"fd_filestat_get":         wasi("ii", fileAttributes),
	"fd_fdstat_set_flags":     wasi("ii", standardStream),
	"fd_close":                wasi("i", standardStream),
	"fd_datasync":             wasi("i", standardStream),
	"fd_sync":                 wasi("i", standardStream),
	"fd_advise":               wasi("iIIi", standardStream),
	"fd_seek":                 wasi("iIii", always(wasiSeekOnPipe)),
	"fd_tell":                 wasi("ii", always(wasiSeekOnPipe)),
	"fd_read":                 wasi("iiii", readStream),
	"fd_write":                wasi("iiii", writeStream),
	"poll_oneoff":             wasi("iiii", poll),
	"proc_exit":               declare("i", exit),
	"proc_raise":              wasi("i", always(wasiNoSystem)),
	"random_get":              wasi("ii", random),
	"sched_yield":             wasi("", func(*call, []uint64) uint64 { runtime.Gosched(); return wasiOK }),
	"fd_allocate":             wasi("iII", always(wasiBadFile)),
	"fd_fdstat_set_rights":    wasi("iII", always(wasiBadFile)),
	"fd_filestat_set_size":    wasi("iI", always(wasiBadFile)),
	"fd_filestat_set_times":   wasi("iIIi", always(wasiBadFile)),
	"fd_pread":                wasi("iiiIi", always(wasiBadFile)),
	"fd_prestat_get":          wasi("ii", always(wasiBadFile)),
	"fd_prestat_dir_name":     wasi("iii", always(wasiBadFile)),
	"fd_pwrite":               wasi("iiiIi", always(wasiBadFile)),
	"fd_readdir":              wasi("iiiIi", always(wasiBadFile)),
	"fd_renumber":             wasi("ii", always(wasiNotSup)),
	"path_create_directory":   wasi("iii", always(wasiBadFile)),
	"path_filestat_get":       wasi("iiiii", always(wasiBadFile)),
	"path_filestat_set_times": wasi("iiiiIIi", always(wasiBadFile)),
	"path_link":               wasi("iiiiiii", always(wasiBadFile)),
	"path_open":               wasi("iiiiiIIii", always(wasiBadFile)),
	"path_readlink":           wasi("iiiiii", always(wasiBadFile)),
	"path_remove_directory":   wasi("iii", always(wasiBadFile)),
	"path_rename":             wasi("iiiiii", always(wasiBadFile)),
	"path_symlink":            wasi("iiiii", always(wasiBadFile)),
	"path_unlink_file":        wasi("iii", always(wasiBadFile)),
	"sock_accept":             wasi("iii", always(wasiBadFile)),
	"sock_recv":               wasi("iiiiii", always(wasiBadFile)),
	"sock_send":               wasi("iiiii", always(wasiBadFile)),
	"sock_shutdown":           wasi("ii", always(wasiBadFile)),
}

// wasi declares a function that answers an error number.
func wasi(params string, f func(c *call, s []uint64) uint64) hostFunction {
	return declare(params+":i", func(c *call, s []uint64) { s[0] = f(c, s) })
}

func always(errno uint64) func(*call, []uint64) uint64 {
	return func(*call, []uint64) uint64 { return errno }
}

func (c *call) put32(at, v uint32) { binary.LittleEndian.PutUint32(c.view("wasi", at, 4), v) }
func (c *call) put64(at uint32, v uint64) {
	binary.LittleEndian.PutUint64(c.view("wasi", at, 8), v)
}

// putSizes answers how many strings there are and how many bytes they take.
func (c *call) putSizes(list []string, count, bytes uint32) uint64 {
	n := 0
	for _, s := range list {
		n += len(s) + 1
	}
	c.put32(count, uint32(len(list)))
	c.put32(bytes, uint32(n))
	return wasiOK
}

// putStrings writes strings that end in a zero byte, and where each begins.
func (c *call) putStrings(list []string, pointers, to uint32) uint64 {
	for i, s := range list {
		c.put32(pointers+4*uint32(i), to)
		b := c.view("wasi", to, uint32(len(s))+1)
		b[copy(b, s)] = 0
		to += uint32(len(b))
	}
	return wasiOK
}

// The clocks are the system's: a Go guest's collector stops working under one that stands still.
const (
	clockRealtime = iota
	clockMonotonic
	clockProcess
	clockThread
)

var began = time.Now()

func clockResolution(c *call, s []uint64) uint64 {
	if arg(s, 0) > clockThread {
		return wasiInvalid
	}
	c.put64(arg(s, 1), 1)
	return wasiOK
}

func clockTime(c *call, s []uint64) uint64 {
	switch arg(s, 0) {
	case clockRealtime:
		c.put64(arg(s, 2), uint64(time.Now().UnixNano()))
	case clockMonotonic, clockProcess, clockThread:
		c.put64(arg(s, 2), uint64(time.Since(began)))
	default:
		return wasiInvalid
	}
	return wasiOK
}

// random fills a buffer, in pieces so that the clock is looked at.
func random(c *call, s []uint64) uint64 {
	b := c.view("random_get", arg(s, 0), arg(s, 1))
	for len(b) > 0 {
		n := min(len(b), pageSize)
		_, _ = rand.Read(b[:n]) // it ends the process rather than fail
		b = b[n:]
		if len(b) > 0 {
			c.look()
		}
	}
	return wasiOK
}

// exit notes the status and ends the guest.
func exit(c *call, s []uint64) {
	c.exited, c.status = true, arg(s, 0)
	panic(errEnd)
}
