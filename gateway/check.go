package gateway

import (
	"context"
	"errors"
	"log/slog"

	"github.com/plugboard/plugboard/gateway/config"
	"github.com/plugboard/plugboard/gateway/metrics"
)

// Check loads everything that a configuration names, plugins and expressions included, and lets go of it again. Its
// error is a config.Faults when the configuration is at fault. No address is bound, and the store is opened only for the secrets
// in it that the configuration names, and only if no gateway has it open.
func Check(ctx context.Context, o Options) error {
	a, release, err := load(ctx, o)
	if err != nil {
		return err
	}
	return errors.Join(a.close(ctx), release(ctx))
}

// load assembles a configuration outside a running gateway. release ends the plugin host.
func load(ctx context.Context, o Options) (a *assembly, release func(context.Context) error, err error) {
	stored := &visitor{ctx: ctx, o: o}
	cfg, err := config.Load(o.ConfigFile, config.Options{Getenv: o.Getenv, Stored: stored.open})
	if err = errors.Join(err, stored.leave(cfg)); err != nil {
		return nil, nil, err
	}
	m := metrics.New(nil)
	host, err := newHost(ctx, cfg, m)
	if err != nil {
		return nil, nil, err
	}
	assembler := newAssembler(host, slog.New(slog.DiscardHandler), m, o.Dev)
	assembler.getenv = o.Getenv
	a, err = assembler.assemble(ctx, cfg, nil)
	if err != nil {
		return nil, nil, errors.Join(err, host.Close(ctx))
	}
	return a, host.Close, nil
}
