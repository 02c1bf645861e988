package secretstore_test

import (
	"bytes"
	"context"
	"errors"
	"io/fs"
	"os"
	"path/filepath"
	"strings"
	"testing"
	"time"

	"github.com/plugboard/plugboard/gateway/keyring"
	"github.com/plugboard/plugboard/gateway/secretstore"
	"github.com/plugboard/plugboard/queue"
	"github.com/plugboard/plugboard/queue/badgerqueue"
)

const canary = "canary-0815-of-the-mine"

func generate(t testing.TB) *keyring.Ring {
	t.Helper()
	r, err := keyring.Generate()
	if err != nil {
		t.Fatal(err)
	}
	return r
}

// open opens a store on disk; close ends it before the test does.
func open(t testing.TB, dir string) (q *badgerqueue.Queue, end func()) {
	t.Helper()
	q, err := badgerqueue.Open(t.Context(), badgerqueue.Options{Dir: dir, MinFree: -1, MemTable: 8 << 20})
	if err != nil {
		t.Fatal(err)
	}
	ended := false
	end = func() {
		if ended {
			return
		}
		ended = true
		if err := q.Close(context.WithoutCancel(t.Context())); err != nil {
			t.Error(err)
		}
	}
	t.Cleanup(end)
	return q, end
}

func want(t *testing.T, s *secretstore.Store, name, value string) {
	t.Helper()
	got, ok, err := s.Secret(name)
	if err != nil || ok != (value != "") || got.Reveal() != value {
		t.Errorf("%s: %q, %v, %v; want %q", name, got.Reveal(), ok, err, value)
	}
}

func TestSecretsOutliveTheProcessSealed(t *testing.T) {
	dir, ring := t.TempDir(), generate(t)
	q, end := open(t, dir)
	s := secretstore.New(q, ring, nil)
	now := time.Date(2026, 3, 4, 8, 0, 0, 0, time.UTC)
	for name, value := range map[string]string{"a.token": canary, "b": strings.Repeat("x", secretstore.MaxSize)} {
		if err := s.Set(t.Context(), name, []byte(value), now); err != nil {
			t.Fatal(err)
		}
	}
	end()
	if file := fileWith(t, dir, canary); file != "" {
		t.Errorf("%s holds the secret in the clear", file)
	}
	q, _ = open(t, dir)
	s = secretstore.New(q, ring, nil)
	want(t, s, "a.token", canary)
	want(t, s, "nobody", "")
	list := s.List()
	if len(list) != 2 || list[0].Name != "a.token" || !list[0].Set.Equal(now) || !list[0].Readable {
		t.Errorf("%+v", list)
	}
	if err := s.Remove(t.Context(), "a.token"); err != nil {
		t.Fatal(err)
	}
	want(t, s, "a.token", "")
	if err := s.Remove(t.Context(), "a.token"); !errors.Is(err, secretstore.ErrNone) {
		t.Error(err)
	}
}

// The control: what is put into the registry as it is, is found.
func TestFilesAreSearched(t *testing.T) {
	dir := t.TempDir()
	q, end := open(t, dir)
	if err := q.Put(t.Context(), queue.Record{Kind: "plain", Key: "x", Value: []byte(canary)}); err != nil {
		t.Fatal(err)
	}
	end()
	if fileWith(t, dir, canary) == "" {
		t.Error("a value in the clear is not found")
	}
}

func fileWith(t *testing.T, dir, text string) (found string) {
	t.Helper()
	err := filepath.WalkDir(dir, func(path string, d fs.DirEntry, err error) error {
		if err != nil || d.IsDir() {
			return err
		}
		content, err := os.ReadFile(path)
		if bytes.Contains(content, []byte(text)) {
			found = path
		}
		return err
	})
	if err != nil {
		t.Fatal(err)
	}
	return found
}

// A record in the place of another one does not open: whoever can write to the store cannot have a receiver's secret sent to
// somebody else.
func TestSwappedRecordsDoNotOpen(t *testing.T) {
	q, _ := open(t, t.TempDir())
	s := secretstore.New(q, generate(t), nil)
	for _, name := range []string{"a", "b"} {
		if err := s.Set(t.Context(), name, []byte("value of "+name), time.Now()); err != nil {
			t.Fatal(err)
		}
	}
	a, _ := q.Record(secretstore.Kind, "a")
	b, _ := q.Record(secretstore.Kind, "b")
	older := bytes.Clone(b)
	older[8]-- // of the time at which it was set
	for name, record := range map[string]queue.Record{
		"swapped": {Kind: secretstore.Kind, Key: "a", Value: bytes.Clone(b)}, "another time": {Kind: secretstore.Kind, Key: "b", Value: older},
		"cut short": {Kind: secretstore.Kind, Key: "a", Value: a[:4]}, "another version": {Kind: secretstore.Kind, Key: "a", Value: append([]byte{9}, a[1:]...)},
	} {
		if err := q.Put(t.Context(), record); err != nil {
			t.Fatal(err)
		}
		if v, ok, err := s.Secret(record.Key); err == nil {
			t.Errorf("%s: %q, %v", name, v.Reveal(), ok)
		}
	}
	if err := q.Put(t.Context(), queue.Record{Kind: secretstore.Kind, Key: "b", Value: bytes.Clone(b)}); err != nil {
		t.Fatal(err)
	}
	want(t, s, "b", "value of b") // the control: in its own place it opens
}

func TestRotation(t *testing.T) {
	q, _ := open(t, t.TempDir())
	old := generate(t)
	s := secretstore.New(q, old, nil)
	for _, name := range []string{"a", "b", "c"} {
		if err := s.Set(t.Context(), name, []byte("value of "+name), time.Now()); err != nil {
			t.Fatal(err)
		}
	}
	both, err := old.Rotated()
	if err != nil {
		t.Fatal(err)
	}
	s.Use(both)
	want(t, s, "a", "value of a") // while rotating the old key is good
	if n, err := s.Reseal(t.Context()); n != 3 || err != nil {
		t.Fatalf("%d sealed anew, %v", n, err)
	}
	if n, err := s.Reseal(t.Context()); n != 0 || err != nil {
		t.Errorf("%d sealed once more, %v", n, err)
	}
	latest, err := both.Latest()
	if err != nil {
		t.Fatal(err)
	}
	s.Use(latest)
	want(t, s, "c", "value of c")
	names, err := secretstore.New(q, old, nil).Unreadable()
	if len(names) != 3 || !errors.Is(err, keyring.ErrWrongKey) || !strings.Contains(err.Error(), "the secret a ") {
		t.Errorf("with the former key: %v, %v", names, err)
	}
	s.Use(old)
	if n, err := s.Reseal(t.Context()); n != 0 || !errors.Is(err, keyring.ErrWrongKey) {
		t.Errorf("%d sealed anew with a key that opens nothing, %v", n, err)
	}
}

func TestWithoutAKey(t *testing.T) {
	q, _ := open(t, t.TempDir())
	if err := secretstore.New(q, generate(t), nil).Set(t.Context(), "a", []byte("v"), time.Now()); err != nil {
		t.Fatal(err)
	}
	s := secretstore.New(q, nil, keyring.ErrNone)
	if err := s.Set(t.Context(), "b", []byte("v"), time.Now()); !errors.Is(err, keyring.ErrNone) {
		t.Error(err)
	}
	if _, _, err := s.Secret("a"); err == nil || !strings.Contains(err.Error(), "the secret a is sealed") {
		t.Error(err)
	}
	want(t, s, "b", "")
	if list := s.List(); len(list) != 1 || list[0].Readable {
		t.Errorf("%+v", list)
	}
}

func TestSetRefuses(t *testing.T) {
	q, _ := open(t, t.TempDir())
	s := secretstore.New(q, generate(t), nil)
	for name, want := range map[string]error{
		"../x": secretstore.ErrName, "": secretstore.ErrName, "a/b": secretstore.ErrName, "a\x00": secretstore.ErrName, ".a": secretstore.ErrName,
		"%2fetc": secretstore.ErrName, strings.Repeat("n", 129): secretstore.ErrName, "good": nil,
	} {
		if err := s.Set(t.Context(), name, []byte("v"), time.Now()); !errors.Is(err, want) {
			t.Errorf("%q: %v", name, err)
		}
	}
	for _, value := range [][]byte{nil, make([]byte, secretstore.MaxSize+1)} {
		if err := s.Set(t.Context(), "good", value, time.Now()); !errors.Is(err, secretstore.ErrSize) {
			t.Errorf("%d bytes: %v", len(value), err)
		}
	}
}
