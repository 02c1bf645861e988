// Package secretstore keeps secrets in the queue's registry, sealed under the master key (package keyring). A sealed value
// is bound to its name: in the place of another secret's record it does not open.
//
// A record is a version byte, when the secret was set (seconds since 1970, eight bytes), and the sealed value; the first
// nine bytes are part of what it is bound to.
package secretstore

import (
	"context"
	"encoding/binary"
	"errors"
	"fmt"
	"strings"
	"sync"
	"sync/atomic"
	"time"

	"github.com/plugboard/plugboard/gateway/keyring"
	"github.com/plugboard/plugboard/gateway/secret"
	"github.com/plugboard/plugboard/queue"
)

// Kind is the kind of the records.
const Kind = "secret"

// MaxSize is the longest secret in bytes: a record takes 64 KiB with what sealing adds.
const MaxSize = 60 << 10

const (
	version = 1
	head    = 9
)

// ErrName, ErrSize and ErrNone are what Set and Remove say of what they are given.
var (
	ErrName = errors.New(`not a secret's name; use letters, digits, ".", "_" and "-", a letter or digit first`)
	ErrSize = fmt.Errorf("a secret has at least one byte and at most %d", MaxSize)
	ErrNone = errors.New("there is no such secret in the store")
)

// Store is safe for concurrent use.
type Store struct {
	records queue.Registry
	ring    atomic.Pointer[keyring.Ring]
	noRing  error

	mu sync.Mutex // held while writing, so that sealing anew never brings back a former value
}

// New makes a store of the records. Without a ring everything that needs one fails with noRing.
func New(records queue.Registry, ring *keyring.Ring, noRing error) *Store {
	s := &Store{records: records, noRing: noRing}
	s.ring.Store(ring)
	return s
}

// Info is a secret as people may see it.
type Info struct {
	Name     string
	Set      time.Time
	Readable bool // with the key at hand
}

// Secret gives the value of a name.
func (s *Store) Secret(name string) (secret.Value, bool, error) {
	record, ok := s.records.Record(Kind, name)
	if !ok {
		return secret.Value{}, false, nil
	}
	text, err := s.open(name, record)
	if err != nil {
		return secret.Value{}, false, err
	}
	return secret.New(string(text)), true, nil
}

func (s *Store) open(name string, record []byte) ([]byte, error) {
	ring := s.ring.Load()
	if ring == nil {
		what, do, _ := strings.Cut(s.noRing.Error(), "; ")
		return nil, fmt.Errorf("the secret %s is sealed in the store, and %s; %s", name, what, do)
	}
	if len(record) < head || record[0] != version {
		return nil, fmt.Errorf("the secret %s in the store makes no sense; set it again with plugboard secrets set %s", name, name)
	}
	text, err := ring.Open(record[head:], boundTo(name, record[:head]))
	if err != nil {
		return nil, fmt.Errorf("the secret %s in the store does not open: %w; put the right key back, or set it again with plugboard secrets set %s", name, err, name)
	}
	return text, nil
}

// boundTo is what a sealed value belongs to.
func boundTo(name string, head []byte) string { return "plugboard secret " + string(head) + name }

// Set stores a secret, or a new value of one. It is on disk when Set returns.
func (s *Store) Set(ctx context.Context, name string, value []byte, now time.Time) error {
	ring := s.ring.Load()
	switch {
	case !secret.ValidName(name):
		return ErrName
	case len(value) == 0 || len(value) > MaxSize:
		return ErrSize
	case ring == nil:
		return s.noRing
	}
	s.mu.Lock()
	defer s.mu.Unlock()
	record := binary.BigEndian.AppendUint64([]byte{version}, uint64(now.Unix())) //nolint:gosec // after 1970
	return s.put(ctx, ring, name, record, value)
}

func (s *Store) put(ctx context.Context, ring *keyring.Ring, name string, record, value []byte) error {
	sealed, err := ring.Seal(value, boundTo(name, record[:head]))
	if err != nil {
		return err
	}
	return s.records.Put(ctx, queue.Record{Kind: Kind, Key: name, Value: append(record[:head:head], sealed...)})
}

// Remove removes a secret. The error is ErrNone when there is none.
func (s *Store) Remove(ctx context.Context, name string) error {
	s.mu.Lock()
	defer s.mu.Unlock()
	if _, ok := s.records.Record(Kind, name); !ok {
		return ErrNone
	}
	return s.records.Put(ctx, queue.Record{Kind: Kind, Key: name})
}

// List lists the secrets by name.
func (s *Store) List() []Info {
	records := s.records.Records(Kind)
	list := make([]Info, len(records))
	for i, r := range records {
		_, err := s.open(r.Key, r.Value)
		list[i] = Info{Name: r.Key, Readable: err == nil}
		if len(r.Value) >= head {
			list[i].Set = time.Unix(int64(binary.BigEndian.Uint64(r.Value[1:head])), 0).UTC() //nolint:gosec // as written
		}
	}
	return list
}

// Unreadable names the secrets that do not open, and says why of the first.
func (s *Store) Unreadable() (names []string, err error) {
	for _, r := range s.records.Records(Kind) {
		if _, one := s.open(r.Key, r.Value); one != nil {
			if names = append(names, r.Key); err == nil {
				err = one
			}
		}
	}
	return names, err
}

// Use takes another ring for all that comes now. Reseal seals what there is under its latest key.
func (s *Store) Use(ring *keyring.Ring) { s.ring.Store(ring) }

// Reseal seals every secret under the ring's latest key that is not yet, and says how many those were. What does not open
// stays as it is and is named in the error.
func (s *Store) Reseal(ctx context.Context) (done int, err error) {
	ring := s.ring.Load()
	if ring == nil {
		return 0, s.noRing
	}
	s.mu.Lock()
	defer s.mu.Unlock()
	for _, r := range s.records.Records(Kind) {
		if len(r.Value) > head && ring.Current(r.Value[head:]) {
			continue
		}
		text, one := s.open(r.Key, r.Value)
		if one == nil {
			one = s.put(ctx, ring, r.Key, r.Value[:head:head], text)
		}
		if one != nil {
			err = errors.Join(err, one)
			continue
		}
		done++
	}
	return done, err
}
