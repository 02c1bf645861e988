package queuetest

import (
	"fmt"
	"testing"
	"testing/synctest"
	"time"
)

const year = 365 * 24 * time.Hour

// The clock is set by each of these at each of these moments.
var (
	clockSteps = []time.Duration{time.Hour, -time.Hour, year, -year}
	clockWhens = []string{whileRunning, whileRunning + " and then opened again", whileClosed}
)

const (
	whileRunning = "while it runs"
	whileClosed  = "while it is closed"
)

// clockPlay is one day of an engine whose clock is set. It notes what went wrong, rather than failing, so that an engine
// with a planted bug can be shown to be found.
type clockPlay struct {
	*harness
	clock   WallClock
	step    time.Duration
	when    string // the clock is set
	wrong   []string
	lenient bool // more may go wrong than with a clock that is set while the engine runs
}

func (p *clockPlay) say(format string, args ...any) {
	p.wrong = append(p.wrong, fmt.Sprintf(format, args...))
}

// set sets the clock.
func (p *clockPlay) set() {
	p.Helper()
	if p.when == whileClosed {
		p.stop()
		p.clock.Set(p.step)
		p.start()
		return
	}
	p.clock.Set(p.step)
	if p.when != whileRunning {
		p.reopen()
	}
}

// clockPlays are the promises that a set clock must not break.
var clockPlays = []struct {
	name string
	run  func(*clockPlay)
}{
	{"Retries", clockRetries}, {"ManyRetries", clockManyRetries}, {"Window", clockWindow}, {"Retention", clockRetention},
}

// runClock runs every play; report is given each when it is over.
func runClock(t *testing.T, f Features, open Open, report func(*testing.T, *clockPlay)) {
	for _, play := range clockPlays {
		for _, step := range clockSteps {
			for _, when := range clockWhens {
				t.Run(fmt.Sprintf("%s/%v %s", play.name, step, when), func(t *testing.T) {
					t.Parallel()
					dir := t.TempDir()
					synctest.Test(t, func(t *testing.T) {
						h := &harness{T: t, f: f, open: open, opt: Options{Dir: dir, Retain: clockRetain, Window: 64}}
						p := &clockPlay{harness: h, step: step, when: when}
						h.opt.Now = p.clock.Now
						h.start()
						play.run(p)
						h.stop()
						report(t, p)
					})
				})
			}
		}
	}
}

// RunClock sets an engine's clock, by an hour and by a year, forwards and back, while it runs and while it is closed, and
// checks that no line is stuck, nothing comes more often or earlier than it should, and nothing is forgotten too soon or
// too late. It needs Features.FakeClock, and an engine that heeds Options.Now.
func RunClock(t *testing.T, f Features, open Open) {
	runClock(t, f, open, func(t *testing.T, p *clockPlay) {
		for _, w := range p.wrong {
			t.Error(w)
		}
	})
}

// ClockControl is RunClock's control: with an engine that decides by the wall clock each of its tests has to find fault,
// but those in which any engine may take a clock that was set forwards for time that has passed.
func ClockControl(t *testing.T, f Features, open Open) {
	runClock(t, f, open, func(t *testing.T, p *clockPlay) {
		if len(p.wrong) == 0 && !p.unknowable() && !p.lenient {
			t.Error("nothing wrong was found with an engine that decides by the wall clock")
		}
	})
}
