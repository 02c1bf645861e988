package gateway

import (
	"context"
	"errors"
	"fmt"
	"maps"
	"slices"
	"strings"
	"time"

	"github.com/plugboard/plugboard/gateway/admin"
	"github.com/plugboard/plugboard/gateway/config"
	"github.com/plugboard/plugboard/gateway/keyring"
	"github.com/plugboard/plugboard/gateway/secret"
	"github.com/plugboard/plugboard/gateway/secretstore"
	"github.com/plugboard/plugboard/queue"
)

// KeyPlace is where the master key of a configuration is looked for.
func KeyPlace(cfg *config.Config, getenv func(string) (string, bool)) keyring.Place {
	return keyring.Place{Getenv: getenv, File: cfg.Secrets.KeyFile}
}

// OpenSecrets opens the secrets that are kept in a store. A missing key is told when it is needed: without secrets in the
// store nobody wants one.
func OpenSecrets(cfg *config.Config, records queue.Registry, getenv func(string) (string, bool)) (*secretstore.Store, error) {
	ring, err := KeyPlace(cfg, getenv).Load()
	if err != nil && !errors.Is(err, keyring.ErrNone) {
		return nil, err
	}
	return secretstore.New(records, ring, err), nil
}

// openStore opens the queue's store and the secrets in it, once: when the configuration names the first of those, or when
// all of it is read.
func (g *Gateway) openStore(ctx context.Context, cfg *config.Config) (err error) {
	if g.store != nil {
		return nil
	}
	if g.store, err = openStore(ctx, cfg, g.opts.Getenv, g.log, withMetrics(g.metrics), g.tellReplaced, g.opts.forStore); err != nil {
		return err
	}
	g.later(g.store.Close)
	if g.secrets, err = OpenSecrets(cfg, g.store, g.opts.Getenv); err != nil {
		return err
	}
	if _, err := g.reseal(ctx, cfg); err != nil && !errors.Is(err, keyring.ErrNone) && !errors.Is(err, keyring.ErrWrongKey) {
		g.log.Error("a key was replaced, and not everything could be sealed with the new one", "err", err)
	}
	if names, err := g.secrets.Unreadable(); err != nil {
		g.log.Error("secrets in the store cannot be read with this master key", "secrets", strings.Join(names, ", "), "err", err)
	}
	return nil
}

func (g *Gateway) storedAtStart(ctx context.Context) func(*config.Config) (secret.Store, error) {
	return func(early *config.Config) (secret.Store, error) {
		if err := g.openStore(ctx, early); err != nil {
			return nil, err
		}
		return g.secrets, nil
	}
}

func (g *Gateway) storedNow(*config.Config) (secret.Store, error) { return g.secrets, nil }

// reseal brings everything that the master key seals under its latest key.
func (g *Gateway) reseal(ctx context.Context, cfg *config.Config) (int, error) {
	return Reseal(ctx, cfg, g.secrets, g.opts.Getenv)
}

// Reseal reads the master key anew and brings everything that it seals under its latest key: the secrets in the store, of
// which it gives the number, and the store's own key.
func Reseal(ctx context.Context, cfg *config.Config, secrets *secretstore.Store, getenv func(string) (string, bool)) (int, error) {
	ring, err := KeyPlace(cfg, getenv).Load()
	if err != nil {
		return 0, err
	}
	secrets.Use(ring)
	done, err := secrets.Reseal(ctx)
	return done, errors.Join(err, keyring.ResealStoreKey(cfg.Queue.Dir, ring))
}

// runningSecrets are the secrets of a running gateway, as the API has them.
type runningSecrets struct{ g *Gateway }

func (s runningSecrets) config() *config.Config {
	s.g.mu.Lock()
	defer s.g.mu.Unlock()
	return s.g.current.cfg
}

// named are the secrets that the file and the endpoints in use name.
func (s runningSecrets) named() map[string]config.Named {
	s.g.mu.Lock()
	defer s.g.mu.Unlock()
	all := maps.Clone(s.g.current.cfg.Named)
	for id, part := range s.g.current.endpoints {
		for name, use := range part.named {
			if _, known := all[name]; !known {
				all[name] = config.Named{From: use.From, At: config.Position{File: "endpoint " + id}}
			}
		}
	}
	return all
}

// List gives the secrets in the store, and those that the configuration has from elsewhere.
func (s runningSecrets) List() []admin.SecretInfo {
	named := s.named()
	var list []admin.SecretInfo
	for _, in := range s.g.secrets.List() {
		use, used := named[in.Name]
		delete(named, in.Name)
		info := admin.SecretInfo{Name: in.Name, From: string(config.FromStore), Set: &in.Set, Used: used, Unreadable: !in.Readable}
		if used && use.From != config.FromStore {
			info.Hidden = string(use.From)
		}
		list = append(list, info)
	}
	for name, use := range named {
		list = append(list, admin.SecretInfo{Name: name, From: string(use.From), Used: true})
	}
	slices.SortFunc(list, func(a, b admin.SecretInfo) int { return strings.Compare(a.Name, b.Name) })
	return list
}

// Set stores a secret and takes it into use.
func (s runningSecrets) Set(ctx context.Context, name string, value []byte) (admin.SecretChange, error) {
	if err := s.g.secrets.Set(ctx, name, value, time.Now()); err != nil {
		return admin.SecretChange{}, err
	}
	change := admin.SecretChange{Name: name}
	if use, used := s.named()[name]; used && use.From != config.FromStore {
		change.Hidden = string(use.From)
	}
	s.reload(ctx, &change)
	return change, nil
}

// reload takes what was changed into use; what is stored stays stored if the rest of the configuration is at fault.
func (s runningSecrets) reload(ctx context.Context, change *admin.SecretChange) {
	if err := s.g.reloadTold(context.WithoutCancel(ctx)); err != nil {
		change.Reason = "stored, and not in use: " + err.Error()
		return
	}
	change.Reloaded = true
}

// Remove removes a secret that the configuration does not name, or any if forced.
func (s runningSecrets) Remove(ctx context.Context, name string, force bool) error {
	if use, used := s.named()[name]; used && use.From == config.FromStore && !force {
		return fmt.Errorf("%w: %s names {{secret.%s}}; remove it there first, or use force", admin.ErrSecretUsed, use.At, name)
	}
	return s.g.secrets.Remove(ctx, name)
}

// Reseal seals everything under the latest master key, which is read anew.
func (s runningSecrets) Reseal(ctx context.Context) (int, error) { return s.g.reseal(ctx, s.config()) }
