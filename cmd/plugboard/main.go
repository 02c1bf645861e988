// Command plugboard is the gateway and everything one does with it: run it, try a configuration, send a sample, look
// what became of an event, build a plugin. One file holds one command.
//
// Exit status: 0 done, 1 it failed, 2 used wrongly.
package main

import (
	"context"
	"errors"
	"fmt"
	"os"
	"os/signal"
	"syscall"

	"github.com/spf13/cobra"
)

func main() {
	ctx, stop := signal.NotifyContext(context.Background(), os.Interrupt, syscall.SIGTERM)
	status := execute(ctx, os.Args[1:], stdio{os.Stdin, os.Stdout, os.Stderr})
	stop()
	os.Exit(status)
}

// execute runs one command line until it is done or ctx is, and gives its exit status.
func execute(ctx context.Context, args []string, std stdio) int {
	root := newRoot(std)
	root.SetArgs(args)
	c, err := root.ExecuteContextC(ctx)
	var usage usageError
	switch {
	case err == nil:
		return 0
	case errors.As(err, &usage):
		_, _ = fmt.Fprintf(std.err, "plugboard: %v; write it as %s, or see %s --help\n", err, c.UseLine(), c.CommandPath())
		return 2
	case errors.Is(err, errSilent):
		return 1
	default:
		_, _ = fmt.Fprintf(std.err, "plugboard: %v\n", err)
		return 1
	}
}

func newRoot(std stdio) *cobra.Command {
	root := &cobra.Command{
		Use:           "plugboard",
		Short:         "A gateway for contact-centre events: webhooks in, the right requests out, nothing lost between",
		SilenceErrors: true,
		SilenceUsage:  true,
		Args:          cobra.NoArgs,
		RunE:          func(c *cobra.Command, _ []string) error { return c.Help() },
	}
	root.SetIn(std.in)
	root.SetOut(std.out)
	root.SetErr(std.err)
	root.SetFlagErrorFunc(func(_ *cobra.Command, err error) error { return usageError{err} })
	root.AddCommand(newRun(), newDev(), newCheck(), newTry(), newSend(), newEvents(), newDeliveries(), newAttempts(), newRejected(),
		newReplay(), newCancel(), newDeadLetters(), newDestinations(), newSources(), newRoutes(), newEndpoints(),
		newAudit(), newSecrets(), newToken(), newBench(), newPlugin(), newVersion())
	farFlags(root)
	strict(root)
	return root
}

// strict makes wrong arguments a usage error (exit status 2), at every depth.
func strict(c *cobra.Command) {
	if check := c.Args; check != nil {
		c.Args = func(c *cobra.Command, args []string) error {
			if err := check(c, args); err != nil {
				return usageError{err}
			}
			return nil
		}
	}
	for _, sub := range c.Commands() {
		strict(sub)
	}
}
