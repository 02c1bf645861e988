package auth_test

import (
	"fmt"
	"net/http"
	"testing"
	"testing/synctest"
	"time"

	"github.com/plugboard/plugboard/gateway/auth"
	"github.com/plugboard/plugboard/gateway/deliver/send"
	"github.com/plugboard/plugboard/queue/queuetest"
)

// setClock sets the clock by a step between a token's fetch and its use, and between a refusal and the next try. It
// names what came too early or too late.
func setClock(t *testing.T, step time.Duration, plant func(auth.Authorizer)) (wrong []string) {
	t.Helper()
	var clock queuetest.WallClock
	e := &endpoint{script: []scripted{{status: 401, body: `{"error":"invalid_client"}`}}}
	a, err := auth.New(passwordGrant, auth.Options{Sender: e, Now: clock.Now})
	if err != nil {
		t.Fatal(err)
	}
	plant(a)
	apply := func() string {
		r := &send.Request{Header: http.Header{}}
		_, err := a.Apply(t.Context(), r)
		return fmt.Sprint(r.Header.Get("Authorization"), err)
	}
	expect := func(when string, requests int) {
		got := apply()
		synctest.Wait()
		time.Sleep(2 * time.Second) // a fetch that nobody waits for
		e.mu.Lock()
		defer e.mu.Unlock()
		if len(e.forms) != requests {
			wrong = append(wrong, fmt.Sprintf("%s: %d token requests, want %d; %s", when, len(e.forms), requests, got))
		}
	}
	expect("first", 1) // is refused
	clock.Set(step)
	expect("while the refusal is believed", 1)
	time.Sleep(10 * time.Second)
	expect("after the refusal", 2)
	clock.Set(step)
	expect("with a new token", 2)
	time.Sleep(50 * time.Minute)
	expect("with an old token", 2)
	time.Sleep(time.Hour)
	expect("when it has expired", 3)
	return wrong
}

var steps = []time.Duration{time.Hour, -time.Hour, 365 * 24 * time.Hour, -365 * 24 * time.Hour}

func TestClockIsSet(t *testing.T) {
	for _, step := range steps {
		synctest.Test(t, func(t *testing.T) {
			for _, w := range setClock(t, step, func(auth.Authorizer) {}) {
				t.Errorf("clock set by %v: %s", step, w)
			}
		})
	}
}

// TestClockIsSetControl plants tokens that live by the wall clock.
func TestClockIsSetControl(t *testing.T) {
	for _, step := range steps {
		synctest.Test(t, func(t *testing.T) {
			if wrong := setClock(t, step, auth.ByWall); len(wrong) == 0 {
				t.Errorf("clock set by %v: nothing wrong was found with tokens that live by it", step)
			}
		})
	}
}
