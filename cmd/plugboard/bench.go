package main

import (
	"context"
	"fmt"
	"io"
	"log/slog"
	"os"
	"os/exec"
	"sync"

	"github.com/spf13/cobra"

	"github.com/plugboard/plugboard/gateway"
	"github.com/plugboard/plugboard/gateway/bench"
	"github.com/plugboard/plugboard/gateway/config"
	"github.com/plugboard/plugboard/queue"
)

func newBench() *cobra.Command {
	c := &cobra.Command{
		Use:   "bench",
		Short: "Measure this machine, and the gateway on it",
		Long: "Measure what this machine can do at all (a plain log with one sync for all who wait; a plain fasthttp echo), then the\n" +
			"gateway on it: events accepted, events delivered end to end through plugins on both sides to a receiver in another\n" +
			"process, cycles of the queue alone, and the time from sending to arrival at a fixed rate. Read the ratios: they hold\n" +
			"from machine to machine. Files go into a temporary folder, traffic stays on this machine, nothing is left behind.",
		Args: cobra.NoArgs,
	}
	var o bench.Options
	c.Flags().Float64Var(&o.Seconds, "seconds", 3, "how long each of the 17 measurements takes, 0.05 to 60")
	c.Flags().IntVar(&o.Rounds, "rounds", 1, "measure everything so often, 1 to 100, and give medians: for a machine with other work")
	c.Flags().StringVar(&o.Plugins, "plugins", "plugins", "the `FOLDER` of built plugins")
	c.Flags().StringVar(&o.Dir, "dir", "", "a `FOLDER` on the disk to measure (default: the system's temporary folder)")
	c.Flags().StringVar(&o.Cache, "cache", "", "a `FOLDER` of compiled plugins to use (default: they are compiled anew)")
	asJSON := jsonFlag(c)
	c.RunE = func(c *cobra.Command, _ []string) error {
		if o.Seconds < 0.05 || o.Seconds > 60 {
			return usageError{fmt.Errorf("--seconds %g: want 0.05 to 60", o.Seconds)}
		}
		if o.Rounds < 1 || o.Rounds > 100 {
			return usageError{fmt.Errorf("--rounds %d: want 1 to 100", o.Rounds)}
		}
		errs := &shared{w: c.ErrOrStderr()}
		self, err := os.Executable()
		if err != nil {
			return fmt.Errorf("finding the program's own file: %w", err)
		}
		o.Part = func(name string, args ...string) *exec.Cmd {
			part := exec.Command(self, append([]string{"bench", "part", name}, args...)...) //nolint:gosec // this program itself
			part.Stderr = errs
			return part
		}
		o.Open = func(ctx context.Context, dir string) (queue.Queue, error) {
			return gateway.OpenStore(ctx, &config.Config{Queue: config.Queue{Engine: "badger", Dir: dir}}, nil)
		}
		o.Progress = func(what string) { _, _ = fmt.Fprintln(errs, what) }
		report, err := bench.Run(c.Context(), o)
		if err != nil {
			return err
		}
		if *asJSON {
			return printJSON(c.OutOrStdout(), report)
		}
		return report.Print(c.OutOrStdout())
	}
	c.AddCommand(newBenchPart())
	return c
}

// shared is a writer for this process and what its parts say.
type shared struct {
	mu sync.Mutex
	w  io.Writer
}

func (s *shared) Write(b []byte) (int, error) {
	s.mu.Lock()
	defer s.mu.Unlock()
	return s.w.Write(b)
}

// newBenchPart is how bench runs itself again for the processes it measures. A part prints its address and ends with
// its standard input, so that it does not outlive who started it.
func newBenchPart() *cobra.Command {
	part := &cobra.Command{Use: "part", Hidden: true, Args: cobra.NoArgs, RunE: func(c *cobra.Command, _ []string) error { return c.Help() }}
	receiver := &cobra.Command{Use: "receiver", Args: cobra.NoArgs}
	receiver.RunE = func(c *cobra.Command, _ []string) error {
		ctx, cancel := untilEOF(c)
		defer cancel()
		return bench.ServeReceiver(ctx, c.OutOrStdout())
	}
	server := &cobra.Command{Use: "gateway", Args: cobra.NoArgs}
	file := configFlag(server)
	server.RunE = func(c *cobra.Command, _ []string) error {
		ctx, cancel := untilEOF(c)
		defer cancel()
		log := slog.New(slog.NewTextHandler(c.ErrOrStderr(), &slog.HandlerOptions{Level: slog.LevelWarn}))
		gateway.LimitMemory(log) // as run does
		g, err := gateway.New(ctx, gateway.Options{ConfigFile: *file, Logger: log})
		if err != nil {
			return faults(c.ErrOrStderr(), err)
		}
		if _, err := fmt.Fprintln(c.OutOrStdout(), g.Listen()); err != nil {
			return err
		}
		return g.Run(ctx)
	}
	part.AddCommand(receiver, server)
	return part
}

// untilEOF is done when standard input ends.
func untilEOF(c *cobra.Command) (context.Context, context.CancelFunc) {
	ctx, cancel := context.WithCancel(c.Context())
	go func() {
		_, _ = io.Copy(io.Discard, c.InOrStdin()) // an error ends it as well
		cancel()
	}()
	return ctx, cancel
}
