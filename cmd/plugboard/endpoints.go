package main

import (
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"net/http"
	"net/url"
	"os"
	"strings"

	"github.com/spf13/cobra"

	"github.com/plugboard/plugboard/gateway/admin"
	"github.com/plugboard/plugboard/gateway/endpoint"
)

func newEndpoints() *cobra.Command {
	c := &cobra.Command{Use: "endpoints", Short: "List destinations set up at run time; add, change, remove, enable, disable, test them", Args: cobra.NoArgs}
	listEndpoints(c)
	c.AddCommand(newEndpointsList(), newEndpointsShow(), newEndpointsAdd(), newEndpointsChange(), newEndpointsRemove(),
		newEndpointsSwitch("enable", true), newEndpointsSwitch("disable", false), newTest("test ID", "/v1/endpoints/"))
	return c
}

// endpointLine is what lists show of an endpoint.
type endpointLine struct {
	ID, Status, Cause, Reason, URL, Plugin, Description, Secret string
	Types                                                       []string
	Pending                                                     int
}

func newEndpointsList() *cobra.Command {
	c := &cobra.Command{Use: "list", Short: "List endpoints, the oldest first", Args: cobra.NoArgs}
	listEndpoints(c)
	return c
}

func listEndpoints(c *cobra.Command) {
	file, asJSON := configFlag(c), jsonFlag(c)
	status := c.Flags().String("status", "", "only those that are active, disabled or broken")
	c.RunE = func(c *cobra.Command, _ []string) error {
		query := url.Values{}
		if *status != "" {
			query.Set("status", *status)
		}
		return listAll(c, *file, "/v1/endpoints", query, *asJSON, printEndpoints)
	}
}

func printEndpoints(w io.Writer, items []json.RawMessage) error {
	tab := newColumns(w)
	tab.row("ID\tSTATUS\tWAITING\tTYPES\tURL\tDESCRIPTION")
	for _, item := range items {
		var e endpointLine
		if err := json.Unmarshal(item, &e); err != nil {
			return err
		}
		types := strings.Join(e.Types, ",")
		if types == "" {
			types = "all"
		}
		tab.row("%s\t%s\t%d\t%s\t%s\t%s", e.ID, e.standing(), e.Pending, types, e.URL, e.Description)
	}
	return tab.Flush()
}

// standing is the status with its cause.
func (e endpointLine) standing() string {
	if e.Cause != "" {
		return e.Status + " (" + e.Cause + ")"
	}
	return e.Status
}

func newEndpointsShow() *cobra.Command {
	c := &cobra.Command{Use: "show ID", Short: "Show an endpoint as JSON, without its secrets", Args: cobra.ExactArgs(1)}
	file, asJSON := configFlag(c), jsonFlag(c)
	c.RunE = func(c *cobra.Command, args []string) error {
		return exchange(c, *file, http.MethodGet, "/v1/endpoints/"+url.PathEscape(args[0]), nil, *asJSON)
	}
	return c
}

// settingFlags are the settings that have a flag of their own; every other one comes with --set or --from-file.
func settingFlags(c *cobra.Command) func(s endpoint.Settings) error {
	texts := map[string]*string{}
	for key, help := range map[string]string{"url": "where events are posted", "when": "a condition on the event", "plugin": "writes the requests; left out, the event is posted as a CloudEvent",
		"format": "json, xml, form, query, text or cloudevent (the plugin webhook)", "template": "of the body, as {\"agent\":\"{{data.agent.id}}\"}", "description": "for people"} {
		texts[key] = c.Flags().String(key, "", help)
	}
	types := c.Flags().StringSlice("types", nil, "event types, such as agent.*; left out, every one")
	from := c.Flags().StringSlice("from", nil, "sources; left out, every one")
	sets := c.Flags().StringArray("set", nil, "any other setting, as `KEY=JSON`: --set timeout='\"5s\"', --set when=null")
	file := c.Flags().String("from-file", "", "a JSON `FILE` with settings; - for standard input")
	return func(s endpoint.Settings) error {
		if *file != "" {
			if err := readSettings(c, *file, s); err != nil {
				return err
			}
		}
		for key, value := range texts {
			if c.Flags().Changed(key) {
				s[key] = *value
			}
		}
		for key, value := range map[string]*[]string{"types": types, "from": from} {
			if c.Flags().Changed(key) {
				s[key] = *value
			}
		}
		for _, set := range *sets {
			key, value, ok := strings.Cut(set, "=")
			if !ok || !json.Valid([]byte(value)) {
				return usageError{fmt.Errorf("--set %s: write KEY=JSON; a text is JSON in quotes, as --set timeout='\"5s\"'", set)}
			}
			s[key] = json.RawMessage(value)
		}
		return nil
	}
}

func readSettings(c *cobra.Command, file string, into endpoint.Settings) error {
	var text []byte
	var err error
	if file == "-" {
		text, err = io.ReadAll(io.LimitReader(c.InOrStdin(), endpoint.MaxSize+1))
	} else {
		text, err = os.ReadFile(file)
	}
	if err != nil {
		return err
	}
	s, err := endpoint.Parse(text)
	if err != nil {
		return fmt.Errorf("%s: %w", file, err)
	}
	for key, value := range s {
		into[key] = value
	}
	return nil
}

func newEndpointsAdd() *cobra.Command {
	c := &cobra.Command{Use: "add --url URL", Short: "Add an endpoint, in use at once; its secret is shown this once", Args: cobra.NoArgs}
	file, asJSON := configFlag(c), jsonFlag(c)
	settings := settingFlags(c)
	c.RunE = func(c *cobra.Command, _ []string) error {
		return sendSettings(c, *file, http.MethodPost, "/v1/endpoints", settings, *asJSON)
	}
	return c
}

func newEndpointsChange() *cobra.Command {
	c := &cobra.Command{Use: "change ID", Short: "Change what is named, and leave the rest as it is", Args: cobra.ExactArgs(1)}
	file, asJSON := configFlag(c), jsonFlag(c)
	settings := settingFlags(c)
	c.RunE = func(c *cobra.Command, args []string) error {
		return sendSettings(c, *file, http.MethodPatch, "/v1/endpoints/"+url.PathEscape(args[0]), settings, *asJSON)
	}
	return c
}

func sendSettings(c *cobra.Command, file, method, path string, settings func(endpoint.Settings) error, asJSON bool) error {
	s := endpoint.Settings{}
	if err := settings(s); err != nil {
		return err
	}
	if len(s) == 0 {
		return usageError{errors.New("nothing is said of the endpoint; see --help for what may be")}
	}
	api, err := dial(c, file)
	if err != nil {
		return err
	}
	var got json.RawMessage
	if err := api.send(c.Context(), method, path, s, &got); err != nil {
		return err
	}
	if asJSON {
		return printJSON(c.OutOrStdout(), got)
	}
	var e endpointLine
	if err := json.Unmarshal(got, &e); err != nil {
		return err
	}
	p := &printer{w: c.OutOrStdout()}
	p.line("%s  %s", e.ID, e.standing())
	if strings.HasPrefix(e.Secret, "whsec_") {
		p.line("secret  %s", e.Secret)
	}
	return p.err
}

func newEndpointsRemove() *cobra.Command {
	c := &cobra.Command{Use: "rm ID", Aliases: []string{"remove"}, Short: "Remove an endpoint; what waits for it stays in the queue, to be cancelled or replayed elsewhere", Args: cobra.ExactArgs(1)}
	file := configFlag(c)
	c.RunE = func(c *cobra.Command, args []string) error {
		return exchange(c, *file, http.MethodDelete, "/v1/endpoints/"+url.PathEscape(args[0]), nil, false)
	}
	return c
}

func newEndpointsSwitch(verb string, enabled bool) *cobra.Command {
	short := "Take an endpoint out of use: nothing is queued for it, and what waits goes on waiting"
	if enabled {
		short = "Put an endpoint to use again, also one that the gateway has disabled"
	}
	c := &cobra.Command{Use: verb + " ID", Short: short, Args: cobra.ExactArgs(1)}
	file := configFlag(c)
	c.RunE = func(c *cobra.Command, args []string) error {
		api, err := dial(c, *file)
		if err != nil {
			return err
		}
		return api.send(c.Context(), http.MethodPatch, "/v1/endpoints/"+url.PathEscape(args[0]), map[string]bool{"enabled": enabled}, nil)
	}
	return c
}

// newTest is the command that sends a sample event for real.
func newTest(use, path string) *cobra.Command {
	c := &cobra.Command{Use: use, Short: "Send an event there for real, and show what comes of it; nothing is stored", Args: cobra.ExactArgs(1)}
	file, asJSON := configFlag(c), jsonFlag(c)
	event := c.Flags().String("event", "", "a `FILE` with the CloudEvent to send; left out, a sample")
	c.RunE = func(c *cobra.Command, args []string) error {
		var p admin.Probe
		if *event != "" {
			text, err := os.ReadFile(*event)
			if err != nil {
				return err
			}
			p.Event = text
		}
		api, err := dial(c, *file)
		if err != nil {
			return err
		}
		var r admin.Probed
		if err := api.send(c.Context(), http.MethodPost, path+url.PathEscape(args[0])+"/test", p, &r); err != nil {
			return err
		}
		if *asJSON {
			err = printJSON(c.OutOrStdout(), r)
		} else {
			err = printProbed(c.OutOrStdout(), r)
		}
		if err == nil && r.Outcome != "delivered" && r.Outcome != "dropped" {
			err = errSilent
		}
		return err
	}
	return c
}

func printProbed(w io.Writer, r admin.Probed) error {
	p := &printer{w: w}
	for _, line := range r.Requests {
		p.line("%s", line)
	}
	outcome := fmt.Sprintf("%s in %.1f ms", r.Outcome, r.DurationMS)
	if r.Reason != "" {
		outcome += ": " + r.Reason
	}
	p.line("%s", outcome)
	if r.Response != "" {
		p.line("%s", strings.TrimSpace(r.Response))
	}
	return p.err
}

// exchange makes a request and prints the JSON that comes back, if any does.
func exchange(c *cobra.Command, file, method, path string, body any, compact bool) error {
	api, err := dial(c, file)
	if err != nil {
		return err
	}
	if method != http.MethodGet {
		return api.send(c.Context(), method, path, body, nil)
	}
	var got json.RawMessage
	if err := api.get(c.Context(), path, nil, &got); err != nil {
		return err
	}
	if compact {
		return printJSON(c.OutOrStdout(), got)
	}
	p := &printer{w: c.OutOrStdout()}
	p.json("", got)
	return p.err
}
