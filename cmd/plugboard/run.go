package main

import (
	"fmt"
	"io"
	"log/slog"
	"os"
	"os/signal"
	"syscall"

	"github.com/spf13/cobra"

	"github.com/plugboard/plugboard/gateway"
)

func newRun() *cobra.Command {
	c := &cobra.Command{
		Use:   "run",
		Short: "Run the gateway",
		Long: "Run the gateway until SIGTERM or Ctrl-C, which lets it finish what it began. SIGHUP, and a change of the file\n" +
			"or of the plugin folder, reloads: a configuration that does not load is refused and the running one stays.",
		Args: cobra.NoArgs,
	}
	file := configFlag(c)
	debug := c.Flags().Bool("debug", false, "log what plugins say at debug level, too")
	acceptLoss := c.Flags().Bool("accept-loss", false, "start although the queue says that something is missing from it")
	logJSON := c.Flags().Bool("log-json", false, "log JSON lines")
	c.RunE = func(c *cobra.Command, _ []string) error {
		log := newLogger(c.ErrOrStderr(), *debug, *logJSON)
		if err := noCore(); err != nil {
			log.Warn("a crash may write this process's memory to disk, with the secrets in it", "err", err)
		}
		gateway.LimitMemory(log)
		g, err := gateway.New(c.Context(), gateway.Options{
			ConfigFile: *file,
			Logger:     log,
			Watch:      true,
			AcceptLoss: *acceptLoss,
		})
		if err != nil {
			return faults(c.ErrOrStderr(), err)
		}
		if _, err := fmt.Fprintf(c.ErrOrStderr(), "listening on %s, API on %s\n", g.URL(), g.AdminURL()); err != nil {
			return err
		}
		go gateway.SettleMemory(c.Context())
		hangup := make(chan os.Signal, 1)
		signal.Notify(hangup, syscall.SIGHUP)
		defer signal.Stop(hangup)
		go func() {
			for range hangup {
				g.ReloadLogged(c.Context())
			}
		}()
		return g.Run(c.Context())
	}
	return c
}

func newLogger(w io.Writer, debug, asJSON bool) *slog.Logger {
	level := slog.LevelInfo
	if debug {
		level = slog.LevelDebug
	}
	o := &slog.HandlerOptions{Level: level}
	if asJSON {
		return slog.New(slog.NewJSONHandler(w, o))
	}
	return slog.New(slog.NewTextHandler(w, o))
}
