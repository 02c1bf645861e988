package config

import (
	"fmt"
	"slices"
	"strconv"
	"time"
)

// maxEcho is how long an echo may be expected: each is a record.
const maxEcho = time.Hour

func echoWindow() reads[Source] {
	k := kind{`a duration of at most an hour, such as "1m"`, `"1m"`}
	return reads[Source]{kind: k, into: func(r *reader, n node, s *Source) {
		if value, ok := r.string(n, k, usage{}); ok {
			if s.Echo = r.duration(n, k, value, 0); s.Echo > maxEcho {
				r.invalid(n, k, strconv.Quote(value.shown))
			}
		}
	}}
}

// ReportsFrom names the destinations that are the system from which a source reports, by the plugin where nothing else is
// said; none where echoes do not matter.
func (c *Config) ReportsFrom(s *Source) []string {
	switch {
	case s.Echo == 0:
		return nil
	case len(s.EchoOf) > 0:
		return s.EchoOf
	case s.Plugin == "":
		return nil
	}
	var list []string
	for _, d := range c.Destinations {
		if d.Plugin == s.Plugin {
			list = append(list, d.Name)
		}
	}
	return list
}

// EchoWindow is how long what a delivery to a destination (or endpoint) causes may be reported; 0: no source reports from
// there.
func (c *Config) EchoWindow(d *Destination) (window time.Duration) {
	for _, s := range c.Sources {
		if slices.Contains(s.EchoOf, d.Name) || len(s.EchoOf) == 0 && s.Plugin != "" && s.Plugin == d.Plugin {
			window = max(window, s.Echo)
		}
	}
	return window
}

// checkEchoes blames routes that would send echoes back to where they come from.
func (r *reader) checkEchoes(c *Config, at path, route *Route) {
	if !route.Echoes {
		return
	}
	for i, name := range route.To {
		if d := c.Destination(name); d != nil && c.EchoWindow(d) > 0 {
			r.fault(node{path: at.key("to").index(i)}, fmt.Sprintf("echoes would go round in circles: a source reports from %s", name),
				"leave out echoes = true, or send them to a system from which nothing is reported")
		}
	}
}
