package gateway

import (
	"context"
	"crypto/rand"
	"encoding/base64"
	"errors"
	"fmt"
	"io/fs"
	"maps"
	"os"
	"path/filepath"
	"slices"
	"strings"

	"github.com/plugboard/plugboard/gateway/config"
	"github.com/plugboard/plugboard/gateway/secret"
	"github.com/plugboard/plugboard/gateway/secretstore"
	"github.com/plugboard/plugboard/queue/badgerqueue"
)

// visitor looks up secrets of the store for Check and Try. Without a gateway it opens the store for as long as the
// configuration is read. A running gateway has it open, and tells names alone: then each gets a value that nobody knows, and
// what a real one would change is said.
type visitor struct {
	ctx   context.Context
	o     Options
	store Store
	made  map[string]secret.Value // for names whose values cannot be known
}

func (v *visitor) open(early *config.Config) (secret.Store, error) {
	if _, err := os.Stat(filepath.Join(early.Queue.Dir, "badger")); errors.Is(err, fs.ErrNotExist) {
		return secret.Chain{}, nil // no gateway has ever run here
	}
	store, err := openStore(v.ctx, early, v.o.Getenv, nil)
	if errors.Is(err, badgerqueue.ErrInUse) {
		v.made = map[string]secret.Value{}
		return v, nil
	}
	if err != nil {
		return nil, err
	}
	v.store = store
	return OpenSecrets(early, store, v.o.Getenv)
}

// Secret makes a value up. It is valid base64, which some signature schemes insist on.
func (v *visitor) Secret(name string) (secret.Value, bool, error) {
	value, ok := v.made[name]
	if !ok {
		var random [32]byte
		_, _ = rand.Read(random[:]) // never fails
		value = secret.New(base64.StdEncoding.EncodeToString(random[:]))
		v.made[name] = value
	}
	return value, true, nil
}

// leave closes the store, and finds out of the names that were made up whether the running gateway has them. cfg is nil when
// it did not load.
func (v *visitor) leave(cfg *config.Config) error {
	if v.store != nil {
		return v.store.Close(context.WithoutCancel(v.ctx))
	}
	if cfg == nil || len(v.made) == 0 {
		return nil
	}
	names := slices.Sorted(maps.Keys(v.made))
	known, err := v.ask(cfg)
	if err != nil {
		v.note("a gateway has the store open, and what secrets are in it could not be asked (%v): whether these are there is not known: %s", err, strings.Join(names, ", "))
		return nil
	}
	var faults config.Faults
	for _, name := range names {
		if !slices.Contains(known, name) {
			faults = append(faults, config.Fault{Position: cfg.Named[name].At, What: "the secret " + name + " is not set", Do: "run plugboard secrets set " + name})
		}
	}
	if faults != nil {
		faults.Sort()
		return faults
	}
	v.note("the running gateway has these secrets in its store and tells nobody their values, so only that they are there was checked: %s", strings.Join(names, ", "))
	return nil
}

func (v *visitor) ask(cfg *config.Config) ([]string, error) {
	if v.o.Ask == nil {
		return nil, errors.New("nobody to ask")
	}
	return v.o.Ask(v.ctx, cfg)
}

func (v *visitor) note(format string, args ...any) {
	if v.o.Note != nil {
		v.o.Note(fmt.Sprintf(format, args...))
	}
}

// VisitSecrets opens the store of a configuration that no gateway runs with, and hands over the secrets in it. What the
// configuration names is known, as far as it can be found.
func VisitSecrets(ctx context.Context, configFile string, do func(*config.Config, *secretstore.Store) error) (err error) {
	var store Store
	var secrets *secretstore.Store
	defer func() {
		if store != nil {
			err = errors.Join(err, store.Close(context.WithoutCancel(ctx)))
		}
	}()
	open := func(cfg *config.Config) (secret.Store, error) {
		if secrets == nil {
			var err error
			if store, err = OpenStore(ctx, cfg, nil); err != nil {
				return nil, err
			}
			if secrets, err = OpenSecrets(cfg, store, nil); err != nil {
				return nil, err
			}
		}
		return secrets, nil
	}
	cfg, err := config.Load(configFile, config.Options{Lenient: true, Stored: open})
	if err != nil {
		return err
	}
	if _, err := open(cfg); err != nil {
		return err
	}
	return do(cfg, secrets)
}
