package notice_test

import (
	"context"
	"encoding/json"
	"fmt"
	"strings"
	"testing"
	"testing/synctest"
	"time"

	"github.com/google/go-cmp/cmp"

	"github.com/plugboard/plugboard/gateway/config"
	"github.com/plugboard/plugboard/gateway/dispatch"
	"github.com/plugboard/plugboard/gateway/event"
	"github.com/plugboard/plugboard/gateway/notice"
	"github.com/plugboard/plugboard/gateway/route"
	"github.com/plugboard/plugboard/queue"
	"github.com/plugboard/plugboard/queue/badgerqueue"
)

// harness is a Notifier over a real queue, in a bubble of time.
type harness struct {
	*testing.T
	q *badgerqueue.Queue
	n *notice.Notifier
}

func run(t *testing.T, routes []*config.Route, test func(h *harness)) {
	dir := t.TempDir()
	synctest.Test(t, func(t *testing.T) {
		q, err := badgerqueue.Open(t.Context(), badgerqueue.Options{Dir: dir, MinFree: 1 << 20})
		if err != nil {
			t.Fatal(err)
		}
		destinations := []*config.Destination{{Name: "slack", OrderBy: "subject"}, {Name: "crm", OrderBy: "subject"}}
		for i, r := range routes {
			r.Index, r.Name, r.Enabled = i, fmt.Sprintf("r%d", i), true
		}
		table, faults := route.Build(routes, destinations)
		if faults != nil {
			t.Fatal(faults)
		}
		h := &harness{t, q, notice.New(notice.Options{Store: q, Routes: func() *route.Table { return table }})}
		test(h)
		if err := h.n.Close(t.Context()); err != nil {
			t.Error(err)
		}
		if err := q.Close(context.Background()); err != nil {
			t.Error(err)
		}
	})
}

// dead is a dead letter of crm.
func dead(n int, source, kind string) dispatch.Happening {
	id := fmt.Sprint("ev-", n)
	return dispatch.Happening{Kind: dispatch.Dead, Time: time.Now(), Destination: "crm", Reason: "answered 404 Not Found",
		Attempt:  queue.Attempt{Number: 1, Status: 404},
		Delivery: &queue.Delivery{ID: id + "/crm", Destination: "crm", Route: "tickets", Event: queue.Event{ID: id, Source: source, Type: kind, Subject: "ticket/7"}}}
}

// told lists the stored events as "type subject count > destinations", oldest first.
func (h *harness) told() (list []string) {
	h.Helper()
	page, err := h.q.Events(h.Context(), queue.Filter{Source: event.Own, Limit: 1000})
	if err != nil {
		h.Fatal(err)
	}
	for _, item := range page.Items {
		var e struct {
			Data struct{ Count int }
		}
		one, err := h.q.Event(h.Context(), item.Event.ID)
		if err != nil {
			h.Fatal(err)
		}
		if err := json.Unmarshal(one.Event.Body, &e); err != nil {
			h.Fatal(err)
		}
		line := fmt.Sprint(item.Event.Type, " ", item.Event.Subject, " ", e.Data.Count, " >")
		for _, d := range one.Deliveries {
			line += " " + d.Destination
		}
		list = append([]string{line}, list...)
	}
	return list
}

func (h *harness) check(want ...string) {
	h.Helper()
	if diff := cmp.Diff(want, h.told()); diff != "" {
		h.Errorf("told (-want +got):\n%s", diff)
	}
}

func all(to ...string) *config.Route { return &config.Route{From: []string{event.Own}, To: to} }

// What happens becomes an event with what a person needs, by the routes that ask for it and by no other.
func TestTells(t *testing.T) {
	everything := &config.Route{To: []string{"crm"}} // every source: those that somebody sends from
	run(t, []*config.Route{everything, all("slack")}, func(h *harness) {
		h.n.Tell(dead(1, "zendesk", "ticket.created"))
		synctest.Wait()
		h.n.Tell(dispatch.Happening{Kind: dispatch.BreakerOpened, Time: time.Now(), Destination: "crm", Reason: "answered 503"})
		time.Sleep(2 * time.Second)
		h.n.Tell(dispatch.Happening{Kind: dispatch.BreakerClosed, Time: time.Now(), Destination: "crm", Reason: "it answered"})
		h.n.Tell(dispatch.Happening{Kind: dispatch.Disabled, Time: time.Now(), Destination: "crm"}) // told by who disables
		time.Sleep(2 * time.Second)
		h.n.Disabled("ep_1", "answered 410 Gone")
		time.Sleep(2 * time.Second)
		h.check(
			"plugboard.delivery.dead destination/crm 1 > slack",
			"plugboard.destination.failing destination/crm 1 > slack",
			"plugboard.destination.recovered destination/crm 1 > slack",
			"plugboard.endpoint.disabled endpoint/ep_1 1 > slack",
		)
		page, err := h.q.Events(h.Context(), queue.Filter{Type: event.DeliveryDead})
		if err != nil || len(page.Items) != 1 {
			h.Fatal(page, err)
		}
		one, err := h.q.Event(h.Context(), page.Items[0].Event.ID)
		if err != nil {
			h.Fatal(err)
		}
		body := strings.Replace(string(one.Event.Body), one.Event.ID, "ID", 1)
		const want = `{"specversion":"1.0","id":"ID","source":"/plugboard","type":"plugboard.delivery.dead","subject":"destination/crm",` +
			`"time":"2000-01-01T00:00:00Z","datacontenttype":"application/json","ccvendor":"plugboard","ccreceived":"2000-01-01T00:00:00Z",` +
			`"partitionkey":"destination/crm","data":{"destination":"crm","route":"tickets","reason":"answered 404 Not Found","status":404,"attempts":1,` +
			`"event":{"id":"ev-1","source":"zendesk","type":"ticket.created","subject":"ticket/7"},"delivery":{"id":"ev-1/crm"},"count":1}}`
		if diff := cmp.Diff(want, body); diff != "" {
			h.Errorf("(-want +got):\n%s", diff)
		}
	})
}

// A destination that kills everything makes no flood: 100,000 dead letters within ten seconds become about ten events, and
// all of them are counted.
func TestFlood(t *testing.T) {
	run(t, []*config.Route{all("slack")}, func(h *harness) {
		for i := range 100_000 {
			h.n.Tell(dead(i, "zendesk", "ticket.created"))
			if i%1000 == 999 {
				time.Sleep(100 * time.Millisecond)
			}
		}
		time.Sleep(2 * time.Second)
		told, sum := h.told(), 0
		for _, line := range told {
			var n int
			if _, err := fmt.Sscanf(line, "plugboard.delivery.dead destination/crm %d", &n); err != nil {
				h.Fatal(line, err)
			}
			sum += n
		}
		if len(told) > 12 || sum != 100_000 {
			h.Errorf("%d events that count %d dead letters; want at most 12, and 100,000", len(told), sum)
		}
	})
}

// However many kinds of event die, what waits to be told stays bounded.
func TestFloodOfKinds(t *testing.T) {
	run(t, []*config.Route{all("slack")}, func(h *harness) {
		for i := range 10_000 {
			h.n.Tell(dead(i, "any", fmt.Sprint("type", i)))
		}
		time.Sleep(3 * time.Second)
		if n := len(h.told()); n > 1000 {
			h.Errorf("%d events of 10,000 kinds", n)
		}
	})
}

// What becomes of deliveries of own events is not told, an event about a destination does not go there, and a dead letter
// that nobody asks for leaves none.
func TestNoLoop(t *testing.T) {
	when := all("slack")
	when.When = `data.destination == "slack" || data.event.type == "ticket.created"`
	run(t, []*config.Route{when, all("crm")}, func(h *harness) {
		own := dead(1, event.Own, event.DeliveryDead)
		h.n.Tell(own)
		h.n.Tell(dead(2, "zendesk", "call.ended")) // slack does not want it, and crm is what it is about
		h.n.Tell(dispatch.Happening{Kind: dispatch.BreakerOpened, Time: time.Now(), Destination: "slack"})
		time.Sleep(2 * time.Second)
		h.n.Tell(dead(3, "zendesk", "ticket.created"))
		time.Sleep(2 * time.Second)
		h.check(
			"plugboard.destination.failing destination/slack 1 > crm",
			"plugboard.delivery.dead destination/crm 1 > slack",
		)
	})
}

// What waits is told at the end, and nothing after it.
func TestClose(t *testing.T) {
	run(t, []*config.Route{all("slack")}, func(h *harness) {
		h.n.Tell(dead(1, "zendesk", "ticket.created"))
		synctest.Wait()
		h.n.Tell(dead(2, "zendesk", "ticket.created"))
		h.n.Tell(dead(3, "zendesk", "ticket.created"))
		if err := h.n.Close(h.Context()); err != nil {
			h.Error(err)
		}
		h.n.Tell(dead(4, "zendesk", "ticket.created"))
		h.check("plugboard.delivery.dead destination/crm 1 > slack", "plugboard.delivery.dead destination/crm 2 > slack")
	})
}
