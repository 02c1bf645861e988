package main

import (
	"runtime"
	"runtime/debug"

	"github.com/spf13/cobra"
)

// Version of a release, set by the linker: -ldflags "-X main.release=1.2.3".
var release = "0.1.0-dev"

type version struct {
	Version string   `json:"version"`
	Commit  string   `json:"commit,omitempty"`
	Go      string   `json:"go"`
	ABI     []string `json:"abi"`     // versions of the plugin interface
	Engines []string `json:"engines"` // of the queue
}

func currentVersion() version {
	v := version{Version: release, Go: runtime.Version(), ABI: []string{"plugboard_v1"}, Engines: []string{"badger"}}
	if info, ok := debug.ReadBuildInfo(); ok {
		for _, s := range info.Settings {
			if s.Key == "vcs.revision" {
				v.Commit = s.Value
			}
		}
	}
	return v
}

func newVersion() *cobra.Command {
	c := &cobra.Command{Use: "version", Short: "Print version, commit, Go, plugin interface and engines", Args: cobra.NoArgs}
	asJSON := jsonFlag(c)
	c.RunE = func(c *cobra.Command, _ []string) error {
		v := currentVersion()
		if *asJSON {
			return printJSON(c.OutOrStdout(), v)
		}
		p := &printer{w: c.OutOrStdout()}
		p.line("plugboard %s", v.Version)
		if v.Commit != "" {
			p.line("commit    %s", v.Commit)
		}
		p.line("go        %s", v.Go)
		p.line("plugins   %s", v.ABI[0])
		p.line("engines   %s", v.Engines[0])
		return p.err
	}
	return c
}
