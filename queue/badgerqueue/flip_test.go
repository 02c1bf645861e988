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
	"testing"
	"time"

	"github.com/plugboard/plugboard/queue"
)

var flips = flag.Int("flip.count", 100, "how many places of the store's files TestDamagedFiles damages; 1000 takes some minutes")

const flipEvents = 300

// TestDamagedFiles flips a bit or cuts a file, anywhere in a store that was closed and in one that was killed. Then the
// store does not open, or the audit or the record itself tells, or everything is there as it was.
//
//	go test ./queue/badgerqueue -run TestDamagedFiles -flip.count 1000 -timeout 30m
func TestDamagedFiles(t *testing.T) {
	closed, killed := damageable(t)
	for name, dir := range map[string]string{"closed": closed, "killed": killed} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			silent, told, panics := damageAll(t, dir, *flips/2, false)
			for _, s := range silent {
				t.Error(s)
			}
			if told == 0 {
				t.Error("no damage was told; the test shows nothing")
			}
			t.Logf("%d of %d were told, %d of them by a panic of Badger's; the others were harmless", told, *flips/2, panics)
		})
	}
}

// TestDamagedFilesControl does the same without the mark: it has to find losses that nobody tells of.
func TestDamagedFilesControl(t *testing.T) {
	_, killed := damageable(t)
	if silent, _, _ := damageAll(t, killed, 24, true); len(silent) == 0 {
		t.Error("without a mark no loss was silent; the test above shows nothing")
	}
}

// damageable gives the folders of a store that was closed, and of one as a kill would leave it.
func damageable(t *testing.T) (closed, killed string) {
	t.Helper()
	closed, killed = t.TempDir(), t.TempDir()
	opt := Options{Dir: closed, MemTable: 1 << 20, Cache: 1 << 20, MinFree: -1, Logger: slog.New(slog.DiscardHandler)}
	q, err := Open(t.Context(), opt)
	if err != nil {
		t.Fatal(err)
	}
	for i := range flipEvents {
		e := testEntry(fmt.Sprint(i), "", "a")
		e.Event.Body = fmt.Appendf(nil, "%0*d", 8<<10, i)
		enqueue(t, q, e)
	}
	q.writeMeta()
	q.writeMark()
	copyStore(t, killed, closed)
	if err := q.Close(t.Context()); err != nil {
		t.Fatal(err)
	}
	return closed, killed
}

func copyStore(t *testing.T, to, from string) {
	t.Helper()
	err := errors.Join(os.CopyFS(to, os.DirFS(from)), os.RemoveAll(filepath.Join(to, "badger", "LOCK")))
	if err != nil {
		t.Fatal(err)
	}
}

// damageAll damages copies of a store, each in one place, and gives those of which nobody told.
func damageAll(t *testing.T, dir string, n int, unmarked bool) (silent []string, told, panics int) {
	t.Helper()
	random := rand.New(rand.NewPCG(1, uint64(n))) //nolint:gosec // the same places each time
	for range n {
		copied := filepath.Join(t.TempDir(), "store")
		copyStore(t, copied, dir)
		if unmarked {
			if err := os.Remove(markPath(copied)); err != nil {
				t.Fatal(err)
			}
		}
		what := damageOne(t, copied, random)
		cmd := exec.CommandContext(t.Context(), os.Args[0])
		cmd.Env = append(os.Environ(), flipDir+"="+copied)
		out, err := cmd.CombinedOutput()
		switch code := cmd.ProcessState.ExitCode(); {
		case err == nil:
		case code == silentCode:
			silent = append(silent, what+": "+string(out))
		case code == toldCode:
			told++
		default: // Badger panicked, in a goroutine of its own
			told, panics = told+1, panics+1
		}
		if err := os.RemoveAll(copied); err != nil {
			t.Fatal(err)
		}
	}
	return silent, told, panics
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
	flipDir    = "PLUGBOARD_TEST_FLIP"
	toldCode   = 3
	silentCode = 4
)

func flipChild(dir string) int {
	err := readAll(dir)
	switch {
	case err == nil:
		return 0
	case errors.Is(err, errSilent):
		fmt.Println(err)
		return silentCode
	}
	fmt.Println(err)
	return toldCode
}

var errSilent = errors.New("missing or wrong, and nobody told")

// readAll opens a store and compares everything with what was put in.
func readAll(dir string) error {
	ctx, cancel := context.WithTimeout(context.Background(), 20*time.Second)
	defer cancel()
	q, err := Open(ctx, Options{Dir: dir, MemTable: 1 << 20, Cache: 1 << 20, MinFree: -1, Logger: slog.New(slog.DiscardHandler)})
	if err != nil {
		return err
	}
	defer q.Close(ctx) //nolint:errcheck // a copy that is thrown away
	r, err := q.Audit(ctx)
	if err != nil || r.FaultCount > 0 {
		return fmt.Errorf("audit: %v %w", r.Faults, errors.Join(err))
	}
	for i := range flipEvents {
		info, err := q.Event(ctx, fmt.Sprint(i))
		switch {
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
