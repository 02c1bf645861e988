package config

import (
	"cmp"
	"fmt"
	"net"
	"os"
	"path/filepath"
	"slices"
	"strings"

	"github.com/plugboard/plugboard/gateway/event"
)

// check looks for what is wrong between settings that are right each by itself.
func (r *reader) check(c *Config) {
	c.inheritProxy()
	r.checkPaths(c)
	r.checkAdmin(c)
	for _, s := range c.Sources {
		r.checkSource(c, s)
	}
	r.checkPlugins(c)
	for _, u := range r.urls {
		r.checkURL(u.node, u.text, u.of)
	}
	for _, d := range c.Destinations {
		at := makePath("destinations", d.Name)
		if _, set := r.places[at.key("url")]; d.Plugin == "" && !set {
			r.fault(node{path: at}, fmt.Sprintf("%s has neither plugin nor url", at), `write plugin = "webhook" and url = "https://…"`)
		}
	}
	for _, d := range c.Destinations {
		r.checkPace(makePath("destinations", d.Name), d)
	}
	var sources, destinations []string
	defer func() {
		for _, s := range c.Sources {
			r.checkNames(makePath("sources", s.Name, "echo_of"), s.EchoOf, destinations, "destination", "destinations")
		}
	}()
	for _, s := range c.Sources {
		sources = append(sources, s.Name)
		if s.Name == event.Own {
			r.faultAtKey(makePath("sources", s.Name), fmt.Sprintf("%q is the source of the gateway's own events", s.Name), "give this source another name")
		}
	}
	for _, d := range c.Destinations {
		destinations = append(destinations, d.Name)
	}
	seen := map[string]path{}
	for i, route := range c.Routes {
		at := makePath("routes", i)
		if first, taken := seen[route.Name]; taken && route.Name != "" {
			r.fault(node{path: at.key("name")}, fmt.Sprintf("two routes are called %q, the other at %s", route.Name, r.valueAt(first)), "give each a name of its own")
		} else {
			seen[route.Name] = at.key("name")
		}
		r.checkNames(at.key("from"), route.From, append(sources, event.Own, event.Handed), "source", "sources")
		r.checkOwn(at, route)
		r.checkEchoes(c, at, route)
		r.checkNames(at.key("to"), route.To, destinations, "destination", "destinations")
	}
}

// checkOwn blames a route that waits in vain for the gateway's own events: they go only where their source is named.
func (r *reader) checkOwn(at path, route *Route) {
	if slices.Contains(route.From, event.Own) {
		return
	}
	for i, t := range route.Types {
		if strings.HasPrefix(t, event.Own+".") {
			r.fault(node{path: at.key("types").index(i)}, fmt.Sprintf("%q are the gateway's own events, which go only to routes that ask for them", t),
				fmt.Sprintf("write from = [%q]", event.Own))
		}
	}
}

// checkAdmin blames an API that others could reach and read on the wire.
func (r *reader) checkAdmin(c *Config) {
	host, _, err := net.SplitHostPort(c.Server.Admin)
	if err != nil || Loopback(host) || c.Server.AdminTLS.Cert != "" {
		return
	}
	r.fault(node{path: makePath("server", "admin")}, "admin is an address that other machines reach, and tokens would pass the wire in the clear",
		`write admin_tls = { cert = "cert.pem", key = "key.pem" }, or admin = "127.0.0.1:8081"`)
}

// checkSource gives a source what it takes from the server, and blames what the server does not have for it.
func (r *reader) checkSource(c *Config, s *Source) {
	at := makePath("sources", s.Name)
	if s.PublicURL == "" {
		s.PublicURL = c.Server.PublicURL
	}
	if s.MaxBody > c.Server.MaxBody {
		r.fault(node{path: at.key("max_body")}, "max_body is more than the server takes ("+formatSize(c.Server.MaxBody)+")", "make it smaller, or raise max_body in [server]")
	}
	verify := node{path: at.key("verify")}
	for _, v := range s.Verify {
		for _, v := range append(v.All, v) {
			switch {
			case (v.Scheme == "twilio" || strings.Contains(v.Signed, "{url}")) && s.PublicURL == "":
				r.fault(verify, v.Scheme+" checks a signature over the URL, and nobody said what it is for the sender", `write public_url = "https://gw.example.com" here or in [server]`)
			case v.Scheme == "mtls" && c.Server.TLS.Cert == "":
				r.fault(verify, "mtls needs TLS, and the gateway has no certificate", `write tls = { cert = "cert.pem", key = "key.pem" } in [server]`)
			}
		}
	}
}

// checkPaths blames each source whose path another one above it in the file has.
func (r *reader) checkPaths(c *Config) {
	at := func(s *Source) Position { return r.valueAt(makePath("sources", s.Name, "path")) }
	above := slices.SortedFunc(slices.Values(c.Sources), func(a, b *Source) int {
		return cmp.Or(cmp.Compare(at(a).Line, at(b).Line), cmp.Compare(at(a).Column, at(b).Column))
	})
	first := map[string]*Source{}
	for _, s := range above {
		other, taken := first[s.Path]
		if !taken {
			first[s.Path] = s
			continue
		}
		r.fault(node{path: makePath("sources", s.Name, "path")}, fmt.Sprintf("sources %s and %s have the same path %s, the other at %s", s.Name, other.Name, s.Path, at(other)),
			"give each source a path of its own")
	}
}

func (r *reader) checkNames(at path, names, known []string, what, section string) {
	for i, name := range names {
		if slices.Contains(known, name) || !validName(name) {
			continue
		}
		do := fmt.Sprintf("define [%s.%s], or remove it here", section, name)
		if meant, ok := nearest(name, known); ok {
			do = fmt.Sprintf("did you mean %q?", meant)
		}
		r.fault(node{path: at.index(i)}, fmt.Sprintf("there is no %s %q", what, name), do)
	}
}

// checkPlugins blames names that no plugin has.
func (r *reader) checkPlugins(c *Config) {
	exists := r.opts.PluginExists
	if exists == nil {
		exists = func(name string) bool { return pluginExists(c.Plugins.Dir, name) }
	}
	for _, n := range r.plugins {
		name, _ := n.value.(string)
		if exists(name) || r.opts.Running != nil && r.opts.Running(name) {
			continue
		}
		do := fmt.Sprintf("put %s.wasm into %s, or build it there with plugboard plugin build", name, c.Plugins.Dir)
		if plain, file := strings.CutSuffix(name, ".wasm"); file {
			do = fmt.Sprintf("write %q: a plugin's name is its file's without .wasm", plain)
		}
		if meant, ok := nearest(name, pluginNames(c.Plugins.Dir)); ok {
			do = fmt.Sprintf("did you mean %q? Else %s", meant, do)
		}
		if r.endpoint != nil { // whoever sets it up knows nothing of folders here
			do = "name one of those at /v1/plugins"
		}
		r.missing(n, fmt.Sprintf("there is no plugin %q", name), do)
	}
}

// pluginExists says whether the folder holds the plugin, built or as source that can be built.
func pluginExists(dir, name string) bool {
	for _, ending := range pluginFiles {
		if info, err := os.Stat(filepath.Join(dir, name+ending)); err == nil && info.Mode().IsRegular() {
			return true
		}
	}
	info, err := os.Stat(filepath.Join(dir, name))
	return err == nil && info.IsDir()
}

// pluginFiles are the endings of plugins' files, as package wasm loads them.
var pluginFiles = []string{".wasm", ".js"}

func pluginNames(dir string) []string {
	entries, err := os.ReadDir(dir)
	if err != nil {
		return nil // the fault that asks says what to do
	}
	var names []string
	for _, entry := range entries {
		ending := filepath.Ext(entry.Name())
		name := strings.TrimSuffix(entry.Name(), ending)
		if (slices.Contains(pluginFiles, ending) || entry.IsDir()) && validName(name) {
			names = append(names, name)
		}
	}
	slices.Sort(names)
	return slices.Compact(names)
}
