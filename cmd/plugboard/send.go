package main

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"net/http"
	"net/url"
	"strings"
	"time"

	"github.com/spf13/cobra"

	"github.com/plugboard/plugboard/gateway/admin"
	"github.com/plugboard/plugboard/gateway/config"
	"github.com/plugboard/plugboard/gateway/feed"
)

func newSend() *cobra.Command {
	c := &cobra.Command{
		Use:   "send --source NAME FILE | send --as VENDOR [--source NAME] EVENT",
		Short: "Post a sample to a running gateway, signed as that vendor signs, and follow it to its end",
		Long: "Post a sample to a running gateway and print what became of it. FILE is a request (NAME.request.json: method,\n" +
			"target, headers, body_file or body) or just a body. It is signed anew, with the secret of the source.\n\n" +
			"With --as, FILE holds a canonical event, a list of them or {\"events\": [...]}, and what is posted is the message that\n" +
			"the vendor would have sent: the plugin VENDOR rebuilds it (its function encode), as configured for the source.",
		Args: cobra.ExactArgs(1),
	}
	s := &sending{}
	file, asJSON := configFlag(c), jsonFlag(c)
	c.Flags().StringVar(&s.source, "source", "", "the source to send to, by its name in the configuration")
	c.Flags().StringVar(&s.as, "as", "", "rebuild the message of `VENDOR`: the name of a source's plugin")
	c.Flags().BoolVar(&s.dryRun, "dry-run", false, "print the request instead of sending it; credentials are left out")
	c.Flags().StringVar(&s.cert, "cert", "", "`FILE` of the client certificate to show, in PEM")
	c.Flags().StringVar(&s.key, "key", "", "`FILE` of its private key, in PEM")
	c.Flags().DurationVar(&s.wait, "wait", 15*time.Second, "how long to wait for the deliveries to end; 0 for not at all")
	c.RunE = func(c *cobra.Command, args []string) error {
		if s.source == "" && s.as == "" {
			return usageError{errors.New("send needs --source NAME, or --as VENDOR")}
		}
		cfg, err := config.Load(*file, config.Options{Lenient: true})
		if err != nil {
			return faults(c.ErrOrStderr(), err)
		}
		s.cfg, s.asJSON = cfg, *asJSON
		s.out = &printer{w: c.OutOrStdout(), colour: isTerminal(c.OutOrStdout())}
		return s.run(c.Context(), args[0])
	}
	return c
}

// sending is one run of the command.
type sending struct {
	cfg    *config.Config
	source string
	as     string // the plugin that rebuilds the message; "": the file holds it
	dryRun bool
	wait   time.Duration
	asJSON bool
	out    *printer

	cert, key string // files of a client certificate
	http      *http.Client
}

// answer is what the gateway says to a vendor.
type answer struct {
	ID         string   `json:"id"`
	Events     []string `json:"events"`
	Deliveries int      `json:"deliveries"`
	Error      string   `json:"error"`
}

func (s *sending) run(ctx context.Context, file string) error {
	if err := s.connect(); err != nil {
		return err
	}
	samples, err := s.samples(ctx, file)
	if err != nil {
		return err
	}
	for _, one := range samples {
		if err := s.send(ctx, one); err != nil {
			return fmt.Errorf("%s: %w", file, err)
		}
	}
	return nil
}

// send posts one sample and follows it.
func (s *sending) send(ctx context.Context, one *sample) error {
	if s.dryRun {
		return s.show(one)
	}
	req, err := s.request(ctx, one)
	if err != nil {
		return err
	}
	if s.wait <= 0 {
		_, err := s.post(ctx, req)
		return err
	}
	api, err := newClient(s.cfg)
	if err != nil {
		return err
	}
	ctx, cancel := context.WithTimeout(ctx, s.wait)
	defer cancel()
	return s.follow(ctx, api, req)
}

// follow opens the stream first, so that a delivery which ends before the answer is read is not missed.
func (s *sending) follow(ctx context.Context, api *client, req *http.Request) error {
	sent := time.Now()
	open := map[string]bool{} // deliveries that have not ended
	var failure error
	err := api.follow(ctx, func() (bool, error) {
		a, err := s.post(ctx, req)
		if err != nil {
			return false, err
		}
		for _, id := range a.Events {
			if err := s.look(ctx, api, id, sent, open); err != nil {
				return false, err
			}
		}
		return len(open) > 0, nil
	}, func(n feed.Note) (stop bool) {
		if open[n.Delivery] && (n.Kind == feed.Attempt || n.Kind == feed.Ended) {
			failure = s.report(n)
			if n.Kind == feed.Ended {
				delete(open, n.Delivery)
			}
		}
		return len(open) == 0 || failure != nil
	})
	if err = errors.Join(err, failure); err != nil {
		return err
	}
	if len(open) > 0 {
		return fmt.Errorf("%d %s not ended after %s; see plugboard deliveries", len(open), deliveries(len(open)), s.wait)
	}
	return nil
}

func (s *sending) report(n feed.Note) error {
	if s.asJSON {
		return printJSON(s.out.w, n)
	}
	s.out.note(n)
	return s.out.err
}

// look prints what an event owes and notes what of it is still open.
func (s *sending) look(ctx context.Context, api *client, id string, sent time.Time, open map[string]bool) error {
	var e admin.EventRecord
	if err := api.get(ctx, "/v1/events/"+url.PathEscape(id), nil, &e); err != nil {
		return err
	}
	if e.Received.Before(sent.Add(-time.Second)) && !s.asJSON {
		s.out.line("a repeat: this event was accepted at %s and was not queued again", clock(e.Received))
	}
	for _, d := range e.Deliveries {
		if d.State == "pending" {
			open[d.ID] = true
			continue
		}
		if s.asJSON {
			s.out.err = errors.Join(s.out.err, printJSON(s.out.w, d))
		} else {
			s.out.line("%s  %s", d.ID, standing(d))
		}
	}
	return s.out.err
}

// post sends the request and prints the answer.
func (s *sending) post(ctx context.Context, req *http.Request) (answer, error) {
	var a answer
	resp, err := s.http.Do(req.WithContext(ctx))
	if err != nil {
		return a, fmt.Errorf("%w; is the gateway running? start it with plugboard run or plugboard dev", err)
	}
	body, err := io.ReadAll(io.LimitReader(resp.Body, 1<<20))
	if err = errors.Join(err, resp.Body.Close()); err != nil {
		return a, err
	}
	if s.asJSON {
		err = printJSON(s.out.w, map[string]any{"status": resp.StatusCode, "answer": rawOrText(body)})
	} else {
		s.out.line("%d %s", resp.StatusCode, strings.TrimSpace(string(body)))
		err = s.out.err
	}
	if err == nil && resp.StatusCode >= http.StatusBadRequest {
		err = errSilent
	}
	if err == nil && json.Valid(body) {
		err = json.Unmarshal(body, &a) // a vendor's own form has none of the fields, and that is right
	}
	return a, err
}

func rawOrText(body []byte) any {
	if json.Valid(body) {
		return json.RawMessage(body)
	}
	return string(body)
}
