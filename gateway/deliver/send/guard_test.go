package send_test

import (
	"context"
	"errors"
	"net"
	"net/http"
	"net/netip"
	"strings"
	"sync"
	"sync/atomic"
	"testing"
	"time"

	"golang.org/x/net/dns/dnsmessage"

	"github.com/plugboard/plugboard/gateway/deliver/send"
)

func TestCheck(t *testing.T) {
	refused := []string{
		"0.0.0.0", "0.1.2.3", "10.0.0.1", "10.255.255.255", "100.64.0.1", "100.127.255.255", "127.0.0.1", "127.255.255.254",
		"169.254.169.254", "172.16.0.1", "172.31.255.255", "192.0.0.8", "192.0.2.1", "192.88.99.1", "192.168.1.1", "198.18.0.1",
		"198.19.255.255", "198.51.100.7", "203.0.113.9", "224.0.0.1", "239.1.1.1", "240.0.0.1", "255.255.255.255",
		"::", "::1", "::127.0.0.1", "::ffff:169.254.169.254", "::ffff:a9fe:a9fe", "::ffff:10.0.0.1", "fc00::1", "fd00:ec2::254",
		"fe80::1", "fe80::1%eth0", "fec0::1", "ff02::1", "64:ff9b::a9fe:a9fe", "64:ff9b:1::1", "2002:a9fe:a9fe::1",
		"2001::1", "2001:db8::1", "3fff::1", "100::1", "5f00::1",
	}
	let := []string{
		"1.1.1.1", "8.8.8.8", "9.255.255.255", "11.0.0.0", "100.63.255.255", "100.128.0.0", "128.0.0.1", "169.253.255.255",
		"172.15.255.255", "172.32.0.0", "192.167.255.255", "198.17.255.255", "198.20.0.0", "223.255.255.255",
		"2606:4700::1111", "2a00:1450::1", "2003::1", "::ffff:8.8.8.8", "64:ff9a::1",
	}
	g := &send.Guard{}
	for _, a := range refused {
		if err := g.Check(netip.AddrPortFrom(netip.MustParseAddr(a), 443)); err == nil {
			t.Errorf("%s was let through", a)
		}
	}
	for _, a := range let {
		if err := g.Check(netip.AddrPortFrom(netip.MustParseAddr(a), 443)); err != nil {
			t.Errorf("%s was refused: %v", a, err)
		}
	}
	open := &send.Guard{AllowPrivate: true}
	if err := open.Check(netip.MustParseAddrPort("10.0.0.1:80")); err != nil {
		t.Errorf("with AllowPrivate: %v", err)
	}
	exempt := &send.Guard{Exempt: netip.MustParseAddrPort("127.0.0.1:9000")}
	if err := exempt.Check(netip.MustParseAddrPort("[::ffff:127.0.0.1]:9000")); err != nil {
		t.Errorf("exempt: %v", err)
	}
	if err := exempt.Check(netip.MustParseAddrPort("127.0.0.1:9001")); err == nil {
		t.Error("another port of the exempt address was let through")
	}
}

// This machine's own addresses are refused though they lie in no denied range.
func TestCheckOwnAddresses(t *testing.T) {
	own := []net.Addr{&net.IPNet{IP: net.IPv4(9, 9, 9, 9), Mask: net.CIDRMask(24, 32)}, &net.IPNet{IP: net.ParseIP("2606:4700::9"), Mask: net.CIDRMask(64, 128)}}
	g := &send.Guard{Interfaces: func() ([]net.Addr, error) { return own, nil }}
	for addr, refused := range map[string]bool{"9.9.9.9": true, "::ffff:9.9.9.9": true, "2606:4700::9": true, "9.9.9.10": false, "2606:4700::10": false} {
		if err := g.Check(netip.AddrPortFrom(netip.MustParseAddr(addr), 443)); (err != nil) != refused {
			t.Errorf("%s: %v, want refused %v", addr, err, refused)
		}
	}
	blind := &send.Guard{Interfaces: func() ([]net.Addr, error) { return nil, errors.New("no netlink") }}
	if err := blind.Check(netip.MustParseAddrPort("10.0.0.1:443")); err == nil {
		t.Error("without a list of its own addresses the ranges are not checked")
	}
}

// trap is a listener that counts the connections it gets: none may arrive.
type trap struct {
	net.Listener
	hits atomic.Int32
	port string
}

func newTrap(t *testing.T) *trap {
	t.Helper()
	l, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		t.Fatal(err)
	}
	tr := &trap{Listener: l}
	_, tr.port, _ = net.SplitHostPort(l.Addr().String())
	var done sync.WaitGroup
	done.Go(func() {
		for {
			c, err := l.Accept()
			if err != nil {
				return
			}
			tr.hits.Add(1)
			_ = c.Close()
		}
	})
	t.Cleanup(func() { _ = l.Close(); done.Wait() })
	return tr
}

// spellings all mean the loopback address to one program or another.
var spellings = []string{
	"127.0.0.1", "127.1", "127.0.1", "2130706433", "0x7f000001", "0x7f.0.0.1", "0177.0.0.1", "017700000001", "0", "0.0.0.0",
	"[::1]", "[::]", "[::ffff:127.0.0.1]", "[::ffff:7f00:1]", "[::127.0.0.1]", "[64:ff9b::7f00:1]", "[2002:7f00:1::]",
	"[0:0:0:0:0:ffff:7f00:0001]", "127.0.0.1.", "localhost", "localhost.", "LOCALHOST", "①②⑦.⓪.⓪.①", "127。0。0。1",
}

func TestNoConnectionToDeniedAddresses(t *testing.T) {
	tr := newTrap(t)
	dns := newDNS(t)
	c := send.NewClient(send.Options{AllowHTTP: true, Timeout: 5 * time.Second, Resolver: dns.resolver()})
	defer c.Close()
	for _, host := range spellings {
		_, err := c.Send(t.Context(), get("http://"+host+":"+tr.port+"/"))
		if err == nil {
			t.Errorf("%s: an answer came", host)
		}
	}
	if n := tr.hits.Load(); n != 0 {
		t.Errorf("%d connections were opened, want none", n)
	}

	// The control: the same trap catches a client whose guard is open.
	open := send.NewClient(send.Options{AllowHTTP: true, Guard: &send.Guard{AllowPrivate: true}})
	defer open.Close()
	_, _ = open.Send(t.Context(), get("http://127.0.0.1:"+tr.port+"/"))
	if tr.hits.Load() == 0 {
		t.Error("the trap catches nothing")
	}
}

// A name that first leads outside and then inside is refused at the moment of connecting.
func TestRebindingName(t *testing.T) {
	tr := newTrap(t)
	dns := newDNS(t)
	c := send.NewClient(send.Options{AllowHTTP: true, Timeout: 5 * time.Second, Resolver: dns.resolver()})
	defer c.Close()
	for _, answers := range [][]string{{"127.0.0.1"}, {"169.254.169.254"}, {"127.0.0.1", "127.0.0.2"}, {"::1"}} {
		dns.answer(answers...)
		_, err := c.Send(t.Context(), get("http://rebind.example.test.:"+tr.port+"/"))
		var denied *send.Denied
		if !errors.As(err, &denied) {
			t.Errorf("%v: %v, want it denied", answers, err)
		}
		var sending *send.Error
		if !errors.As(err, &sending) || !sending.Permanent || !strings.Contains(err.Error(), "allow_private") {
			t.Errorf("%v: %v does not say what to do", answers, err)
		}
	}
	if n := tr.hits.Load(); n != 0 {
		t.Errorf("%d connections were opened, want none", n)
	}
	if dns.asked.Load() == 0 {
		t.Error("the resolver was never asked")
	}
}

// dnsServer answers every question for an address with what it is told; with nothing told, that there is no such name.
type dnsServer struct {
	conn  net.PacketConn
	asked atomic.Int32
	mu    sync.Mutex
	addrs []netip.Addr
}

func newDNS(t *testing.T) *dnsServer {
	t.Helper()
	conn, err := net.ListenPacket("udp", "127.0.0.1:0")
	if err != nil {
		t.Fatal(err)
	}
	d := &dnsServer{conn: conn}
	var done sync.WaitGroup
	done.Go(d.serve)
	t.Cleanup(func() { _ = conn.Close(); done.Wait() })
	return d
}

func (d *dnsServer) answer(addrs ...string) {
	d.mu.Lock()
	defer d.mu.Unlock()
	d.addrs = nil
	for _, a := range addrs {
		d.addrs = append(d.addrs, netip.MustParseAddr(a))
	}
}

func (d *dnsServer) resolver() *net.Resolver {
	return &net.Resolver{PreferGo: true, Dial: func(ctx context.Context, _, _ string) (net.Conn, error) {
		return (&net.Dialer{}).DialContext(ctx, "udp", d.conn.LocalAddr().String())
	}}
}

func (d *dnsServer) serve() {
	buf := make([]byte, 1500)
	for {
		n, from, err := d.conn.ReadFrom(buf)
		if err != nil {
			return
		}
		var m dnsmessage.Message
		if m.Unpack(buf[:n]) != nil || len(m.Questions) != 1 {
			continue
		}
		d.asked.Add(1)
		m.Response, m.Additionals = true, nil
		d.fill(&m)
		if out, err := m.Pack(); err == nil {
			_, _ = d.conn.WriteTo(out, from)
		}
	}
}

func (d *dnsServer) fill(m *dnsmessage.Message) {
	d.mu.Lock()
	defer d.mu.Unlock()
	q := m.Questions[0]
	if len(d.addrs) == 0 {
		m.RCode = dnsmessage.RCodeNameError
	}
	for _, a := range d.addrs {
		h := dnsmessage.ResourceHeader{Name: q.Name, Class: q.Class, Type: q.Type}
		switch {
		case q.Type == dnsmessage.TypeA && a.Is4():
			m.Answers = append(m.Answers, dnsmessage.Resource{Header: h, Body: &dnsmessage.AResource{A: a.As4()}})
		case q.Type == dnsmessage.TypeAAAA && a.Is6():
			m.Answers = append(m.Answers, dnsmessage.Resource{Header: h, Body: &dnsmessage.AAAAResource{AAAA: a.As16()}})
		}
	}
}

func get(url string) *send.Request {
	return &send.Request{Method: http.MethodGet, URL: url, Header: http.Header{}}
}
