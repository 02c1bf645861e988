package faults_test

import (
	"context"
	"net"
	"net/netip"
	"net/url"
	"strconv"
	"strings"
	"sync"

	"golang.org/x/net/dns/dnsmessage"

	"github.com/plugboard/plugboard/gateway/config"
	"github.com/plugboard/plugboard/gateway/secret"
)

// proxyAddress is where the child's proxy is reached.
const proxyAddress = "127.0.0.99"

// ways are how somebody may lead a delivery inward.
func (w *inside) ways() map[string]func(attempt func(*config.Destination)) {
	at := func(host, path string) string { return "http://" + host + ":" + w.port + path }
	to := func(host string) *config.Destination {
		address := at(host, "/")
		return &config.Destination{URL: secret.Text{Placeholder: address, Display: address}}
	}
	each := func(attempt func(*config.Destination), make func(a netip.Addr) *config.Destination) {
		for _, text := range inwardAddresses {
			attempt(make(netip.MustParseAddr(text)))
		}
	}
	return map[string]func(attempt func(*config.Destination)){
		"literal": func(attempt func(*config.Destination)) {
			each(attempt, func(a netip.Addr) *config.Destination { return to(bracketed(a)) })
		},
		"spelling": func(attempt func(*config.Destination)) {
			w.names.set("metadata.test", "169.254.169.254")
			for _, s := range inwardSpellings {
				attempt(to(s))
			}
		},
		"dns": func(attempt func(*config.Destination)) {
			each(attempt, func(a netip.Addr) *config.Destination {
				w.names.set("inward.test", a.String())
				return to("inward.test")
			})
		},
		"beside": func(attempt func(*config.Destination)) { // one good address and one bad
			each(attempt, func(a netip.Addr) *config.Destination {
				w.names.set("beside.test", a.String()+" "+outward4+" "+outward6)
				return to("beside.test")
			})
		},
		"rebinding": func(attempt func(*config.Destination)) { // good when it is looked up first, bad the next time
			each(attempt, func(a netip.Addr) *config.Destination {
				w.names.set("rebind.test", outward4, a.String())
				attempt(to("rebind.test"))
				return to("rebind.test")
			})
		},
		"redirect": func(attempt func(*config.Destination)) {
			for _, text := range append(inwardSpellings, inwardAddresses...) {
				if a, err := netip.ParseAddr(text); err == nil {
					text = bracketed(a)
				}
				w.mu.Lock()
				w.location = at(text, "/")
				w.mu.Unlock()
				d := to(outward4)
				d.URL.Placeholder += "redirect"
				d.Redirects = 3
				attempt(d)
			}
		},
		"proxy": func(attempt func(*config.Destination)) {
			each(attempt, func(a netip.Addr) *config.Destination {
				w.names.set("proxied.test", a.String(), outward4)
				d := to("proxied.test")
				d.Proxy.URL = at(proxyAddress, "")
				return d
			})
		},
		"token": func(attempt func(*config.Destination)) {
			each(attempt, func(a netip.Addr) *config.Destination {
				d := to(outward4)
				d.Auth = config.Auth{Type: "oauth2-client-credentials", TokenURL: at(bracketed(a), "/token"), ClientID: "id", ClientSecret: secret.New("not-a-real-secret")}
				return d
			})
		},
	}
}

func bracketed(a netip.Addr) string {
	if a.Is4() {
		return a.String()
	}
	return "[" + a.String() + "]"
}

// looksInward is a guard as many are: it reads the text of the URL.
func looksInward(text string) bool {
	u, err := url.Parse(text)
	if err != nil {
		return true
	}
	a, err := netip.ParseAddr(u.Hostname())
	return err == nil && a.String() != outward4 && a.String() != outward6
}

// names is a name server on the child's loopback. A name has answers in turn, the last one again and again; numbers are
// answered as inet_aton reads them.
type names struct {
	conn net.PacketConn
	mu   sync.Mutex
	next map[string][]string // each answer: addresses with spaces between
}

func newNames() (*names, error) {
	conn, err := net.ListenPacket("udp", "127.0.0.53:0")
	n := &names{conn: conn, next: map[string][]string{}}
	if err == nil {
		go n.serve() // until the child ends
	}
	return n, err
}

func (n *names) set(name string, answers ...string) {
	n.mu.Lock()
	defer n.mu.Unlock()
	n.next[name] = answers
}

func (n *names) resolver() *net.Resolver {
	return &net.Resolver{PreferGo: true, Dial: func(ctx context.Context, _, _ string) (net.Conn, error) {
		return (&net.Dialer{}).DialContext(ctx, "udp", n.conn.LocalAddr().String())
	}}
}

func (n *names) serve() {
	buf := make([]byte, 1500)
	for {
		size, from, err := n.conn.ReadFrom(buf)
		if err != nil {
			return
		}
		var m dnsmessage.Message
		if m.Unpack(buf[:size]) != nil || len(m.Questions) != 1 {
			continue
		}
		m.Response, m.Additionals = true, nil
		n.fill(&m)
		if out, err := m.Pack(); err == nil {
			_, _ = n.conn.WriteTo(out, from)
		}
	}
}

func (n *names) fill(m *dnsmessage.Message) {
	q := m.Questions[0]
	h := dnsmessage.ResourceHeader{Name: q.Name, Class: q.Class, Type: q.Type}
	for _, text := range n.answer(strings.TrimSuffix(q.Name.String(), "."), q.Type) {
		switch a := netip.MustParseAddr(text); {
		case q.Type == dnsmessage.TypeA && a.Is4():
			m.Answers = append(m.Answers, dnsmessage.Resource{Header: h, Body: &dnsmessage.AResource{A: a.As4()}})
		case q.Type == dnsmessage.TypeAAAA && a.Is6():
			m.Answers = append(m.Answers, dnsmessage.Resource{Header: h, Body: &dnsmessage.AAAAResource{AAAA: a.As16()}})
		}
	}
}

// answer moves on to the next answer when the IPv4 addresses are asked for: each look-up asks for both kinds.
func (n *names) answer(name string, kind dnsmessage.Type) []string {
	if a, ok := aton(name); ok {
		return []string{a.String()}
	}
	n.mu.Lock()
	defer n.mu.Unlock()
	list := n.next[name]
	if len(list) == 0 {
		return nil
	}
	if kind == dnsmessage.TypeA && len(list) > 1 {
		n.next[name] = list[1:]
	}
	return strings.Fields(list[0])
}

// aton reads an IPv4 address in the old ways: decimal, hex, octal, fewer than four parts.
func aton(s string) (netip.Addr, bool) {
	parts := strings.Split(s, ".")
	var sum uint64
	for i, p := range parts {
		v, err := strconv.ParseUint(p, 0, 32)
		if err != nil || len(parts) > 4 {
			return netip.Addr{}, false
		}
		if i == len(parts)-1 {
			sum |= v
		} else {
			sum |= v << (24 - 8*i)
		}
	}
	return netip.AddrFrom4([4]byte{byte(sum >> 24), byte(sum >> 16), byte(sum >> 8), byte(sum)}), true
}
