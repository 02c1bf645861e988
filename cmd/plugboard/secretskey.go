package main

import (
	"errors"
	"fmt"
	"net/http"

	"github.com/spf13/cobra"

	"github.com/plugboard/plugboard/gateway"
	"github.com/plugboard/plugboard/gateway/config"
	"github.com/plugboard/plugboard/gateway/keyring"
	"github.com/plugboard/plugboard/gateway/secretstore"
)

func newSecretsKey() *cobra.Command {
	c := &cobra.Command{
		Use:   "key",
		Short: "Make the master key, in the file that [secrets] key_file names",
		Long: "Make the master key, in the file that [secrets] key_file names, readable by this user alone. An existing one is never\n" +
			"replaced. With --print it is printed instead, for the environment variable " + keyring.EnvName + ".\nKeep a copy: what is sealed under a lost key is lost.",
		Args: cobra.NoArgs,
	}
	file := configFlag(c)
	show := c.Flags().Bool("print", false, "print it, and write no file")
	c.RunE = func(c *cobra.Command, _ []string) error {
		ring, err := keyring.Generate()
		if err != nil {
			return err
		}
		if *show {
			return printKey(c, ring)
		}
		place, _, err := keyPlace(c, *file)
		if err != nil {
			return err
		}
		switch {
		case place.InEnv():
			return fmt.Errorf("%s holds a master key already; plugboard secrets rotate --print replaces it", keyring.EnvName)
		case place.File == "":
			return errors.New("[secrets] key_file is empty; name a file there, or use --print and set " + keyring.EnvName)
		}
		if err := keyring.Create(place.File, ring); err != nil {
			return err
		}
		_, err = fmt.Fprintf(c.OutOrStdout(), "%s: the master key. Keep a copy of it elsewhere, and never beside the store's\n", place.File)
		return err
	}
	return c
}

func newSecretsRotate() *cobra.Command {
	c := &cobra.Command{
		Use:   "rotate",
		Short: "Replace the master key: seal everything with a new one, then drop the old one",
		Long: "Replace the master key. A new one is put in front of the old one, everything is sealed with it (by the running gateway,\n" +
			"or here without one), and the old one is dropped; at no moment can something not be read, and wherever it is interrupted\n" +
			"it can be run again. A key in " + keyring.EnvName + " is replaced in steps: rotate --print prints both keys, new one first; set\n" +
			"that and restart; then rotate --print --finish prints the new one alone.",
		Args: cobra.NoArgs,
	}
	file := configFlag(c)
	show := c.Flags().Bool("print", false, "print the keys, and change nothing")
	finish := c.Flags().Bool("finish", false, "with --print: the latest key alone")
	c.RunE = func(c *cobra.Command, _ []string) error {
		place, _, err := keyPlace(c, *file)
		if err != nil {
			return err
		}
		old, err := place.Load()
		if err != nil {
			return err
		}
		next := old.Rotated
		if *finish {
			next = old.Latest
		}
		ring, err := next()
		switch {
		case err != nil:
			return err
		case *show:
			return printKey(c, ring)
		case *finish:
			return usageError{errors.New("--finish goes with --print")}
		case place.InEnv():
			return fmt.Errorf("the master key is in %s, which cannot be set from here; see plugboard secrets rotate --help", keyring.EnvName)
		}
		return rotate(c, *file, place.File, ring)
	}
	return c
}

// rotate goes through the steps with a key in a file.
func rotate(c *cobra.Command, configFile, keyFile string, ring *keyring.Ring) error {
	if err := keyring.Write(keyFile, ring); err != nil {
		return err
	}
	var answer struct{ Sealed int }
	err := withSecrets(c, configFile, func(api *client) error {
		return api.send(c.Context(), http.MethodPost, "/v1/secrets/reseal", nil, &answer)
	}, func(cfg *config.Config, s *secretstore.Store) (err error) {
		answer.Sealed, err = gateway.Reseal(c.Context(), cfg, s, nil)
		return err
	})
	if err != nil {
		return fmt.Errorf("%w; %s holds the old key and the new one, and nothing is lost: mend that and run it again", err, keyFile)
	}
	latest, err := ring.Latest()
	if err == nil {
		err = keyring.Write(keyFile, latest)
	}
	if err != nil {
		return err
	}
	_, err = fmt.Fprintf(c.OutOrStdout(), "%s: a new master key; %d secrets sealed with it. Keep a copy of it elsewhere\n", keyFile, answer.Sealed)
	return err
}

func printKey(c *cobra.Command, ring *keyring.Ring) error {
	text, err := ring.Text()
	if err != nil {
		return err
	}
	_, err = c.OutOrStdout().Write(text)
	return err
}

func keyPlace(c *cobra.Command, file string) (keyring.Place, *config.Config, error) {
	cfg, err := config.Load(file, config.Options{Lenient: true})
	if err != nil {
		return keyring.Place{}, nil, faults(c.ErrOrStderr(), err)
	}
	return gateway.KeyPlace(cfg, nil), cfg, nil
}
