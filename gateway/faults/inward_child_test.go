package faults_test

import (
	"context"
	"encoding/json"
	"fmt"
	"io"
	"net"
	"net/http"
	"net/netip"
	"os"
	"os/exec"
	"slices"
	"strings"
	"sync"
	"time"

	"github.com/plugboard/plugboard/gateway/config"
	"github.com/plugboard/plugboard/gateway/deliver"
	"github.com/plugboard/plugboard/gateway/secret"
	"github.com/plugboard/plugboard/queue"
)

// outward are the two addresses of the child's network that may be reached.
const (
	outward4 = "8.8.8.8"
	outward6 = "2606:4700::1111"
)

// inwardAddresses are the first and last of every range that is denied, and what the child's own interface has.
var inwardAddresses = []string{
	"0.0.0.0", "0.255.255.255", "10.0.0.0", "10.255.255.255", "100.64.0.0", "100.127.255.255", "127.0.0.1", "127.255.255.254", "169.254.0.0", "169.254.169.254",
	"169.254.255.255", "172.16.0.0", "172.31.255.255", "192.0.0.0", "192.0.0.255", "192.0.2.0", "192.0.2.255", "192.88.99.0", "192.88.99.255", "192.168.0.0",
	"192.168.255.255", "198.18.0.0", "198.19.255.255", "198.51.100.0", "198.51.100.255", "203.0.113.0", "203.0.113.255", "224.0.0.1", "239.255.255.255", "240.0.0.0",
	"255.255.255.255", "9.9.9.9", "::", "::1", "::7f00:1", "::ffff:169.254.169.254", "::ffff:a9fe:a9fe", "::ffff:10.0.0.1", "fc00::", "fd00:ec2::254", "fdff:ffff::1", "fe80::1",
	"fec0::1", "ff02::1", "64:ff9b::a9fe:a9fe", "64:ff9b::7f00:1", "64:ff9b:1::1", "2002:a9fe:a9fe::1", "2002:7f00:1::", "2001::1", "2001:0:ffff::1", "2001:db8::1", "3fff::1", "100::1",
	"5f00::1", "2606:4700::9",
}

// inwardSpellings are ways to write 127.0.0.1 or 169.254.169.254 that some resolver or parser understands: the child's own
// name server, which answers as inet_aton would, understands the numbers.
var inwardSpellings = []string{
	"2130706433", "2852039166", "0x7f000001", "0xa9fea9fe", "0x7f.0.0.1", "0xA9.0xFE.0xA9.0xFE", "017700000001", "0177.0.0.1", "0251.0376.0251.0376", "127.1", "127.0.1", "169.254.43518",
	"0", "127.0.0.1.", "169.254.169.254.", "localhost", "localhost.", "LOCALHOST", "①②⑦.⓪.⓪.①", "127。0。0。1", "[::ffff:7f00:1]", "[0:0:0:0:0:ffff:a9fe:a9fe]", "[::FFFF:169.254.169.254]",
	"[::1%25lo]", "[fe80::1%25lo]", "metadata.test",
}

type inwardResult struct {
	Tries    int
	Allowed  int      // connections to where it is allowed
	Breached []string // addresses that were connected to and must not be
}

// inward is the child: it makes its network, tries everything, and prints what came of it.
func inward(string) error {
	for _, line := range []string{"link set lo up", "-4 route add local 0.0.0.0/0 dev lo", "-6 route add local ::/0 dev lo", "addr add 9.9.9.9/32 dev lo", "addr add 2606:4700::9/128 dev lo nodad"} {
		if out, err := exec.Command("ip", strings.Fields(line)...).CombinedOutput(); err != nil {
			return fmt.Errorf("ip %s: %w: %s", line, err, out)
		}
	}
	w, err := newInside(os.Getenv(plantedEnv))
	if err != nil {
		return err
	}
	report := map[string]*inwardResult{}
	for way, try := range w.ways() {
		report[way] = w.run(try)
	}
	return json.NewEncoder(os.Stdout).Encode(report)
}

// inside is the child's network: a listener that every address leads to, a proxy, and a name server.
type inside struct {
	planted string
	names   *names
	port    string

	mu       sync.Mutex
	hits     []netip.Addr // addresses that were connected to
	location string       // where the listener redirects; "" for nowhere
}

func newInside(planted string) (*inside, error) {
	w := &inside{planted: planted}
	l, err := net.Listen("tcp", "[::]:0")
	if err != nil {
		return nil, err
	}
	_, w.port, _ = net.SplitHostPort(l.Addr().String())
	if w.names, err = newNames(); err != nil {
		return nil, err
	}
	server := &http.Server{Handler: w, ConnState: w.count}
	go func() { _ = server.Serve(l) }() // until the child ends
	return w, nil
}

func (w *inside) count(c net.Conn, state http.ConnState) {
	if state == http.StateNew {
		to := netip.MustParseAddrPort(c.LocalAddr().String()).Addr().Unmap().WithZone("")
		w.mu.Lock()
		w.hits = append(w.hits, to)
		w.mu.Unlock()
	}
}

// ServeHTTP answers as a receiver, and as a proxy where it is asked to be one.
func (w *inside) ServeHTTP(out http.ResponseWriter, r *http.Request) {
	if r.Method == http.MethodConnect {
		w.tunnel(out, r.Host)
		return
	}
	w.mu.Lock()
	to := w.location
	w.mu.Unlock()
	if to != "" && r.URL.Path == "/redirect" {
		http.Redirect(out, r, to, http.StatusTemporaryRedirect)
		return
	}
	_, _ = io.WriteString(out, `{"access_token":"token"}`)
}

func (w *inside) tunnel(out http.ResponseWriter, to string) {
	conn, err := (&net.Dialer{Timeout: time.Second, Resolver: w.names.resolver()}).Dial("tcp", to)
	if err != nil {
		http.Error(out, "no", http.StatusBadGateway)
		return
	}
	c, _, err := out.(http.Hijacker).Hijack()
	if err != nil {
		return
	}
	_, _ = io.WriteString(c, "HTTP/1.1 200 OK\r\n\r\n")
	go func() { _, _ = io.Copy(conn, c); _ = conn.Close() }()
	_, _ = io.Copy(c, conn)
	_ = c.Close()
}

// run makes one way's tries and says what was connected to meanwhile.
func (w *inside) run(try func(attempt func(*config.Destination))) *inwardResult {
	w.mu.Lock()
	w.hits = nil
	w.mu.Unlock()
	r := &inwardResult{}
	proxied := false
	try(func(c *config.Destination) {
		r.Tries++
		proxied = proxied || c.Proxy.URL != ""
		w.attempt(c)
	})
	w.mu.Lock()
	defer w.mu.Unlock()
	for _, to := range w.hits {
		switch a := to.String(); {
		case a == outward4 || a == outward6:
			r.Allowed++
		case proxied && a == proxyAddress: // the operator's word
		case !slices.Contains(r.Breached, a):
			r.Breached = append(r.Breached, a)
		}
	}
	return r
}

func (w *inside) attempt(c *config.Destination) {
	c.Name, c.AllowHTTP, c.Timeout, c.Vault = "inward", true, 2*time.Second, &secret.Vault{}
	switch w.planted {
	case "open":
		c.AllowPrivate = true
	case "text":
		if c.AllowPrivate = true; looksInward(c.URL.Placeholder) {
			return
		}
	}
	n, err := deliver.NewNetwork(c, deliver.NetworkOptions{Resolver: w.names.resolver()})
	if err != nil {
		panic(err)
	}
	defer n.Close()
	d, err := deliver.New(deliver.Options{Config: c, Exchanger: n})
	if err != nil {
		panic(err)
	}
	d.Attempt(context.Background(), &queue.Delivery{ID: "e/inward", Destination: "inward", Event: queue.Event{ID: "e", Body: []byte("{}")}})
}
