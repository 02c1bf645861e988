package main

import (
	"bytes"
	"context"
	"errors"
	"fmt"
	"io"
	"net/http"
	"net/url"
	"time"

	"github.com/spf13/cobra"

	"github.com/plugboard/plugboard/gateway"
	"github.com/plugboard/plugboard/gateway/admin"
	"github.com/plugboard/plugboard/gateway/config"
	"github.com/plugboard/plugboard/gateway/secretstore"
)

func newSecrets() *cobra.Command {
	c := &cobra.Command{
		Use:   "secrets",
		Short: "Keep secrets in the store, sealed under the master key",
		Long: "Keep secrets in the store, sealed under the master key. A configuration names them as {{secret.NAME}}; the environment\n" +
			"and the folder of [secrets] are asked before the store. With a gateway running it is done through its API and takes\n" +
			"effect at once; without one, on the store itself.",
		Args: cobra.NoArgs,
		RunE: func(c *cobra.Command, _ []string) error { return c.Help() },
	}
	c.AddCommand(newSecretsSet(), newSecretsList(), newSecretsRemove(), newSecretsKey(), newSecretsRotate())
	return c
}

func newSecretsSet() *cobra.Command {
	c := &cobra.Command{
		Use:   "set NAME",
		Short: "Store the secret that stands on standard input, less one line end; it is never shown again",
		Args:  cobra.ExactArgs(1),
	}
	file, asJSON := configFlag(c), jsonFlag(c)
	c.RunE = func(c *cobra.Command, args []string) error {
		value, err := readSecret(c.InOrStdin())
		if err != nil {
			return err
		}
		var change admin.SecretChange
		err = withSecrets(c, *file, func(api *client) error {
			return api.send(c.Context(), http.MethodPut, "/v1/secrets/"+url.PathEscape(args[0]), map[string]string{"value": string(value)}, &change)
		}, func(_ *config.Config, s *secretstore.Store) error {
			change.Name, change.Reason = args[0], "stored; no gateway is running"
			return s.Set(c.Context(), args[0], value, time.Now())
		})
		switch {
		case err != nil:
			return err
		case *asJSON:
			return printJSON(c.OutOrStdout(), change)
		}
		p := &printer{w: c.OutOrStdout()}
		p.change(change)
		return p.err
	}
	return c
}

func (p *printer) change(c admin.SecretChange) {
	switch {
	case c.Reloaded:
		p.line("%s: stored, and in use wherever the configuration names {{secret.%s}}", c.Name, c.Name)
	default:
		p.line("%s: %s", c.Name, c.Reason)
	}
	if c.Hidden != "" {
		p.line("%s: there is another one in the %s, and that one counts", c.Name, c.Hidden)
	}
}

// readSecret reads a value, less one line end.
func readSecret(from io.Reader) ([]byte, error) {
	value, err := io.ReadAll(io.LimitReader(from, secretstore.MaxSize+3))
	if err != nil {
		return nil, fmt.Errorf("the secret on standard input: %w", err)
	}
	value = bytes.TrimSuffix(bytes.TrimSuffix(value, []byte("\n")), []byte("\r"))
	if len(value) == 0 {
		return nil, errors.New("standard input is empty; write the secret to it, as in: printf %s \"$TOKEN\" | plugboard secrets set NAME")
	}
	return value, nil
}

func newSecretsList() *cobra.Command {
	c := &cobra.Command{Use: "list", Short: "List the names of secrets, where each is and whether it is in use; never a value", Args: cobra.NoArgs}
	file, asJSON := configFlag(c), jsonFlag(c)
	c.RunE = func(c *cobra.Command, _ []string) error {
		var page struct {
			Items []admin.SecretInfo `json:"items"`
		}
		err := withSecrets(c, *file, func(api *client) error {
			return api.get(c.Context(), "/v1/secrets", url.Values{"limit": {"1000"}}, &page)
		}, func(cfg *config.Config, s *secretstore.Store) error {
			for _, in := range s.List() {
				_, used := cfg.Named[in.Name]
				page.Items = append(page.Items, admin.SecretInfo{Name: in.Name, From: string(config.FromStore), Set: &in.Set, Used: used, Unreadable: !in.Readable})
			}
			return nil
		})
		if err != nil {
			return err
		}
		p := &printer{w: c.OutOrStdout()}
		for _, s := range page.Items {
			if *asJSON {
				err = errors.Join(err, printJSON(p.w, s))
			} else {
				p.secret(s)
			}
		}
		return errors.Join(err, p.err)
	}
	return c
}

func (p *printer) secret(s admin.SecretInfo) {
	line := fmt.Sprintf("%-30s %s", s.Name, s.From)
	if s.Set != nil {
		line += ", set " + s.Set.Format(time.RFC3339)
	}
	if s.Used {
		line += ", in use"
	}
	if s.Hidden != "" {
		line += "; the one in the " + s.Hidden + " counts instead"
	}
	if s.Unreadable {
		line += "; CANNOT BE READ with this master key"
	}
	p.line("%s", line)
}

func newSecretsRemove() *cobra.Command {
	c := &cobra.Command{Use: "rm NAME", Short: "Remove a secret from the store; one that the configuration names only with --force", Args: cobra.ExactArgs(1)}
	file := configFlag(c)
	force := c.Flags().Bool("force", false, "although the configuration names it: the next start or reload will then fail")
	c.RunE = func(c *cobra.Command, args []string) error {
		path := "/v1/secrets/" + url.PathEscape(args[0])
		if *force {
			path += "?force=true"
		}
		return withSecrets(c, *file, func(api *client) error {
			return api.send(c.Context(), http.MethodDelete, path, nil, nil)
		}, func(cfg *config.Config, s *secretstore.Store) error {
			if use, used := cfg.Named[args[0]]; used && use.From == config.FromStore && !*force {
				return fmt.Errorf("%s names {{secret.%s}}; remove it there first, or use --force", use.At, args[0])
			}
			return s.Remove(c.Context(), args[0])
		})
	}
	return c
}

// withSecrets has a running gateway do something, or does it on the store itself.
func withSecrets(c *cobra.Command, file string, running func(*client) error, alone func(*config.Config, *secretstore.Store) error) error {
	if far, err := farClient(c); far != nil || err != nil {
		if err == nil {
			err = running(far)
		}
		return err
	}
	cfg, err := config.Load(file, config.Options{Lenient: true})
	if err != nil {
		return faults(c.ErrOrStderr(), err)
	}
	api, err := newClient(cfg)
	if err == nil {
		err = running(api)
	}
	if !errors.Is(err, errNotRunning) {
		return err
	}
	return faults(c.ErrOrStderr(), gateway.VisitSecrets(c.Context(), file, alone))
}

// beside are the options of commands that look at a configuration, whether a gateway runs with it or not.
func beside(c *cobra.Command, file string) gateway.Options {
	return gateway.Options{
		ConfigFile: file,
		Ask:        askSecrets,
		Note:       func(text string) { _, _ = fmt.Fprintf(c.ErrOrStderr(), "note: %s\n", text) },
	}
}

func askSecrets(ctx context.Context, cfg *config.Config) (names []string, err error) {
	api, err := newClient(cfg)
	if err != nil {
		return nil, err
	}
	var page struct {
		Items []admin.SecretInfo `json:"items"`
	}
	err = api.get(ctx, "/v1/secrets", url.Values{"limit": {"1000"}}, &page)
	for _, s := range page.Items {
		names = append(names, s.Name)
	}
	return names, err
}
