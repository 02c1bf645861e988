package badgerqueue

// Step names a place in the queue's work at which a crash must lose nothing and promise nothing. They come in this order,
// the marks each second beside them.
type Step string

const (
	StepBuilt   Step = "built"   // a batch is put together, and nothing of it is written
	StepSynced  Step = "synced"  // the batch is on disk, and nobody knows
	StepApplied Step = "applied" // it is in memory too, but who waits for it has not been told
	StepTold    Step = "told"    // who waits has been told
	StepMark    Step = "mark"    // a mark is written and synced beside the one in force
	StepMarked  Step = "marked"  // it has taken its place, and the folder is not synced
)

func (o *Options) steps() steps { return o.Step }

// steps is told of each step by whoever makes it; nil costs one comparison.
type steps func(Step)

func (s steps) at(step Step) {
	if s != nil {
		s(step)
	}
}
