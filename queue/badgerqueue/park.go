package badgerqueue

import "slices"

// maxPark bounds one parkOp.
const maxPark = 2048

// parkOp writes k records: deliveries leave the window, behind others of their key, so that the floor can go on and
// other keys come in.
type parkOp struct {
	ticket
	l     *line
	items []*entry
	heads []*entry // of their chains: they get a k record too, so that after a restart no follower passes them
}

// canPark says whether park would find something.
func (l *line) canPark() bool {
	if l.count[atWaiting] == 0 {
		return false
	}
	for _, c := range l.chains {
		if len(c.list) > 0 && l.parkable(c) {
			return true
		}
	}
	return false
}

// park takes entries out of the window into op (nil: a new one): those given, not in memory yet, with all that
// waits in their chains; or, when none is given, what waits in parkable chains. nil when there is nothing.
func (l *line) park(op *parkOp, given ...*entry) *parkOp {
	if op == nil {
		op = &parkOp{ticket: l.q.ticket(), l: l}
	}
	for _, e := range given {
		c := l.chains[e.hash]
		op.addChain(c)
		op.add(c, e)
	}
	if len(given) == 0 {
		for _, c := range l.chains {
			if len(op.items) >= maxPark {
				break
			}
			if len(c.list) > 0 && l.parkable(c) {
				op.addChain(c)
			}
		}
	}
	if len(op.items) == 0 {
		return nil
	}
	return op
}

// addChain takes what waits in a chain, but for what was parked once and came back.
func (op *parkOp) addChain(c *chain) {
	kept := c.list[:0]
	for _, e := range c.list {
		if e.place != atWaiting {
			continue
		}
		if e.loaded {
			kept = append(kept, e)
			continue
		}
		op.add(c, e)
	}
	clear(c.list[len(kept):])
	c.list = kept
	if c.head != nil && !slices.Contains(op.heads, c.head) {
		op.heads = append(op.heads, c.head)
	}
}

func (op *parkOp) add(c *chain, e *entry) {
	if c.disk == 0 {
		c.from = max(c.from, e.seq-1)
	}
	c.disk++
	e.onDisk = true
	op.l.move(e, atParking)
	op.items = append(op.items, e)
}

func (op *parkOp) weight() int { return (len(op.items) + len(op.heads)) * perWrite }

func (op *parkOp) build(b *batch) error {
	for _, group := range [][]*entry{op.heads, op.items} {
		for _, e := range group {
			if e.unparked() {
				e.follower = true
				b.put(appendFollowerKey(b.key(), op.l.id, e.hash, e.seq), newRecord(0), 0, 0)
			}
		}
	}
	return nil
}

func (op *parkOp) apply() {
	l := op.l
	l.mu.Lock()
	defer l.mu.Unlock()
	l.changed = true
	for _, e := range op.items {
		if e.place == atParking {
			l.move(e, nowhere)
		}
	}
	for _, e := range op.items {
		if c := l.chains[e.hash]; c != nil {
			l.promote(e.hash, c)
		}
	}
}
