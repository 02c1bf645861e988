package edge

import (
	"net/netip"
	"strings"

	"github.com/plugboard/plugboard/gateway/event"
)

// proxies are the addresses whose word on where a request comes from is taken. What they forward is read from its right
// end, where the nearest proxy wrote: the first address there that is no proxy of ours is the sender's. What stands left of
// it the sender may have made up.
type proxies []netip.Prefix

func (p proxies) trusts(addr netip.Addr) bool {
	for _, prefix := range p {
		if prefix.Contains(addr) {
			return true
		}
	}
	return false
}

// sender gives the address that a request comes from, by the connection's and what proxies say. Two headers that
// contradict each other say nothing: one of them the proxy may have let pass as the sender wrote it.
func (p proxies) sender(remote string, headers []event.Header) string {
	if len(p) == 0 {
		return remote
	}
	addr, err := netip.ParseAddr(remote)
	if err != nil || !p.trusts(addr.Unmap()) {
		return remote
	}
	var found netip.Addr
	for name, read := range map[string]func([]string, string) []string{"x-forwarded-for": forwardedFor, "forwarded": forwarded} {
		var hops []string
		for i := range headers {
			if headers[i].Name == name {
				hops = read(hops, headers[i].Value)
			}
		}
		if len(hops) == 0 {
			continue
		}
		by := p.behind(addr.Unmap(), hops)
		if found.IsValid() && found != by {
			return remote
		}
		found = by
	}
	if !found.IsValid() {
		return remote
	}
	return found.String()
}

// behind walks from the connection's address towards the sender.
func (p proxies) behind(addr netip.Addr, hops []string) netip.Addr {
	for i := len(hops) - 1; i >= 0 && p.trusts(addr); i-- {
		next, ok := parseHop(hops[i])
		if !ok {
			return addr // "unknown", or a name: nobody knows who is behind it
		}
		addr = next
	}
	return addr
}

// parseHop reads an address, which may have a port behind it.
func parseHop(text string) (netip.Addr, bool) {
	if inner, behind, ok := strings.Cut(strings.TrimPrefix(text, "["), "]"); ok && strings.HasPrefix(text, "[") && (behind == "" || behind[0] == ':') {
		text = inner
	} else if strings.Count(text, ":") == 1 {
		text, _, _ = strings.Cut(text, ":")
	}
	addr, err := netip.ParseAddr(text)
	return addr.Unmap().WithZone(""), err == nil
}

// forwardedFor adds the addresses of one X-Forwarded-For line.
func forwardedFor(hops []string, value string) []string {
	for hop := range strings.SplitSeq(value, ",") {
		hops = append(hops, strings.TrimSpace(hop))
	}
	return hops
}

// forwarded adds the for= of each element of one Forwarded line (RFC 7239); "" for an element that has none.
func forwarded(hops []string, value string) []string {
	for {
		hop, rest, more := forwardedElement(value)
		hops = append(hops, hop)
		if !more {
			return hops
		}
		value = rest
	}
}

func forwardedElement(value string) (hop, rest string, more bool) {
	for {
		name, behind, found := strings.Cut(value, "=")
		if end := strings.IndexAny(name, ",;"); end >= 0 || !found { // no parameter
			if end < 0 || end == len(name) {
				return hop, "", false
			}
			if name[end] == ',' {
				return hop, value[end+1:], true
			}
			value = value[end+1:]
			continue
		}
		var text string
		if text, behind, found = parameter(behind); !found {
			return "", "", false
		}
		if strings.EqualFold(strings.TrimSpace(name), "for") {
			hop = text
		}
		if behind == "" {
			return hop, "", false
		}
		if value = behind[1:]; behind[0] == ',' {
			return hop, value, true
		}
	}
}

// parameter reads a token or a quoted text, and gives what stands behind it from the next comma or semicolon on; false for
// a quote that does not end: a sender may open one so that what the proxy adds to its line falls into it.
func parameter(s string) (text, behind string, ok bool) {
	s = strings.TrimLeft(s, " \t")
	if !strings.HasPrefix(s, `"`) {
		end := strings.IndexAny(s, ",;")
		if end < 0 {
			end = len(s)
		}
		return strings.TrimSpace(s[:end]), s[end:], true
	}
	var out strings.Builder
	i := 1
	for ; i < len(s) && s[i] != '"'; i++ {
		if s[i] == '\\' && i+1 < len(s) {
			i++
		}
		out.WriteByte(s[i])
	}
	if i >= len(s) {
		return "", "", false
	}
	end := strings.IndexAny(s[i:], ",;")
	if end < 0 {
		return out.String(), "", true
	}
	return out.String(), s[i+end:], true
}
