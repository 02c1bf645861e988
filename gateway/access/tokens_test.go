package access_test

import (
	"errors"
	"log/slog"
	"strings"
	"testing"
	"time"

	"github.com/plugboard/plugboard/gateway/access"
	"github.com/plugboard/plugboard/queue/badgerqueue"
)

// store opens a queue in a folder, as small as one can be.
func store(t *testing.T, dir string) *badgerqueue.Queue {
	t.Helper()
	q, err := badgerqueue.Open(t.Context(), badgerqueue.Options{Dir: dir, MinFree: -1, MemTable: 4 << 20, Cache: 1 << 20, Logger: slog.New(slog.DiscardHandler)})
	if err != nil {
		t.Fatal(err)
	}
	return q
}

// clock is a time that a test sets.
type clock struct{ time.Time }

func (c *clock) now() time.Time { return c.Time }

func tokens(t *testing.T, q *badgerqueue.Queue, c *clock) *access.Tokens {
	t.Helper()
	all, err := access.New(access.Options{Registry: q, Local: "local-token", Now: c.now})
	if err != nil {
		t.Fatal(err)
	}
	return all
}

// A token is known by its text alone, with its role, until it ends or is removed; and after a restart as before.
func TestTokensLast(t *testing.T) {
	t.Parallel()
	dir, at := t.TempDir(), &clock{time.Date(2025, 3, 4, 8, 30, 0, 0, time.UTC)}
	q := store(t, dir)
	all := tokens(t, q, at)
	texts := map[string]string{}
	for _, role := range access.Roles() {
		r, _ := access.ParseRole(role)
		made, text, err := all.Create(t.Context(), "for "+role, r, time.Time{})
		if err != nil || !strings.HasPrefix(text, "pbt_") || len(text) != 47 || made.Role != role {
			t.Fatalf("%+v, %d characters, %v", made, len(text), err)
		}
		texts[role] = text
		at.Time = at.Add(time.Millisecond)
	}
	ending, text, err := all.Create(t.Context(), "ending", access.Viewer, at.Add(time.Hour))
	if err != nil {
		t.Fatal(err)
	}
	if c, ok := all.Caller(text); !ok || c.Token != ending.ID || c.Name != "ending" {
		t.Errorf("%+v, %v", c, ok)
	}
	at.Time = at.Add(time.Hour)
	if c, ok := all.Caller(text); ok {
		t.Errorf("an hour later it is still %+v", c)
	}
	if err := all.Remove(t.Context(), "for viewer"); err != nil {
		t.Fatal(err)
	}
	if err := all.Remove(t.Context(), "for viewer"); !errors.Is(err, access.ErrUnknown) {
		t.Errorf("removed again: %v", err)
	}
	if err := q.Close(t.Context()); err != nil {
		t.Fatal(err)
	}

	q = store(t, dir)
	defer q.Close(t.Context()) //nolint:errcheck // the test is over
	all = tokens(t, q, at)
	for role, text := range texts {
		c, ok := all.Caller(text)
		if ok == (role == "viewer") || ok && c.Role.String() != role {
			t.Errorf("%s: %+v, %v", role, c, ok)
		}
	}
	if c, ok := all.Caller("local-token"); !ok || c.Role != access.Admin {
		t.Errorf("this machine: %+v, %v", c, ok)
	}
	for _, wrong := range []string{"", "pbt_", texts["admin"][:46], texts["admin"] + "A", strings.ToUpper(texts["admin"])} {
		if c, ok := all.Caller(wrong); ok {
			t.Errorf("%q is %+v", wrong, c)
		}
	}
	list := all.List()
	if len(list) != 4 || list[0].Name != "for sender" {
		t.Errorf("listed: %+v", list)
	}
}

// Nothing that is stored lets anybody in, and what is stored is not the text.
func TestTokensAreStoredHashed(t *testing.T) {
	t.Parallel()
	q := store(t, t.TempDir())
	defer q.Close(t.Context()) //nolint:errcheck // the test is over
	all := tokens(t, q, &clock{time.Now()})
	_, text, err := all.Create(t.Context(), "canary", access.Admin, time.Time{})
	if err != nil {
		t.Fatal(err)
	}
	records := q.Records(access.Kind)
	if len(records) != 1 {
		t.Fatalf("%d records", len(records))
	}
	value := string(records[0].Value)
	if strings.Contains(value, text) || strings.Contains(value, strings.TrimPrefix(text, "pbt_")) {
		t.Errorf("the text is stored: %s", value)
	}
	_, hash, _ := strings.Cut(value, `"hash":"`)
	if hash, _, _ = strings.Cut(hash, `"`); len(hash) != 64 {
		t.Fatalf("no hash in %s", value)
	}
	if _, ok := all.Caller(hash); ok {
		t.Error("the hash is a token")
	}
}

// The last use is kept to the hour, and written once an hour however often a token is used.
func TestLastUse(t *testing.T) {
	t.Parallel()
	at := &clock{time.Date(2025, 3, 4, 8, 30, 0, 0, time.UTC)}
	q := store(t, t.TempDir())
	defer q.Close(t.Context()) //nolint:errcheck // the test is over
	puts := &counting{Queue: q, put: make(chan struct{}, 100)}
	all, err := access.New(access.Options{Registry: puts, Local: "local", Now: at.now})
	if err != nil {
		t.Fatal(err)
	}
	_, text, err := all.Create(t.Context(), "reader", access.Viewer, time.Time{})
	if err != nil {
		t.Fatal(err)
	}
	<-puts.put
	for hour := 8; hour < 10; hour++ {
		for range 50 {
			if _, ok := all.Caller(text); !ok {
				t.Fatal("unknown")
			}
		}
		<-puts.put
		if got := all.List()[0].LastUsed; got != time.Date(2025, 3, 4, hour, 0, 0, 0, time.UTC) {
			t.Errorf("last used %v", got)
		}
		at.Time = at.Add(time.Hour)
	}
	if n := len(puts.put); n > 0 {
		t.Errorf("%d writes more than one an hour", n)
	}
}

func TestTokensThatCannotBe(t *testing.T) {
	t.Parallel()
	at := &clock{time.Date(2025, 3, 4, 8, 30, 0, 0, time.UTC)}
	q := store(t, t.TempDir())
	defer q.Close(t.Context()) //nolint:errcheck // the test is over
	all := tokens(t, q, at)
	if _, _, err := all.Create(t.Context(), "taken", access.Viewer, time.Time{}); err != nil {
		t.Fatal(err)
	}
	for _, c := range []struct {
		name    string
		role    access.Role
		expires time.Time
		words   string
	}{
		{"", access.Viewer, time.Time{}, "/name"},
		{"two\nlines", access.Viewer, time.Time{}, "/name"},
		{strings.Repeat("x", 101), access.Viewer, time.Time{}, "/name"},
		{"taken", access.Viewer, time.Time{}, `called "taken"`},
		{"x", 0, time.Time{}, "/role"},
		{"x", 9, time.Time{}, "/role"},
		{"x", access.Viewer, at.Time, "/expires"},
	} {
		if _, text, err := all.Create(t.Context(), c.name, c.role, c.expires); !errors.Is(err, access.ErrInvalid) || !strings.Contains(err.Error(), c.words) || text != "" {
			t.Errorf("%+v: %v", c, err)
		}
	}
}
