package powercut

import (
	"fmt"
	"math/rand/v2"
	"os"
)

// Cut says when the power goes and what is left. The same seed and the same requests leave the same.
type Cut struct {
	Seed uint64
	Now  bool   // without waiting for a request
	Torn bool   // a random part of what was not synced lasts too
	Left string // folder that gets what lasts; made, and must be empty
}

// cut is one that was ordered.
type cut struct {
	Cut
	rng     *rand.Rand
	forName bool // it waits for a change to a name before it counts
	after   int  // requests
}

// newCut draws when it comes: soon after any request, or soon after one that changes a name.
func newCut(c Cut) *cut {
	rng := rand.New(rand.NewPCG(c.Seed, 2))
	forName := rng.IntN(2) == 0
	after := rng.IntN(60)
	if forName {
		after = 1 + rng.IntN(1+rng.IntN(20)) // often at once
	}
	return &cut{Cut: c, rng: rng, forName: forName, after: after}
}

// isNow counts a request.
func (c *cut) isNow(name bool) bool {
	if c.forName && !name {
		return false
	}
	c.forName = false
	c.after--
	return c.after < 0
}

// come writes what lasts, says so on standard output, and waits to be killed.
func (c *cut) come(m *image) {
	said := fmt.Sprintf("%d changes and pages unsynced", len(m.pending)+m.dirtyPages())
	if c.Torn {
		pages, ofPages, changes, ofChanges := m.tear(c.rng)
		said = fmt.Sprintf("of what was not synced %d of %d pages and %d of %d changes last", pages, ofPages, changes, ofChanges)
	}
	if err := m.root().store(c.Left); err != nil {
		fmt.Fprintln(os.Stderr, "powercut:", err)
		os.Exit(1)
	}
	fmt.Println(said)
	select {}
}

func (m *image) dirtyPages() (n int) {
	for _, i := range m.inodes {
		n += len(i.dirty)
	}
	return n
}
