package main

import (
	"encoding/json"
	"fmt"
	"io"
	"net/http"
	"net/url"
	"strings"

	"github.com/spf13/cobra"

	"github.com/plugboard/plugboard/gateway/admin"
)

func newSources() *cobra.Command {
	c := &cobra.Command{Use: "sources", Short: "List who sends: path, plugin, and how a sender proves who it is", Args: cobra.NoArgs}
	file, asJSON := configFlag(c), jsonFlag(c)
	c.RunE = func(c *cobra.Command, _ []string) error {
		return listAll(c, *file, "/v1/sources", nil, *asJSON, func(w io.Writer, items []json.RawMessage) error {
			return table(w, "NAME\tPATH\tPLUGIN\tVERIFY\tECHOES", items, func(s admin.SourceInfo) string {
				return fmt.Sprintf("%s\t%s\t%s\t%s\t%s", s.Name, s.Path, orNone(s.Plugin), strings.Join(s.Verify, ", "), echoes(s.Echo))
			})
		})
	}
	return c
}

// echoes are those known since the start, of which destinations, and how long after a delivery one is known.
func echoes(e *admin.EchoInfo) string {
	if e == nil {
		return ""
	}
	return fmt.Sprintf("%d of %s, within %s", e.Count, strings.Join(e.Of, ", "), e.Window)
}

func newRoutes() *cobra.Command {
	c := &cobra.Command{Use: "routes", Short: "List which events go where; turn routes on and off", Args: cobra.NoArgs}
	file, asJSON := configFlag(c), jsonFlag(c)
	c.RunE = func(c *cobra.Command, _ []string) error {
		return listAll(c, *file, "/v1/routes", nil, *asJSON, func(w io.Writer, items []json.RawMessage) error {
			return table(w, "NAME\tSTATE\tFROM\tTYPES\tTO\tWHEN", items, routeLine)
		})
	}
	c.AddCommand(newRouteSwitch("enable", "Turn a route on, whatever the file says, until it is turned off"), newRouteFields(),
		newRouteSwitch("disable", "Turn a route off, whatever the file says, until it is turned on"))
	return c
}

func routeLine(r admin.RouteInfo) string {
	state := "on"
	if !r.Enabled {
		state = "off"
	}
	if r.Switched {
		state += " (the file says otherwise)"
	}
	return fmt.Sprintf("%s\t%s\t%s\t%s\t%s\t%s", r.Name, state, orAll(r.From), orAll(r.Types), strings.Join(r.To, ", "), r.When)
}

func newRouteSwitch(verb, short string) *cobra.Command {
	c := &cobra.Command{Use: verb + " NAME", Short: short, Args: cobra.ExactArgs(1)}
	file := configFlag(c)
	c.RunE = func(c *cobra.Command, args []string) error {
		return exchange(c, *file, http.MethodPost, "/v1/routes/"+url.PathEscape(args[0])+"/"+verb, nil, false)
	}
	return c
}

// table prints records of the API, a line for each.
func table[T any](w io.Writer, head string, items []json.RawMessage, line func(T) string) error {
	tab := newColumns(w)
	tab.row("%s", head)
	for _, item := range items {
		var v T
		if err := json.Unmarshal(item, &v); err != nil {
			return err
		}
		tab.row("%s", line(v))
	}
	return tab.Flush()
}

func orNone(s string) string {
	if s == "" {
		return "none"
	}
	return s
}

func orAll(list []string) string {
	if len(list) == 0 {
		return "all"
	}
	return strings.Join(list, ", ")
}
