package gatewaytest

import (
	"slices"
	"sync"
	"syscall"
	"testing"

	"github.com/plugboard/plugboard/gateway"
	"github.com/plugboard/plugboard/gateway/config"
)

// Accepted are the events that a gateway answered with 202. It is safe for concurrent use.
type Accepted struct {
	mu  sync.Mutex
	ids []string
}

// Add notes events by their IDs.
func (a *Accepted) Add(ids ...string) {
	a.mu.Lock()
	defer a.mu.Unlock()
	a.ids = append(a.ids, ids...)
}

// IDs lists them.
func (a *Accepted) IDs() []string {
	a.mu.Lock()
	defer a.mu.Unlock()
	return slices.Clone(a.ids)
}

// Lost opens the store of a configuration, as a gateway would, and gives the accepted events that it does not have with
// one delivery. The store must be free, and is audited.
func (a *Accepted) Lost(t testing.TB, configFile string) []string {
	t.Helper()
	// A child that another test starts has a copy of the store's lock for a moment, until it is the program it is to be.
	syscall.ForkLock.RLock()
	defer syscall.ForkLock.RUnlock()
	cfg, err := config.Load(configFile, config.Options{})
	if err != nil {
		t.Fatal(err)
	}
	report, err := gateway.Audit(t.Context(), cfg)
	if err != nil {
		t.Fatal(err)
	}
	if report.FaultCount > 0 {
		t.Errorf("the store is not consistent: %v", report.Faults)
	}
	q, err := gateway.OpenStore(t.Context(), cfg, nil)
	if err != nil {
		t.Fatal(err)
	}
	defer func() {
		if err := q.Close(t.Context()); err != nil {
			t.Error(err)
		}
	}()
	var lost []string
	for _, id := range a.IDs() {
		info, err := q.Event(t.Context(), id)
		if err != nil || len(info.Deliveries) != 1 {
			lost = append(lost, id)
		}
	}
	return lost
}

// MustHold fails the test when an accepted event is not in the store, or none was accepted.
func (a *Accepted) MustHold(t testing.TB, configFile string) {
	t.Helper()
	n := len(a.IDs())
	if n == 0 {
		t.Fatal("nothing was accepted; the test shows nothing")
	}
	if lost := a.Lost(t, configFile); len(lost) > 0 {
		t.Errorf("%d of %d accepted events are missing, such as %s", len(lost), n, lost[0])
	}
	t.Logf("%d events accepted, none lost", n)
}
