package badgerqueue

import (
	"errors"
	"log/slog"
	"time"

	"github.com/plugboard/plugboard/queue"
)

// Options says how a queue is kept. Only Dir is needed.
type Options struct {
	Dir     string        // made if need be, with 0700
	Retain  time.Duration // how long ended deliveries and their events are kept; 0: 72 h
	MaxDisk int64         // bytes in Dir at which history goes early, and at which nothing is accepted if none is left; 0: no limit
	MinFree int64         // bytes free on the file system below which nothing is accepted; 0: a tenth of it, at most 5 GiB; -1: no limit

	Now func() time.Time // the wall clock, for records; 0: time.Now. Waiting goes by a clock that is not set.
	// Key is 32 bytes with which everything is sealed; nil: it is in the clear. A store is the one or the other for good.
	Key []byte

	Logger     *slog.Logger                     // 0: slog.Default()
	Observe    func(batch int, d time.Duration) // called after each commit with its operations and its time; must be quick
	Superseded func(queue.Delivery)             // called after a delivery was replaced by a newer one, its event without Body and Raw; must be quick
	Step       func(Step)                       // for tests that end the process at a step; 0: nothing

	AcceptLoss bool // open a store of which a part is missing or damaged, and go on with what is left; see ErrBehind, ErrDamaged

	MemTable   int64         // bytes of Badger's write buffer; 0: 32 MiB. Half of it on small machines.
	Segment    int64         // bytes of a file of the journal; 0: by the disk, at most 32 MiB
	Cache      int64         // not used any more: tables are mapped, a cache would copy them
	HeldBytes  int64         // bytes of waiting events that may be held in memory, over all; 0: 32 MiB
	Window     int           // entries of one destination held in memory; 0: 1024. Fewer where there are many destinations
	MaxEntries int           // entries held in memory over all, beyond a few for each destination; 0: 65536
	StateBytes int64         // of the keys and values that one owner may have remembered; 0: 1 MiB. Each key counts 128 more
	StateKeys  int           // keys that one owner may have remembered; 0: 10,000
	SweepEvery time.Duration // how often retention looks; 0: a hundredth of Retain, between 1 s and 1 min

	// verifyLater has a small store checked as a large one is.
	verifyLater bool

	// earlyAck makes Enqueue return before the commit: the planted fault that the crash test must find.
	earlyAck bool
	// byWall makes the queue decide by the wall clock: the planted fault that the tests of set clocks must find.
	byWall bool
	// unchecked opens a store as Badger does, without a look at its files before: the control of the damage test.
	unchecked bool
}

func (o Options) withDefaults() Options {
	def := func(v *int64, d int64) {
		if *v == 0 {
			*v = d
		}
	}
	def((*int64)(&o.Retain), int64(72*time.Hour))
	def(&o.MemTable, 32<<20)
	def(&o.HeldBytes, 32<<20)
	def(&o.Segment, o.segmentSize())
	def(&o.StateBytes, 1<<20)
	if o.StateKeys == 0 {
		o.StateKeys = 10_000
	}
	if o.Window == 0 {
		o.Window = 1024
	}
	if o.MaxEntries == 0 {
		o.MaxEntries = 64 << 10
	}
	if o.Now == nil {
		o.Now = time.Now
	}
	if o.Logger == nil {
		o.Logger = slog.Default()
	}
	def((*int64)(&o.SweepEvery), int64(min(max(o.Retain/100, time.Second), time.Minute)))
	return o
}

// forgive lets a store be opened that is behind or damaged, if that is wanted.
func (o *Options) forgive(err error) error {
	if o.AcceptLoss && (errors.Is(err, ErrBehind) || errors.Is(err, ErrDamaged)) {
		o.Logger.Error("opened in spite of a loss", "err", err)
		return nil
	}
	return err
}
