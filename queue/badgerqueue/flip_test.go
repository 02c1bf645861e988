package badgerqueue

import (
	"context"
	"errors"
	"flag"
	"fmt"
	"io/fs"
	"log/slog"
	"math/rand/v2"
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"testing"
	"time"

	"github.com/plugboard/plugboard/queue"
)

var flips = flag.Int("flip.count", 100, "how many places of the store's files TestDamagedFiles damages; 1000 takes some minutes")

const flipEvents = 300

// TestDamagedFiles flips a bit or cuts a file, anywhere in a store. Then the store does not open and says why, or the audit
// or the record itself tells, or everything is there as it was. Nothing ends in a panic of Badger's.
//
//	go test ./queue/badgerqueue -run 'TestDamagedFiles$' -flip.count 1000 -timeout 30m
func TestDamagedFiles(t *testing.T) {
	stores := damageable(t, nil)
	for name, dir := range stores {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			found := damageAll(t, dir, *flips/len(stores))
			for _, s := range append(found.silent, found.unclear...) {
				t.Error(s)
			}
			if found.told == 0 {
				t.Error("no damage was told; the test shows nothing")
			}
			t.Logf("%d of %d were told, %d of them when opening; the others were harmless", found.told, *flips/len(stores), found.atOnce)
		})
	}
}

// TestDamagedSealedFiles does so with a sealed store.
func TestDamagedSealedFiles(t *testing.T) {
	t.Parallel()
	dir := damageable(t, flipKey)["killed"]
	found := damageAll(t, dir, *flips/4, flipSealed)
	for _, s := range append(found.silent, found.unclear...) {
		t.Error(s)
	}
	t.Logf("%d of %d were told, %d of them when opening; the others were harmless", found.told, *flips/4, found.atOnce)
}

// TestDamagedFilesControl opens the same stores as Badger alone does: it has to find losses that nobody tells of, and
// panics.
func TestDamagedFilesControl(t *testing.T) {
	stores := damageable(t, nil)
	killed := damageAll(t, stores["killed"], 24, flipUnchecked)
	closed := damageAll(t, stores["closed"], 24, flipUnchecked)
	if len(killed.silent) == 0 || len(closed.unclear) == 0 {
		t.Errorf("Badger alone: %d losses were silent, and %d times it did not say what is wrong; the test above shows nothing",
			len(killed.silent), len(closed.unclear))
	}
}

// damageable gives the folders of a store that was closed, of one whose tables lie on several levels, of one as a kill
// leaves it, and of one whose mark is from long before the kill.
func damageable(t *testing.T, key []byte) map[string]string {
	t.Helper()
	closed := t.TempDir()
	stores := map[string]string{"closed": closed}
	keep := func(name string) {
		stores[name] = t.TempDir()
		copyStore(t, stores[name], closed)
	}
	opt := Options{Dir: closed, Key: key, MemTable: 1 << 20, Cache: 1 << 20, MinFree: -1, Logger: slog.New(slog.DiscardHandler)}
	q, err := Open(t.Context(), opt)
	if err != nil {
		t.Fatal(err)
	}
	q.marking.Lock() // the mark stays as it is until
	for i := range flipEvents {
		e := testEntry(fmt.Sprint(i), "", "a")
		e.Event.Body = fmt.Appendf(nil, "%0*d", 8<<10, i)
		enqueue(t, q, e)
		if i == flipEvents/2 {
			q.marking.Unlock()
			q.writeMeta()
			writeMark(t, q)
			q.marking.Lock()
		}
	}
	keep("killed late")
	q.marking.Unlock()
	q.writeMeta()
	writeMark(t, q)
	q.marking.Lock() // no other is written while the files are copied
	keep("killed")
	q.marking.Unlock()
	if err := q.Close(t.Context()); err != nil {
		t.Fatal(err)
	}
	keep("flattened")
	opt.Dir = stores["flattened"]
	if q, err = Open(t.Context(), opt); err != nil {
		t.Fatal(err)
	}
	if err := errors.Join(q.store.db.Flatten(1), q.Close(t.Context())); err != nil {
		t.Fatal(err)
	}
	return stores
}

func writeMark(t *testing.T, q *Queue) {
	t.Helper()
	if err := q.writeMark(); err != nil {
		t.Fatal(err)
	}
}

func copyStore(t *testing.T, to, from string) {
	t.Helper()
	err := errors.Join(os.CopyFS(to, os.DirFS(from)), os.RemoveAll(filepath.Join(to, "badger", "LOCK")))
	if err != nil {
		t.Fatal(err)
	}
}

// damageReport is what became of damaged stores.
type damageReport struct {
	silent  []string // losses that nobody told of
	unclear []string // ends without a word of ours
	told    int
	atOnce  int // of those told: the store was not opened
}

// damageAll damages copies of a store, each in one place, and reads them in a process that finds the words in its environment.
func damageAll(t *testing.T, dir string, n int, how ...string) (r damageReport) {
	t.Helper()
	random := rand.New(rand.NewPCG(1, uint64(n))) //nolint:gosec // the same places each time
	for range n {
		copied := filepath.Join(t.TempDir(), "store")
		copyStore(t, copied, dir)
		what := damageOne(t, copied, random)
		cmd := exec.CommandContext(t.Context(), os.Args[0])
		cmd.Env = append(os.Environ(), flipDir+"="+copied)
		for _, name := range how {
			cmd.Env = append(cmd.Env, name+"=1")
		}
		out, err := cmd.CombinedOutput()
		switch code := cmd.ProcessState.ExitCode(); {
		case err == nil:
		case code == silentCode:
			r.silent = append(r.silent, what+": "+string(out))
		case code == toldCode || code == closedCode:
			r.told++
			if code == closedCode {
				r.atOnce++
			}
			if !strings.Contains(string(out), "badgerqueue: ") || strings.Contains(string(out), "goroutine ") {
				r.unclear = append(r.unclear, what+": "+string(out))
			}
		default: // Badger ended the process
			r.told++
			r.unclear = append(r.unclear, fmt.Sprintf("%s: %v: %s", what, err, out))
		}
		if err := os.RemoveAll(copied); err != nil {
			t.Fatal(err)
		}
	}
	return r
}

// damageOne flips a bit, or cuts a file, somewhere in what was written of a store's files.
func damageOne(t *testing.T, dir string, random *rand.Rand) string {
	t.Helper()
	var files []string
	err := filepath.WalkDir(dir, func(path string, d fs.DirEntry, err error) error {
		if err == nil && !d.IsDir() {
			files = append(files, path)
		}
		return err
	})
	if err != nil {
		t.Fatal(err)
	}
	path := files[random.IntN(len(files))]
	b, err := os.ReadFile(path)
	if err != nil {
		t.Fatal(err)
	}
	end := len(b)
	for end > 1 && b[end-1] == 0 { // what was reserved and never written
		end--
	}
	at := random.IntN(max(end, 1))
	what := fmt.Sprintf("%s flipped at %d of %d", filepath.Base(path), at, end)
	switch {
	case len(b) == 0:
	case random.IntN(3) == 0:
		b, what = b[:at], fmt.Sprintf("%s cut at %d of %d", filepath.Base(path), at, end)
	default:
		b[at] ^= 1 << random.IntN(8)
	}
	if err := os.WriteFile(path, b, 0o600); err != nil {
		t.Fatal(err)
	}
	return what
}

// The store is read in a process of its own, because Badger may panic in goroutines that nobody else can recover.
const (
	flipDir       = "PLUGBOARD_TEST_FLIP"
	flipUnchecked = "PLUGBOARD_TEST_FLIP_UNCHECKED" // as Badger alone does
	flipSealed    = "PLUGBOARD_TEST_FLIP_SEALED"
	toldCode      = 3
	silentCode    = 4
	closedCode    = 5
)

var flipKey = make([]byte, 32)

func flipChild(dir string) int {
	err := readAll(dir)
	switch {
	case err == nil:
		return 0
	case errors.Is(err, errSilent):
		fmt.Println(err)
		return silentCode
	case errors.Is(err, errNotOpened):
		fmt.Println(err)
		return closedCode
	}
	fmt.Println(err)
	return toldCode
}

var (
	errSilent    = errors.New("missing or wrong, and nobody told")
	errNotOpened = errors.New("not opened")
)

// readAll opens a store and compares everything with what was put in.
func readAll(dir string) error {
	ctx, cancel := context.WithTimeout(context.Background(), 20*time.Second)
	defer cancel()
	opt := Options{Dir: dir, MemTable: 1 << 20, Cache: 1 << 20, MinFree: -1, Logger: slog.New(slog.DiscardHandler),
		unchecked: os.Getenv(flipUnchecked) != ""}
	if os.Getenv(flipSealed) != "" {
		opt.Key = flipKey
	}
	q, err := Open(ctx, opt)
	if err != nil {
		return fmt.Errorf("%w: %w", errNotOpened, err)
	}
	defer q.Close(ctx) //nolint:errcheck // a copy that is thrown away
	r, err := q.Audit(ctx)
	if err != nil || r.FaultCount > 0 {
		return fmt.Errorf("audit: %v %w", r.Faults, errors.Join(err))
	}
	for i := range flipEvents {
		info, err := q.Event(ctx, fmt.Sprint(i))
		switch {
		case errors.Is(err, queue.ErrNotFound) && i == flipEvents-1 && os.Getenv(flipUnchecked) == "":
			// A commit of which the end is missing, and with nothing behind it, is what a kill leaves: nobody knows better.
		case errors.Is(err, queue.ErrNotFound):
			return fmt.Errorf("event %d: %w", i, errSilent)
		case err != nil:
			return err
		case string(info.Event.Body) != fmt.Sprintf("%0*d", 8<<10, i) || len(info.Deliveries) != 1:
			return fmt.Errorf("event %d: %w", i, errSilent)
		}
	}
	return nil
}
