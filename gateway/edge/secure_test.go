package edge_test

import (
	"crypto/ecdsa"
	"crypto/elliptic"
	"crypto/rand"
	"crypto/tls"
	"crypto/x509"
	"crypto/x509/pkix"
	"encoding/pem"
	"io"
	"math/big"
	"net"
	"net/http"
	"net/url"
	"os"
	"path/filepath"
	"strings"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"

	"github.com/plugboard/plugboard/gateway/config"
	"github.com/plugboard/plugboard/gateway/edge"
)

// authority signs certificates for one test.
type authority struct {
	t    *testing.T
	cert *x509.Certificate
	key  *ecdsa.PrivateKey
}

var serial int64

func newAuthority(t *testing.T) *authority {
	t.Helper()
	a := &authority{t: t}
	cert := a.issue(&x509.Certificate{Subject: pkix.Name{CommonName: "authority"}, IsCA: true, BasicConstraintsValid: true, KeyUsage: x509.KeyUsageCertSign})
	a.cert, a.key = cert.Leaf, cert.PrivateKey.(*ecdsa.PrivateKey)
	return a
}

// issue signs a certificate that is good now and in the time of these tests.
func (a *authority) issue(template *x509.Certificate) tls.Certificate {
	a.t.Helper()
	key, err := ecdsa.GenerateKey(elliptic.P256(), rand.Reader)
	if err != nil {
		a.t.Fatal(err)
	}
	serial++
	template.SerialNumber = big.NewInt(serial)
	if template.NotAfter.IsZero() {
		template.NotAfter = time.Now().Add(time.Hour)
	}
	template.NotBefore = received.Add(-time.Hour)
	parent, signer := template, key
	if a.cert != nil {
		parent, signer = a.cert, a.key
	}
	der, err := x509.CreateCertificate(rand.Reader, template, parent, &key.PublicKey, signer)
	if err != nil {
		a.t.Fatal(err)
	}
	leaf, err := x509.ParseCertificate(der)
	if err != nil {
		a.t.Fatal(err)
	}
	return tls.Certificate{Certificate: [][]byte{der}, PrivateKey: key, Leaf: leaf}
}

func (a *authority) server() tls.Certificate {
	return a.issue(&x509.Certificate{IPAddresses: []net.IP{net.IPv4(127, 0, 0, 1)}, ExtKeyUsage: []x509.ExtKeyUsage{x509.ExtKeyUsageServerAuth}})
}

func (a *authority) client(change func(*x509.Certificate)) *tls.Certificate {
	template := &x509.Certificate{Subject: pkix.Name{CommonName: "vendor"}, DNSNames: []string{"hooks.vendor.example.com"}, ExtKeyUsage: []x509.ExtKeyUsage{x509.ExtKeyUsageClientAuth}}
	if change != nil {
		change(template)
	}
	cert := a.issue(template)
	return &cert
}

func (a *authority) pool() *x509.CertPool {
	pool := x509.NewCertPool()
	pool.AddCert(a.cert)
	return pool
}

func writePEM(t *testing.T, file, kind string, der []byte) {
	t.Helper()
	if err := os.WriteFile(file, pem.EncodeToMemory(&pem.Block{Type: kind, Bytes: der}), 0o600); err != nil {
		t.Fatal(err)
	}
}

// files writes a certificate and its key where the edge reads them.
func files(t *testing.T, dir string, c tls.Certificate) config.TLS {
	t.Helper()
	der, err := x509.MarshalPKCS8PrivateKey(c.PrivateKey)
	if err != nil {
		t.Fatal(err)
	}
	f := config.TLS{Cert: filepath.Join(dir, "cert.pem"), Key: filepath.Join(dir, "key.pem")}
	writePEM(t, f.Cert, "CERTIFICATE", c.Certificate[0])
	writePEM(t, f.Key, "PRIVATE KEY", der)
	return f
}

// secured starts an edge under TLS.
func secured(t *testing.T, a *authority) (*gateway, config.TLS) {
	t.Helper()
	f := files(t, t.TempDir(), a.server())
	g := start(t, func(o *edge.Options) {
		var err error
		if o.TLS, err = edge.LoadCertificate(f); err != nil {
			t.Fatal(err)
		}
		o.Config.TLS = f
	})
	return g, f
}

// over makes a request over a connection of its own.
func (g *gateway) over(with *tls.Config, target string) (status int, state *tls.ConnectionState, err error) {
	client := &http.Client{Transport: &http.Transport{TLSClientConfig: with, DisableKeepAlives: true}, Timeout: 10 * time.Second}
	res, err := client.Post("https://"+g.addr+target, "application/json", strings.NewReader(`{}`))
	if err != nil {
		return 0, nil, err
	}
	defer func() { _ = res.Body.Close() }()
	if _, err := io.Copy(io.Discard, res.Body); err != nil {
		return 0, nil, err
	}
	return res.StatusCode, res.TLS, nil
}

// HTTPS answers HTTPS from 1.2 on, with the checks of the wire beneath it.
func TestSecure(t *testing.T) {
	a := newAuthority(t)
	g, _ := secured(t, a)
	for version, good := range map[uint16]bool{tls.VersionTLS13: true, tls.VersionTLS12: true, tls.VersionTLS11: false, tls.VersionTLS10: false} {
		status, state, err := g.over(&tls.Config{RootCAs: a.pool(), MinVersion: tls.VersionTLS10, MaxVersion: version}, "/hooks/plain")
		if good != (err == nil) || good && (status != 202 || state.Version != version) {
			t.Errorf("%s: %d, %v", tls.VersionName(version), status, err)
		}
	}
	for name, want := range map[string]int{"length and coding": 400, "bare LF behind a header": 400} {
		c, err := tls.Dial("tcp", g.addr, &tls.Config{RootCAs: a.pool()})
		if err != nil {
			t.Fatal(err)
		}
		if _, err := io.WriteString(c, edge.WireFaults[name].Request); err != nil {
			t.Fatal(err)
		}
		answer, err := io.ReadAll(c)
		if err != nil || !strings.HasPrefix(string(answer), "HTTP/1.1 400 ") || strings.Count(string(answer), "HTTP/1.1 ") != 1 {
			t.Errorf("%s: %q, %v; want %d once", name, answer, err, want)
		}
		_ = c.Close()
	}
	if statuses, _ := g.raw("POST /hooks/plain HTTP/1.1\r\nHost: h\r\nContent-Length: 2\r\n\r\n{}"); len(statuses) != 0 && statuses[0] == 202 {
		t.Errorf("plain HTTP is answered %v", statuses)
	}
	if until := time.Now().Add(10 * time.Second); true {
		for g.server.Open() != 0 && time.Now().Before(until) {
			time.Sleep(time.Millisecond)
		}
	}
	if n := g.server.Open(); n != 0 {
		t.Errorf("%d connections stay open", n)
	}
}

// A new certificate is taken when its files change; a broken one is not, and the one before goes on.
func TestCertificateIsReadAgain(t *testing.T) {
	a := newAuthority(t)
	g, f := secured(t, a)
	number := func() *big.Int {
		t.Helper()
		_, state, err := g.over(&tls.Config{RootCAs: a.pool()}, "/hooks/plain")
		if err != nil {
			t.Fatal(err)
		}
		return state.PeerCertificates[0].SerialNumber
	}
	first := number()
	if err := os.WriteFile(f.Cert, []byte("half a certificate"), 0o600); err != nil {
		t.Fatal(err)
	}
	g.server.ReloadTLS()
	if now := number(); now.Cmp(first) != 0 {
		t.Errorf("a broken file gives certificate %v", now)
	}
	second := a.server()
	files(t, filepath.Dir(f.Cert), second)
	g.server.ReloadTLS()
	if now := number(); now.Cmp(second.Leaf.SerialNumber) != 0 {
		t.Errorf("certificate %v, want the new one, %v", now, second.Leaf.SerialNumber)
	}
	if !strings.Contains(g.log.String(), "the old one goes on") {
		t.Error("nobody was told of the broken file")
	}
	if _, err := edge.LoadCertificate(config.TLS{Cert: f.Key, Key: f.Cert}); err == nil {
		t.Error("a key is taken for a certificate")
	}
}

// Who shows a certificate from the source's authority, for the source's name and not out of date, is believed.
func TestMutual(t *testing.T) {
	a, stranger := newAuthority(t), newAuthority(t)
	g, _ := secured(t, a)
	ca := filepath.Join(t.TempDir(), "ca.pem")
	writePEM(t, ca, "CERTIFICATE", a.cert.Raw)
	mutual := func(path string, names ...string) edge.Source {
		return edge.Source{Config: &config.Source{Name: "m" + path[1:], Path: path, Verify: []config.Verify{{Scheme: "mtls", CA: ca, Names: names}}}}
	}
	swap := func() {
		g.server.Swap(pipeline(t, append(sources(), mutual("/m"), mutual("/cn", "x", "vendor"), mutual("/dns", "hooks.vendor.example.com"), mutual("/uri", "spiffe://vendor"), mutual("/other", "other")), g.metrics))
	}
	swap()
	uri := &url.URL{Scheme: "spiffe", Host: "vendor"}
	for _, tt := range []struct {
		name   string
		cert   *tls.Certificate
		target string
		status int
	}{
		{"none", nil, "/m", 401},
		{"none, where none is wanted", nil, "/hooks/plain", 202},
		{"right", a.client(nil), "/m", 202},
		{"right, by common name", a.client(nil), "/cn", 202},
		{"right, by DNS name", a.client(nil), "/dns", 202},
		{"right, by URI", a.client(func(c *x509.Certificate) { c.URIs = []*url.URL{uri} }), "/uri", 202},
		{"right, for another name", a.client(nil), "/other", 403},
		{"right, where none is wanted", a.client(nil), "/hooks/plain", 202},
		{"a stranger's", stranger.client(nil), "/m", 401},
		{"a stranger's, where none is wanted", stranger.client(nil), "/hooks/plain", 202},
		{"out of date", a.client(func(c *x509.Certificate) { c.NotAfter = time.Now().Add(-time.Minute) }), "/m", 401},
		{"a server's", a.client(func(c *x509.Certificate) { c.ExtKeyUsage = []x509.ExtKeyUsage{x509.ExtKeyUsageServerAuth} }), "/m", 401},
	} {
		with := &tls.Config{RootCAs: a.pool()}
		if tt.cert != nil {
			with.GetClientCertificate = func(*tls.CertificateRequestInfo) (*tls.Certificate, error) { return tt.cert, nil }
		}
		if status, _, err := g.over(with, tt.target); err != nil || status != tt.status {
			t.Errorf("%s: %d, %v, want %d", tt.name, status, err, tt.status)
		}
	}
	// A session from before a source wanted certificates is not resumed without one.
	g.server.Swap(pipeline(t, sources(), g.metrics))
	own := a.client(nil)
	with := &tls.Config{RootCAs: a.pool(), ClientSessionCache: tls.NewLRUClientSessionCache(8),
		GetClientCertificate: func(*tls.CertificateRequestInfo) (*tls.Certificate, error) { return own, nil }}
	if status, _, err := g.over(with, "/hooks/plain"); err != nil || status != 202 {
		t.Fatal(status, err)
	}
	if _, state, err := g.over(with, "/hooks/plain"); err != nil || !state.DidResume {
		t.Errorf("the session is not resumed: %v; what follows shows nothing", err)
	}
	swap()
	if status, _, err := g.over(with, "/m"); err != nil || status != 202 {
		t.Errorf("with a session from before: %d, %v", status, err)
	}
}

// Somebody who has a certificate but not its key has nothing.
func TestMutualNeedsTheKey(t *testing.T) {
	a := newAuthority(t)
	g, _ := secured(t, a)
	ca := filepath.Join(t.TempDir(), "ca.pem")
	writePEM(t, ca, "CERTIFICATE", a.cert.Raw)
	g.server.Swap(pipeline(t, []edge.Source{{Config: &config.Source{Name: "m", Path: "/m", Verify: []config.Verify{{Scheme: "mtls", CA: ca}}}}}, g.metrics))
	stolen, other := a.client(nil), a.client(nil)
	stolen.PrivateKey = other.PrivateKey
	status, _, err := g.over(&tls.Config{RootCAs: a.pool(), GetClientCertificate: func(*tls.CertificateRequestInfo) (*tls.Certificate, error) { return stolen, nil }}, "/m")
	if err == nil {
		t.Errorf("answered %d", status)
	}
}

// A handshake that does not end is cut as a slow request is.
func TestSlowHandshake(t *testing.T) {
	a := newAuthority(t)
	f := files(t, t.TempDir(), a.server())
	g := start(t, func(o *edge.Options) {
		o.TLS, _ = edge.LoadCertificate(f)
		o.Config.TLS, o.Config.ReadTimeout = f, 200*time.Millisecond
	})
	c, err := net.Dial("tcp", g.addr)
	if err != nil {
		t.Fatal(err)
	}
	defer func() { _ = c.Close() }()
	_ = c.SetDeadline(time.Now().Add(10 * time.Second))
	if _, err := io.WriteString(c, "\x16\x03\x01"); err != nil {
		t.Fatal(err)
	}
	rest, err := io.ReadAll(c)
	if diff := cmp.Diff(nil, err); diff != "" && !strings.Contains(err.Error(), "reset") {
		t.Errorf("it is not cut: %v after %q", err, rest)
	}
}
