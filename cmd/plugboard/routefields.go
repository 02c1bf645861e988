package main

import (
	"cmp"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"os"
	"path/filepath"
	"strings"

	"github.com/spf13/cobra"

	"github.com/plugboard/plugboard/gateway/config"
	"github.com/plugboard/plugboard/gateway/event"
	"github.com/plugboard/plugboard/gateway/manifest"
)

// wording is what a plugin's manifest says of the words that its vendor has for fields and types.
type wording struct {
	Vendor   string
	Triggers []struct{ Trigger, Type, Direction string }
	Words    []struct{ Word, Field string }
}

// fieldLine is a field of a type, and the vendors' words for it.
type fieldLine struct {
	event.Field
	Words []string `json:"words,omitempty"`
}

func newRouteFields() *cobra.Command {
	c := &cobra.Command{Use: "fields", Args: cobra.NoArgs,
		Short: "List the fields that events of a type may have, as templates name them, and the words of vendors for them",
		Long: "List the fields that events of a type may have: for conditions and templates by their path, for the payloads of Talkdesk's\n" +
			"automations and EddyDesk's webhooks by placeholder or tag. --trigger takes the name that a vendor has for the type."}
	file, asJSON := configFlag(c), jsonFlag(c)
	typ := c.Flags().String("type", "", "a canonical type, such as call.ended")
	trigger := c.Flags().String("trigger", "", `a vendor's name for one, such as "An inbound call ends"`)
	c.RunE = func(c *cobra.Command, _ []string) error {
		cfg, err := config.Load(*file, config.Options{Lenient: true})
		if err != nil {
			return err
		}
		words, err := wordings(cfg.Plugins.Dir)
		if err != nil {
			return err
		}
		if *trigger != "" {
			if *typ, err = typeOf(*trigger, words); err != nil {
				return err
			}
		}
		lines := fieldLines(*typ, words)
		if len(lines) == 0 {
			return fmt.Errorf("--type wants a canonical type; there are %s", strings.Join(event.Types(), ", "))
		}
		if *asJSON {
			return json.NewEncoder(c.OutOrStdout()).Encode(map[string]any{"type": *typ, "fields": lines})
		}
		return printFields(c.OutOrStdout(), *typ, lines)
	}
	return c
}

func printFields(w io.Writer, typ string, lines []fieldLine) error {
	tab := newColumns(w)
	tab.row("FIELD OF %s\tKIND\tWORDS", typ)
	for _, l := range lines {
		tab.row("%s\t%s\t%s", l.Path, l.Kind, strings.Join(l.Words, " "))
	}
	return tab.Flush()
}

func fieldLines(typ string, words []wording) (lines []fieldLine) {
	for _, f := range event.Fields(typ) {
		line := fieldLine{Field: f}
		for _, v := range words {
			for _, w := range v.Words {
				if w.Field == f.Path || strings.HasPrefix(w.Field, f.Path+".") && f.Kind == "object" {
					line.Words = append(line.Words, w.Word)
				}
			}
		}
		lines = append(lines, line)
	}
	return lines
}

// typeOf finds the type that a vendor has that name for.
func typeOf(trigger string, words []wording) (string, error) {
	want := strings.TrimRight(strings.TrimSpace(trigger), ".")
	var known []string
	for _, v := range words {
		for _, t := range v.Triggers {
			if strings.EqualFold(t.Trigger, want) {
				return t.Type, nil
			}
			known = append(known, t.Trigger)
		}
	}
	return "", fmt.Errorf("no plugin has a trigger %q; there are: %s", trigger, cmp.Or(strings.Join(known, "; "), "none, as no plugin is built"))
}

// wordings reads the manifests of the plugins that are there. One that is no module is another command's to blame.
func wordings(dir string) (list []wording, err error) {
	files, err := filepath.Glob(filepath.Join(dir, "*.wasm"))
	for _, file := range files {
		code, readErr := os.ReadFile(file)
		err = errors.Join(err, readErr)
		text, _ := manifest.Read(code)
		var w wording
		if json.Unmarshal(text, &w) == nil && len(w.Words) > 0 {
			list = append(list, w)
		}
	}
	return list, err
}
