package access

import (
	"errors"
	"net"
	"net/http"
	"net/netip"
	"net/url"
	"slices"
	"strings"
)

// Errors of Here.
var (
	ErrHost   = errors.New("the Host header names none of this gateway's addresses; a name it is to be known by goes into [server] admin_hosts")
	ErrOrigin = errors.New("a page of another site sent this; the API answers its own pages and programs alone")
)

// Here refuses what a browser could be tricked into. A name that an attacker has made to resolve to this machine (DNS
// rebinding) is not among names, and a page of another site shows by its Origin. Literal addresses pass: a name is what
// such an attack needs. names are the names by which the API may be asked, besides localhost; lower case.
func Here(r *http.Request, names []string) error {
	host := hostOf(r.Host)
	if _, err := netip.ParseAddr(host); err != nil && host != "localhost" && !slices.Contains(names, host) {
		return ErrHost
	}
	if site := r.Header.Get("Sec-Fetch-Site"); site != "" && site != "same-origin" && site != "none" {
		return ErrOrigin
	}
	origins := r.Header.Values("Origin")
	if len(origins) == 0 {
		return nil
	}
	u, err := url.Parse(origins[0])
	secure := err == nil && u.Scheme == "https"               // also where a proxy in front ends TLS
	plain := err == nil && u.Scheme == "http" && r.TLS == nil // a page that anyone on the wire can write is none of a secure API's
	if !secure && !plain || len(origins) > 1 || !strings.EqualFold(u.Host, r.Host) {
		return ErrOrigin
	}
	return nil
}

// hostOf is a Host header without its port and brackets, in lower case and without the dot that may end a name.
func hostOf(host string) string {
	if h, _, err := net.SplitHostPort(host); err == nil {
		host = h
	}
	host = strings.TrimSuffix(strings.TrimPrefix(host, "["), "]")
	return strings.TrimSuffix(strings.ToLower(host), ".")
}
