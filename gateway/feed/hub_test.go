package feed_test

import (
	"sync"
	"testing"

	"github.com/plugboard/plugboard/gateway/feed"
)

func TestListenersGetNotesInOrder(t *testing.T) {
	var hub feed.Hub
	a, b := hub.Listen(3), hub.Listen(3)
	for _, id := range []string{"1", "2", "3"} {
		hub.Publish(feed.Note{Kind: feed.Accepted, Event: id})
	}
	for _, l := range []*feed.Listener{a, b} {
		for _, want := range []string{"1", "2", "3"} {
			if got := (<-l.C).Event; got != want {
				t.Errorf("note %q, want %q", got, want)
			}
		}
	}
}

func TestSlowListenerMissesAndIsTold(t *testing.T) {
	var hub feed.Hub
	slow, quick := hub.Listen(1), hub.Listen(4)
	for range 4 {
		hub.Publish(feed.Note{})
	}
	if got := slow.Missed(); got != 3 {
		t.Errorf("slow listener missed %d, want 3", got)
	}
	if got := slow.Missed(); got != 0 {
		t.Errorf("missed is %d after it was told, want 0", got)
	}
	if got := quick.Missed(); got != 0 {
		t.Errorf("quick listener missed %d, want 0", got)
	}
}

func TestClosedListenerIsGone(t *testing.T) {
	var hub feed.Hub
	if hub.Busy() {
		t.Fatal("busy without a listener")
	}
	l := hub.Listen(1)
	if !hub.Busy() {
		t.Fatal("not busy with a listener")
	}
	l.Close()
	if _, open := <-l.C; open || hub.Busy() {
		t.Fatal("listener still there after Close")
	}
	hub.Publish(feed.Note{}) // must not panic on the closed channel
}

func TestPublishWhileListenersComeAndGo(t *testing.T) {
	var hub feed.Hub
	var publishers, listeners sync.WaitGroup
	for range 4 {
		publishers.Go(func() {
			for range 500 {
				hub.Publish(feed.Note{Kind: feed.Ended})
			}
		})
		listeners.Go(func() {
			for range 50 {
				l := hub.Listen(1)
				select {
				case <-l.C:
				default:
				}
				l.Close()
			}
		})
	}
	publishers.Wait()
	listeners.Wait()
	if hub.Busy() {
		t.Fatal("a listener was left behind")
	}
}

func BenchmarkPublishUnheard(b *testing.B) {
	var hub feed.Hub
	b.ReportAllocs()
	for b.Loop() {
		hub.Publish(feed.Note{Kind: feed.Accepted})
	}
}
