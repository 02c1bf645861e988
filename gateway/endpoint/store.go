package endpoint

import (
	"bytes"
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"time"

	"github.com/plugboard/plugboard/gateway/secret"
	"github.com/plugboard/plugboard/queue"
)

// ErrUnknown says that there is no endpoint of that ID.
var ErrUnknown = errors.New("no such endpoint")

// SealedSecrets keep secrets from whoever has the store's files alone; a *secretstore.Store does.
type SealedSecrets interface {
	Set(ctx context.Context, name string, value []byte, now time.Time) error
	Secret(name string) (secret.Value, bool, error)
	Remove(ctx context.Context, name string) error
}

// Store keeps records in the queue's registry, and their secrets sealed, where there is a master key. Without one they
// stand in the record, as they would in a configuration file that spells them out. It is safe for concurrent use; who
// changes a record holds a lock of his own.
type Store struct {
	registry queue.Registry
	sealed   SealedSecrets
	noKey    error // what sealed says when there is no master key
}

// NewStore makes a Store.
func NewStore(r queue.Registry, sealed SealedSecrets, noKey error) *Store {
	return &Store{r, sealed, noKey}
}

// SecretName is the name of an endpoint's sealed secrets.
func SecretName(id string) string { return "endpoint." + id }

// Stored is a record as it was found.
type Stored struct {
	Record
	Err error // its secrets cannot be had
}

// List gives all records, the oldest first. The error is a record that makes no sense.
func (s *Store) List() ([]Stored, error) {
	var list []Stored
	for _, stored := range s.registry.Records(Kind) {
		var r Stored
		dec := json.NewDecoder(bytes.NewReader(stored.Value))
		dec.UseNumber()
		if err := dec.Decode(&r.Record); err != nil || r.ID != stored.Key {
			return nil, fmt.Errorf("endpoint %s in the store makes no sense: %w", stored.Key, err)
		}
		if r.Sealed {
			r.Err = s.open(&r.Record)
		}
		list = append(list, r)
	}
	return list, nil
}

func (s *Store) open(r *Record) error {
	value, ok, err := s.sealed.Secret(SecretName(r.ID))
	if err == nil && !ok {
		err = errors.New("its secrets are not in the store any more; set them again")
	}
	if err != nil {
		return err
	}
	dec := json.NewDecoder(bytes.NewReader([]byte(value.Reveal())))
	dec.UseNumber()
	return dec.Decode(&r.Secrets)
}

// Set commits a record with its secrets. It notes in the record whether those are sealed.
func (s *Store) Set(ctx context.Context, r *Record) error {
	if err := s.seal(ctx, r); err != nil {
		return err
	}
	return s.Note(ctx, *r)
}

// Seal seals a record's secrets, if they are not yet and there is a master key by now.
func (s *Store) Seal(ctx context.Context, r *Record) error {
	if r.Sealed || len(r.Secrets) == 0 {
		return nil
	}
	if err := s.seal(ctx, r); err != nil || !r.Sealed {
		return err
	}
	return s.Note(ctx, *r)
}

func (s *Store) seal(ctx context.Context, r *Record) error {
	r.Sealed = false
	if len(r.Secrets) == 0 {
		return nil
	}
	text, err := json.Marshal(r.Secrets)
	if err != nil {
		return err
	}
	switch err := s.sealed.Set(ctx, SecretName(r.ID), text, time.Now()); {
	case err == nil:
		r.Sealed = true
	case !errors.Is(err, s.noKey):
		return err
	}
	return nil
}

// Note commits records whose secrets have not changed, all or none.
func (s *Store) Note(ctx context.Context, records ...Record) error {
	list := make([]queue.Record, len(records))
	for i, r := range records {
		if r.Sealed {
			r.Secrets = nil
		}
		value, err := json.Marshal(r)
		if err != nil {
			return fmt.Errorf("endpoint %s: %w", r.ID, err)
		}
		list[i] = queue.Record{Kind: Kind, Key: r.ID, Value: value}
	}
	return s.registry.Put(ctx, list...)
}

// Remove forgets one, and its secrets.
func (s *Store) Remove(ctx context.Context, r *Record) error {
	if err := s.registry.Put(ctx, queue.Record{Kind: Kind, Key: r.ID}); err != nil {
		return err
	}
	if r.Sealed {
		return s.sealed.Remove(ctx, SecretName(r.ID))
	}
	return nil
}
