package faults_test

import (
	"bufio"
	"context"
	"errors"
	"flag"
	"fmt"
	"io"
	"log/slog"
	"math/rand/v2"
	"os"
	"os/exec"
	"path/filepath"
	"reflect"
	"strings"
	"testing"
	"time"
	"unsafe"

	"github.com/plugboard/plugboard/gateway/faults/powercut"
	"github.com/plugboard/plugboard/queue"
	"github.com/plugboard/plugboard/queue/badgerqueue"
)

var (
	powerCuts = flag.Int("powercut.cuts", 20, "how often TestPowerCut cuts the power; 10 with -short")
	powerSeed = flag.Uint64("powercut.seed", rand.Uint64(), "what TestPowerCut draws from")
)

// cutsPerStore: then a new store begins, so that the making of one is cut too and checks stay short.
const cutsPerStore = 10

// TestPowerCut cuts the power under a queue at work: on a file system of our own, which loses what was not synced, names
// too (package powercut). Half of the cuts are torn, and every second store is encrypted. What was accepted must be there, what was confirmed as ended must
// have ended, the audit must find nothing, and the store must open without a word of loss. Logs and tables are small, so
// that they are begun, merged and removed many times a second, and the cuts fall into that and into opening, too.
//
//	go test ./gateway/faults -run 'TestPowerCut$' -powercut.cuts 300 -timeout 1h
func TestPowerCut(t *testing.T) {
	t.Parallel()
	t.Logf("-powercut.seed %d", *powerSeed)
	rng := rand.New(rand.NewPCG(*powerSeed, 1))
	cuts := *powerCuts
	if testing.Short() {
		cuts = min(cuts, cutsPerStore)
	}
	var accepted, ended int
	for left := cuts; left > 0; left -= cutsPerStore {
		s := newMains(t, rng, "")
		s.sealed = left%(2*cutsPerStore) != cuts%(2*cutsPerStore) // every second store
		for range min(left, cutsPerStore) {
			s.cycle(t)
		}
		s.check(t, s.folder, s.all)
		accepted, ended = accepted+len(s.all.accepted), ended+len(s.all.ended)
	}
	if accepted == 0 || ended == 0 {
		t.Error("nothing was accepted, or nothing ended: the test shows nothing")
	}
	t.Logf("%d cuts, %d accepted, %d ended, none lost", cuts, accepted, ended)
}

// TestPowerCutControl does the same to a queue whose engine does not sync its journal: it must be found out.
func TestPowerCutControl(t *testing.T) {
	t.Parallel()
	rng := rand.New(rand.NewPCG(rand.Uint64(), 1))
	s := newMains(t, rng, "no syncs")
	for range cutsPerStore {
		s.cycle(t)
		if s.found > 0 {
			t.Logf("%d of %d are lost, as planted", s.found, len(s.all.accepted)+len(s.all.ended))
			return
		}
	}
	t.Errorf("an engine that does not sync lost none of %d events in %d cuts", len(s.all.accepted), cutsPerStore)
}

// mains is a store on a disk whose power is cut again and again.
type mains struct {
	rng     *rand.Rand
	planted string
	sealed  bool   // the store is encrypted
	folder  string // what the last cut left
	cuts    int

	all, last told // what the queue said, and since the last cut
	found     int  // lost of that, when a fault is planted
}

// told is what a queue said that it has on disk.
type told struct {
	accepted, ended []string // IDs of events, and of deliveries
}

func newMains(t *testing.T, rng *rand.Rand, planted string) *mains {
	return &mains{rng: rng, planted: planted, folder: t.TempDir()}
}

// cycle checks what the last cut left, and lets a queue work on it until the next.
func (s *mains) cycle(t *testing.T) {
	t.Helper()
	disk, err := powercut.Start(s.folder)
	if errors.Is(err, powercut.ErrCannotMount) {
		t.Skip(err)
	}
	if err != nil {
		t.Fatal(err)
	}
	defer disk.Kill()
	// The disk has a copy of its own: the queue there starts from what the cut left, not from what this closes in order.
	if s.found += s.check(t, s.folder, s.last); s.found > 0 {
		return
	}
	w, err := s.work(filepath.Join(disk.Dir, "queue"))
	if err != nil {
		t.Fatal(err)
	}
	defer w.kill()
	time.Sleep(time.Duration(s.rng.IntN(250)) * time.Millisecond) // the random moment is the test
	c := powercut.Cut{Seed: s.rng.Uint64(), Torn: s.rng.IntN(2) == 0, Left: filepath.Join(t.TempDir(), "left")}
	said, err := disk.Cut(c)
	if err != nil {
		t.Fatal(err)
	}
	_ = w.cmd.Process.Kill() // it hangs on the disk until that is gone, too
	disk.Kill()
	<-w.done
	if w.failed != "" {
		t.Fatalf("cut %d: the queue failed before it: %s", s.cuts, w.failed)
	}
	s.cuts++
	s.last = w.told
	s.all.accepted, s.all.ended = append(s.all.accepted, w.accepted...), append(s.all.ended, w.ended...)
	t.Logf("cut %d: torn %v, %d accepted, %d ended; %s", s.cuts, c.Torn, len(w.accepted), len(w.ended), said)
	_ = os.RemoveAll(s.folder)
	s.folder = c.Left
}

// check opens what a cut left, on a plain disk, and counts what is missing of what was told.
func (s *mains) check(t *testing.T, folder string, what told) (lost int) {
	t.Helper()
	opt := powercutOptions(filepath.Join(folder, "queue"), s.sealed)
	q, err := badgerqueue.Open(t.Context(), opt)
	if err != nil {
		if s.planted != "" {
			return 1
		}
		t.Fatalf("after cut %d: %v\n%s", s.cuts, err, listing(opt.Dir))
	}
	defer func() {
		if err := q.Close(context.Background()); err != nil {
			t.Error(err)
		}
	}()
	for _, id := range what.accepted {
		if info, err := q.Event(t.Context(), id); err != nil || len(info.Deliveries) != 2 {
			lost++
		}
	}
	for _, id := range what.ended {
		if d, _, err := q.Delivery(t.Context(), id); err != nil || d.State != queue.Delivered {
			lost++
		}
	}
	if s.planted != "" {
		return lost
	}
	if lost > 0 {
		t.Fatalf("after cut %d: %d of %d accepted and %d ended are lost\n%s", s.cuts, lost, len(what.accepted), len(what.ended), listing(opt.Dir))
	}
	report, err := q.Audit(t.Context())
	if err != nil || report.FaultCount > 0 {
		t.Fatalf("after cut %d: %v, %v", s.cuts, report.Faults, err)
	}
	return 0
}

// listing says what is in a folder.
func listing(dir string) string {
	out, _ := exec.Command("ls", "-lRs", dir).CombinedOutput()
	return string(out)
}

// worker is a queue at work in a process of its own.
type worker struct {
	told
	cmd    *exec.Cmd
	failed string        // why it gave up
	done   chan struct{} // closed when the above is all it said
}

func (s *mains) work(dir string) (*worker, error) {
	w := &worker{cmd: exec.Command(os.Args[0]), done: make(chan struct{})}
	w.cmd.Env = append(os.Environ(), roleEnv+"=powercut", subjectEnv+"="+dir, plantedEnv+"="+s.planted, fmt.Sprintf("%s=%d", namesEnv, s.cuts),
		fmt.Sprintf("%s=%t", sealedEnv, s.sealed))
	w.cmd.Stderr = io.Discard // it says what it has to say on standard output
	out, err := w.cmd.StdoutPipe()
	if err != nil {
		return nil, err
	}
	if err := w.cmd.Start(); err != nil {
		return nil, err
	}
	go func() {
		defer close(w.done)
		w.listen(out)
		_ = w.cmd.Wait() // it was killed; that is its error
	}()
	return w, nil
}

func (w *worker) listen(out io.Reader) {
	for lines := bufio.NewReader(out); ; {
		line, err := lines.ReadString('\n')
		if err != nil { // the last line may be half: then it was not said
			return
		}
		switch id := strings.TrimSpace(line[1:]); line[0] {
		case '+':
			w.accepted = append(w.accepted, id)
		case '-':
			w.ended = append(w.ended, id)
		default:
			w.failed = id
		}
	}
}

func (w *worker) kill() {
	_ = w.cmd.Process.Kill()
	<-w.done
}

func init() { roles["powercut"] = workPowercut }

// namesEnv begins the names of events, so that those of two runs differ.
const namesEnv = "PLUGBOARD_TEST_NAMES"

// sealedEnv is "true" where the store is encrypted.
const sealedEnv = "PLUGBOARD_TEST_SEALED"

func powercutOptions(dir string, sealed bool) badgerqueue.Options {
	o := badgerqueue.Options{Dir: dir, MemTable: 1 << 20, Cache: 4 << 20, MinFree: -1, Window: 256, Logger: slog.New(slog.DiscardHandler)}
	if sealed {
		o.Key = make([]byte, 32)
	}
	return o
}

// workPowercut enqueues and delivers until it is killed, and says on standard output "+ID" for an event that was accepted,
// "-ID" for a delivery whose end was confirmed, "!error" if it fails.
func workPowercut(dir string) error {
	ctx := context.Background()
	q, err := badgerqueue.Open(ctx, powercutOptions(dir, os.Getenv(sealedEnv) == "true"))
	if err != nil {
		fmt.Println("!" + strings.ReplaceAll(err.Error(), "\n", "; "))
		return err
	}
	if os.Getenv(plantedEnv) != "" {
		stopSyncing(q)
	}
	failed := make(chan error, 1)
	fail := func(err error) {
		select {
		case failed <- err:
		default:
		}
	}
	for w := range 16 {
		go func() { fail(enqueueForEver(ctx, q, fmt.Sprintf("%s.%d", os.Getenv(namesEnv), w))) }()
	}
	for _, destination := range []string{"a", "a", "b", "b"} {
		go func() { fail(deliverForEver(ctx, q, destination)) }()
	}
	err = <-failed
	fmt.Println("!" + strings.ReplaceAll(err.Error(), "\n", "; "))
	return err
}

func enqueueForEver(ctx context.Context, q *badgerqueue.Queue, name string) error {
	rng := rand.NewChaCha8([32]byte([]byte(fmt.Sprintf("%032s", name))))
	body := make([]byte, 3000)
	for i := 0; ; i++ {
		_, _ = rng.Read(body) // never fails; noise cannot be made smaller
		e := queue.Event{ID: fmt.Sprintf("%s.%d", name, i), Source: "s", Received: time.Now(), Window: time.Hour, Body: body[:rng.Uint64()%3000]}
		owed := []queue.Owed{{Destination: "a", Key: fmt.Sprint(rng.Uint64() % 50)}, {Destination: "b"}}
		if _, err := q.Enqueue(ctx, queue.Entry{Event: e, Owed: owed}); err != nil {
			return err
		}
		fmt.Println("+" + e.ID)
	}
}

func deliverForEver(ctx context.Context, q *badgerqueue.Queue, destination string) error {
	for i := 1; ; i++ {
		leases, err := q.Receive(ctx, destination, 1)
		if err != nil {
			return err
		}
		l, a := leases[0], queue.Attempt{Started: time.Now(), Result: "x"}
		switch i % 7 {
		case 0:
			err = l.Retry(ctx, time.Now().Add(time.Duration(i%90)*time.Millisecond), nil, a)
		case 1:
			err = l.Done(ctx, queue.Dead, a)
		default:
			if err = l.Done(ctx, queue.Delivered, a); err == nil {
				fmt.Println("-" + l.Delivery().ID)
			}
		}
		if err != nil {
			return err
		}
	}
}

// stopSyncing is the planted fault: commits are written to the journal and not synced.
func stopSyncing(q *badgerqueue.Queue) {
	journal := reflect.ValueOf(q).Elem().FieldByName("store").Elem().FieldByName("journal").Elem()
	sync := (*func(*os.File) error)(unsafe.Pointer(journal.FieldByName("sync").UnsafeAddr()))
	*sync = func(*os.File) error { return nil }
}
