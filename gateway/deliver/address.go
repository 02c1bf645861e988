package deliver

import (
	"errors"
	"net/url"
	"strings"
)

// address is a destination's configured URL, with placeholders. "" when it has none, and its plugin writes whole URLs.
type address string

var (
	errNoURL    = errors.New("there is no url: set one on the destination, or let the plugin give one")
	errFragment = errors.New("the plugin's url has a #; a value in it is not escaped")
	errDots     = errors.New("the plugin's url has a path segment of dots, which could lead elsewhere")
	errElse     = errors.New("the plugin's url leads away from the destination's own url; credentials could go with it")
	errURL      = errors.New("the plugin's url cannot be read")
)

// join makes the URL of a request of what a plugin wrote. A relative URL goes under the address's path. A whole one is
// taken only when the address is empty or has the same scheme, host and port: else a plugin could carry the
// destination's credentials and secrets to any host it likes.
func (base address) join(to string) (string, error) {
	if to == "" {
		if base == "" {
			return "", errNoURL
		}
		return string(base), nil
	}
	u, err := url.Parse(to)
	if err != nil {
		return "", errURL
	}
	if strings.Contains(to, "#") {
		return "", errFragment
	}
	for segment := range strings.SplitSeq(u.Path, "/") { // Path is unescaped: %2e%2e is seen too
		if segment == "." || segment == ".." {
			return "", errDots
		}
	}
	switch {
	case base != "" && u.Host != "" && !base.sameOrigin(u): // a host without a scheme is never the same
		return "", errElse
	case base == "", u.Host != "":
		return to, nil
	}
	return base.under(to), nil
}

func (base address) sameOrigin(u *url.URL) bool {
	b, err := url.Parse(string(base))
	return err == nil && b.Host != "" && strings.EqualFold(b.Scheme, u.Scheme) && strings.EqualFold(b.Host, u.Host) && u.User == nil
}

// under puts a relative URL below the address, and behind its parameters the address's own.
func (base address) under(to string) string {
	path, query, _ := strings.Cut(string(base), "?")
	if strings.HasPrefix(to, "?") {
		to = path + to
	} else {
		to = strings.TrimRight(path, "/") + "/" + strings.TrimLeft(to, "/")
	}
	return withQuery(to, query)
}

// withQuery adds parameters to a URL.
func withQuery(to, query string) string {
	switch {
	case query == "":
		return to
	case strings.Contains(to, "?"):
		return to + "&" + query
	}
	return to + "?" + query
}
