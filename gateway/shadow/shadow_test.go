package shadow_test

import (
	"context"
	"errors"
	"strings"
	"testing"
	"testing/synctest"

	"github.com/plugboard/plugboard/gateway/shadow"
	"github.com/plugboard/plugboard/gateway/wasm"
)

func failed(kind wasm.Kind, reason string) error {
	return &wasm.Error{Plugin: "p", Function: "format", Kind: kind, Reason: reason}
}

func TestCompare(t *testing.T) {
	for _, tt := range []struct {
		a, b     string
		aErr     error
		bErr     error
		want     shadow.Result
		at, x, y string
	}{
		{a: `{"a":1,"b":[true,"ü"]}`, b: ` {"b" : [true, "\u00fc"], "a": 1} `, want: shadow.Same},
		{a: `{"a":1.0}`, b: `{"a":1}`, want: shadow.Same},
		{a: ``, b: ` `, want: shadow.Same},
		{a: `no JSON`, b: `no JSON`, want: shadow.Same},
		{a: `{"a":9007199254740993}`, b: `{"a":9007199254740992}`, want: shadow.Different, at: "a", x: "9007199254740993", y: "9007199254740992"},
		{a: `{"b":{"c":[1,2]},"z":1}`, b: `{"b":{"c":[1,3]},"z":2}`, want: shadow.Different, at: "b.c[1]", x: "2", y: "3"},
		{a: `{"b":[1]}`, b: `{"b":[1,null]}`, want: shadow.Different, at: "b[1]", x: "nothing", y: "null"},
		{a: `{"a":1}`, b: `{"c":1}`, want: shadow.Different, at: "a", x: "1", y: "nothing"},
		{a: `{"a":"1"}`, b: `{"a":1}`, want: shadow.Different, at: "a", x: `"1"`, y: "1"},
		{a: `{"a":{}}`, b: `{"a":[]}`, want: shadow.Different, at: "a", x: "{}", y: "[]"},
		{a: `{}`, b: ``, want: shadow.Different, x: "{}", y: "nothing"},
		{a: `{}`, b: `{`, want: shadow.Different, x: "{}", y: "{"},
		{a: `{}`, bErr: failed(wasm.Trapped, "unreachable"), want: shadow.Failed, x: "{}", y: "trapped: unreachable"},
		{a: `{}`, bErr: errors.New("other"), want: shadow.Failed, x: "{}", y: "other"},
		{a: `{}`, bErr: failed(wasm.Dropped, "not for us"), want: shadow.Different, x: "{}", y: "dropped: not for us"},
		{aErr: failed(wasm.Dropped, "no"), bErr: failed(wasm.Dropped, "no"), want: shadow.Same},
		{aErr: failed(wasm.Dropped, "no"), b: `{}`, want: shadow.Different, x: "dropped: no", y: "{}"},
		{aErr: failed(wasm.Trapped, "no"), b: `{}`, want: shadow.Different, x: "trapped: no", y: "{}"},
	} {
		got, d := shadow.Compare(shadow.Outcome{Output: []byte(tt.a), Err: tt.aErr}, shadow.Outcome{Output: []byte(tt.b), Err: tt.bErr})
		if want := (shadow.Difference{Path: tt.at, InForce: tt.x, Candidate: tt.y}); got != tt.want || d != want {
			t.Errorf("%s %v, %s %v: %s %+v; want %s %+v", tt.a, tt.aErr, tt.b, tt.bErr, got, d, tt.want, want)
		}
	}
	long := `{"a":"` + strings.Repeat("ä", 1000) + `"}`
	if _, d := shadow.Compare(shadow.Outcome{Output: []byte(long)}, shadow.Outcome{Output: []byte(`{}`)}); len(d.InForce) > 330 || !strings.HasSuffix(d.InForce, "… (2002 bytes)") {
		t.Errorf("%d bytes: %s", len(d.InForce), d.InForce)
	}
}

func FuzzCompare(f *testing.F) {
	f.Add([]byte(`{"a":[1,{"b":null}]}`), []byte(`{"a":[1,{"b":"x"}]}`))
	f.Add([]byte(``), []byte(`1e999`))
	f.Fuzz(func(t *testing.T, a, b []byte) {
		x, y := shadow.Outcome{Output: a}, shadow.Outcome{Output: b}
		r, _ := shadow.Compare(x, y)
		if again, _ := shadow.Compare(y, x); again != r {
			t.Errorf("%s one way, %s the other", r, again)
		}
		if same, d := shadow.Compare(x, x); same != shadow.Same {
			t.Errorf("not the same as itself: %+v", d)
		}
	})
}

// candidate is a plugin that answers by its input, and waits where it is told to.
type candidate struct {
	wasm.Plugin
	gate chan struct{}
}

func (c *candidate) Functions() wasm.FunctionSet { return 1 << wasm.Format }
func (c *candidate) Close(context.Context) error { return nil }

func (c *candidate) Call(ctx context.Context, _ wasm.Function, in wasm.Input) (wasm.Output, error) {
	select {
	case <-c.gate:
	case <-ctx.Done():
		return wasm.Output{}, ctx.Err()
	}
	return wasm.Output{Body: in.Body}, nil
}

func TestTally(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		c := &candidate{gate: make(chan struct{})}
		s := shadow.New(c, shadow.NewTally(nil, "r", "d"), func(s string) string { return strings.ReplaceAll(s, "secret", "[redacted]") })
		offer := func(event, output string) {
			s.Offer(shadow.Call{Event: event, Function: wasm.Format, Input: wasm.Input{Body: []byte(`{"a":"secret"}`)}, Outcome: shadow.Outcome{Output: []byte(output)}})
		}
		offer("1", `{"a":"secret"}`)
		offer("2", `{"a":"b secret"}`)
		s.Offer(shadow.Call{Event: "3", Function: wasm.Judge}) // neither says anything
		synctest.Wait()
		for range 100 { // one is called, 2 and 64 less 2 wait
			offer("4", `{"a":"secret"}`)
		}
		close(c.gate)
		synctest.Wait()
		counts, seen := s.Tally().Counts()
		if counts[shadow.Same] != 64 || counts[shadow.Different] != 1 || counts[shadow.Skipped] != 38 || counts[shadow.Failed] != 0 {
			t.Errorf("%v", counts)
		}
		if len(seen) != 1 || seen[0].Event != "2" || seen[0].Path != "a" || seen[0].InForce != `"b [redacted]"` || seen[0].Candidate != `"[redacted]"` || seen[0].Function != "format" {
			t.Errorf("%+v", seen)
		}
		for range 60 {
			offer("5", `{}`)
			synctest.Wait()
		}
		if _, seen = s.Tally().Counts(); len(seen) != 50 || seen[0].Event != "5" {
			t.Errorf("%d are kept", len(seen))
		}
		if err := s.Close(t.Context()); err != nil {
			t.Error(err)
		}
	})
}

func TestCloseDoesNotWaitForTheCandidate(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		s := shadow.New(&candidate{gate: make(chan struct{})}, shadow.NewTally(nil, "r", "d"), strings.ToUpper)
		s.Offer(shadow.Call{Function: wasm.Format})
		synctest.Wait()
		if err := s.Close(t.Context()); err != nil {
			t.Error(err)
		}
		if counts, _ := s.Tally().Counts(); counts[shadow.Failed] != 0 {
			t.Errorf("an end counts as a fault: %v", counts)
		}
	})
}
