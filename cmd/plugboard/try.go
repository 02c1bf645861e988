package main

import (
	"encoding/json"
	"errors"
	"fmt"
	"os"
	"time"

	"github.com/spf13/cobra"

	"github.com/plugboard/plugboard/gateway"
)

func newTry() *cobra.Command {
	c := &cobra.Command{
		Use:   "try --request FILE",
		Short: "Play one request through the whole pipeline: no network, nothing stored",
		Long: "Play the request in FILE (NAME.request.json) through verification, plugins, routes and destinations, and print\n" +
			"what would happen as one JSON document. FILE may say from which address it comes (remote_addr). With --answer the\n" +
			"later steps of each delivery are played, too: its FILE is a JSON list of {\"status\", \"headers\", \"body\"}, handed in\n" +
			"turn to the requests of each. Exit status 1 when it is refused.",
		Args: cobra.NoArgs,
	}
	file := configFlag(c)
	jsonFlag(c) // the output is JSON in any case
	request := c.Flags().String("request", "", "the request to play")
	now := c.Flags().String("now", "", "the `TIME` at which it arrives, as 2026-03-04T08:00:00Z (default: the clock's)")
	answer := c.Flags().String("answer", "", "the receiver's answers")
	c.RunE = func(c *cobra.Command, _ []string) error {
		if *request == "" {
			return usageError{errors.New("try needs --request FILE")}
		}
		trial, err := readTrial(*request, *answer, *now)
		if err != nil {
			return err
		}
		result, err := gateway.Try(c.Context(), beside(c, *file), trial)
		if err != nil {
			return faults(c.ErrOrStderr(), err)
		}
		enc := json.NewEncoder(c.OutOrStdout())
		enc.SetEscapeHTML(false)
		enc.SetIndent("", "  ")
		if err := enc.Encode(result); err != nil {
			return err
		}
		if result.Status >= 400 {
			return errSilent
		}
		return nil
	}
	return c
}

func readTrial(request, answer, now string) (gateway.Trial, error) {
	t := gateway.Trial{Now: time.Now()}
	s, err := readSample(request)
	if err != nil {
		return t, err
	}
	if s.Target == "" {
		return t, fmt.Errorf("%s: has no target; try finds the source by its path", request)
	}
	t.Method, t.Target, t.Headers, t.Body = s.Method, s.Target, headerList(s.Headers), s.body
	t.RemoteAddr = s.Remote
	if now != "" {
		if t.Now, err = time.Parse(time.RFC3339Nano, now); err != nil {
			return t, usageError{fmt.Errorf("--now %q is not a time such as 2026-03-04T08:00:00Z", now)}
		}
	}
	if answer == "" {
		return t, nil
	}
	content, err := os.ReadFile(answer)
	if err != nil {
		return t, err
	}
	t.Answers = []gateway.Answer{}
	if err := json.Unmarshal(content, &t.Answers); err != nil {
		return t, fmt.Errorf(`%s: not a list of {"status", "headers", "body"}: %w`, answer, err)
	}
	return t, nil
}
