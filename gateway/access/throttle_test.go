package access_test

import (
	"net/netip"
	"testing"
	"time"

	"github.com/plugboard/plugboard/gateway/access"
)

func TestGuessingIsStopped(t *testing.T) {
	t.Parallel()
	at := &clock{time.Date(2025, 3, 4, 8, 30, 0, 0, time.UTC)}
	var th access.Throttle
	th.Now = at.now
	guesser, neighbour, other := netip.MustParseAddr("2001:db8:1:2::1"), netip.MustParseAddr("2001:db8:1:2:ffff::9"), netip.MustParseAddr("2001:db8:1:3::1")
	for range 4 {
		th.Failed(guesser)
	}
	if w := th.Wait(guesser); w != 0 {
		t.Errorf("waits %v after four", w)
	}
	at.Time = at.Add(20 * time.Second)
	th.Failed(neighbour) // has the same /64 to itself
	if w := th.Wait(guesser); w != 40*time.Second {
		t.Errorf("waits %v after five", w)
	}
	if w := th.Wait(other); w != 0 {
		t.Errorf("another network waits %v", w)
	}
	at.Time = at.Add(40 * time.Second)
	if w := th.Wait(guesser); w != 0 {
		t.Errorf("waits %v after a minute", w)
	}
	th.Failed(guesser)
	if w := th.Wait(guesser); w != 0 {
		t.Errorf("waits %v after one in a new minute", w)
	}
	mapped := netip.MustParseAddr("::ffff:192.0.2.7")
	for range 5 {
		th.Failed(mapped)
	}
	if w := th.Wait(netip.MustParseAddr("192.0.2.7")); w != time.Minute {
		t.Errorf("the same address written shorter waits %v", w)
	}
	if w := th.Wait(netip.MustParseAddr("192.0.2.8")); w != 0 {
		t.Errorf("the address beside it waits %v", w)
	}
}

// However many addresses fail, what is remembered of them stays bounded, and the latest guesser is among it.
func TestManyGuessers(t *testing.T) {
	t.Parallel()
	at := &clock{time.Date(2025, 3, 4, 8, 30, 0, 0, time.UTC)}
	var th access.Throttle
	th.Now = at.now
	addr := netip.MustParseAddr("10.0.0.0")
	for range 30_000 {
		addr = addr.Next()
		at.Time = at.Add(time.Microsecond)
		th.Failed(addr)
	}
	for range 4 {
		th.Failed(addr)
	}
	if th.Wait(addr) == 0 {
		t.Error("the latest was forgotten")
	}
	if n := th.Remembered(); n > 10_000 {
		t.Errorf("%d are remembered", n)
	}
}
