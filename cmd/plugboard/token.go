package main

import (
	"encoding/json"
	"fmt"
	"io"
	"net/http"
	"net/url"
	"strings"
	"time"

	"github.com/spf13/cobra"

	"github.com/plugboard/plugboard/gateway/access"
	"github.com/plugboard/plugboard/gateway/admin"
)

func newToken() *cobra.Command {
	c := &cobra.Command{Use: "token", Short: "Make, list and remove access to the API", Args: cobra.NoArgs,
		RunE: func(c *cobra.Command, _ []string) error { return c.Help() }}
	c.AddCommand(newTokenCreate(), newTokenList(), newTokenRemove())
	return c
}

func newTokenCreate() *cobra.Command {
	c := &cobra.Command{
		Use:   "create NAME --role ROLE",
		Short: "Make a token and print it, this once",
		Long: "Make a token and print it: it is shown this once. NAME says who or what will use it. Roles: sender may hand in\nevents and nothing else, viewer may look, operator may steer as well (pause, retry, replay), admin may do everything,\n" +
			"such as set endpoints up. Whoever runs on this machine as the gateway's user needs none.",
		Args: cobra.ExactArgs(1),
	}
	file, asJSON := configFlag(c), jsonFlag(c)
	role := c.Flags().String("role", "", "one of "+strings.Join(access.Roles(), ", "))
	expires := c.Flags().String("expires-in", "", "how long it is to last, such as 12h or 90d; left out, until it is removed")
	c.RunE = func(c *cobra.Command, args []string) error {
		if _, err := access.ParseRole(*role); err != nil {
			return usageError{fmt.Errorf("--role: %w", err)}
		}
		api, err := dial(c, *file)
		if err != nil {
			return err
		}
		var made admin.CreatedToken
		if err := api.send(c.Context(), http.MethodPost, "/v1/tokens", admin.NewToken{Name: args[0], Role: *role, ExpiresIn: *expires}, &made); err != nil {
			return err
		}
		if *asJSON {
			return printJSON(c.OutOrStdout(), made)
		}
		p := &printer{w: c.OutOrStdout()}
		p.line("%s", made.Text)
		return p.err
	}
	return c
}

func newTokenList() *cobra.Command {
	c := &cobra.Command{Use: "list", Short: "List tokens: whose they are, what they may do, when they were last used", Args: cobra.NoArgs}
	file, asJSON := configFlag(c), jsonFlag(c)
	c.RunE = func(c *cobra.Command, _ []string) error {
		return listAll(c, *file, "/v1/tokens", nil, *asJSON, printTokens)
	}
	return c
}

func newTokenRemove() *cobra.Command {
	c := &cobra.Command{Use: "rm ID|NAME", Short: "End a token, at once", Args: cobra.ExactArgs(1)}
	file := configFlag(c)
	c.RunE = func(c *cobra.Command, args []string) error {
		api, err := dial(c, *file)
		if err != nil {
			return err
		}
		return api.send(c.Context(), http.MethodDelete, "/v1/tokens/"+url.PathEscape(args[0]), nil, nil)
	}
	return c
}

func printTokens(w io.Writer, items []json.RawMessage) error {
	tab := newColumns(w)
	tab.row("NAME\tROLE\tCREATED\tLAST USED\tEXPIRES\tID")
	for _, item := range items {
		var t access.Token
		if err := json.Unmarshal(item, &t); err != nil {
			return err
		}
		tab.row("%s\t%s\t%s\t%s\t%s\t%s", t.Name, t.Role, day(t.Created), day(t.LastUsed), day(t.Expires), t.ID)
	}
	return tab.Flush()
}

// day writes a time that is known to the hour, or is far off.
func day(t time.Time) string {
	if t.IsZero() {
		return "never"
	}
	return t.Local().Format("2006-01-02 15:04")
}
