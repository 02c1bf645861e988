package deliver_test

import (
	"crypto/tls"
	"net"
	"net/http"
	"net/http/httptest"
	"strings"
	"sync"
	"sync/atomic"
	"testing"
	"time"

	"github.com/plugboard/plugboard/gateway/config"
	"github.com/plugboard/plugboard/gateway/deliver"
	"github.com/plugboard/plugboard/gateway/secret"
)

func TestMutualTLS(t *testing.T) {
	ours, others := newAuthority(t), newAuthority(t)
	in := &inbox{}
	base := ours.secured(t, in, ours.mutual, "127.0.0.1")
	named := ours.secured(t, in, ours.mutual, "api.internal")
	cert, key := ours.issue(t, "gateway")
	strange, strangeKey := others.issue(t, "gateway")
	for name, tt := range map[string]struct {
		url, cert, key, ca, name string
		want                     string // in the reason; "" for delivered
	}{
		"right":                       {base, cert, key, ours.pem, "", ""},
		"without a certificate":       {base, "", "", ours.pem, "", "certificate required"},
		"of another authority":        {base, strange, strangeKey, ours.pem, "", "unknown certificate authority"},
		"receiver not trusted":        {base, cert, key, others.pem, "", `name that in tls = { ca = "ca.pem" }`},
		"system's authorities":        {base, cert, key, "", "", "certificate not accepted"},
		"another name than the url's": {named, cert, key, ours.pem, "", "certificate not accepted"},
		"the name that is expected":   {named, cert, key, ours.pem, "api.internal", ""},
		"another name":                {base, cert, key, ours.pem, "api.internal", "certificate not accepted"},
	} {
		t.Run(name, func(t *testing.T) {
			c := conf(tt.url)
			c.TLS = config.ClientTLS{Cert: tt.cert, Key: secret.New(tt.key), CA: tt.ca, ServerName: tt.name}
			before := len(in.got)
			r := network(t, c, nil).Attempt(t.Context(), owed())
			if delivered := r.Class == deliver.Delivered; delivered != (tt.want == "") || !strings.Contains(r.Reason, tt.want) || (len(in.got) > before) != delivered {
				t.Errorf("%v %q, want %q", r.Class, r.Reason, tt.want)
			}
		})
	}
}

// TLS 1.1 is not spoken, whatever the other side offers.
func TestOldTLSIsRefused(t *testing.T) {
	a := newAuthority(t)
	in := &inbox{}
	c := conf(a.secured(t, in, func(s *httptest.Server) { s.TLS.MaxVersion = tls.VersionTLS11 }, "127.0.0.1")) //nolint:gosec // that is the point
	c.TLS.CA = a.pem
	if r := network(t, c, nil).Attempt(t.Context(), owed()); r.Class != deliver.Retry || len(in.got) > 0 {
		t.Errorf("%v %q, %d arrived", r.Class, r.Reason, len(in.got))
	}
}

// The certificate is shown to the destination's origin, and to none that it redirects to.
func TestCertificateStaysInItsOrigin(t *testing.T) {
	a := newAuthority(t)
	end := &inbox{}
	to := a.secured(t, end, func(s *httptest.Server) { s.TLS.ClientAuth = tls.RequestClientCert }, "127.0.0.1")
	in := &inbox{answer: func(w http.ResponseWriter, _ *http.Request) {
		w.Header().Set("Location", to)
		w.WriteHeader(http.StatusTemporaryRedirect)
	}}
	c := conf(a.secured(t, in, a.mutual, "127.0.0.1", "api.internal"))
	cert, key := a.issue(t, "gateway")
	c.TLS, c.Redirects = config.ClientTLS{Cert: cert, Key: secret.New(key), CA: a.pem, ServerName: "api.internal"}, 1
	r := network(t, c, nil).Attempt(t.Context(), owed())
	if r.Class != deliver.Delivered || len(in.got[0].TLS.PeerCertificates) != 1 || len(end.got[0].TLS.PeerCertificates) != 0 {
		t.Errorf("%v %q", r.Class, r.Reason)
	}
}

// HTTP/2 is spoken where the other side has it: many exchanges at once on one connection, signed and with certificates
// as over HTTP/1.1.
func TestHTTP2(t *testing.T) {
	const streams = 20
	a := newAuthority(t)
	var conns, versions atomic.Int32
	all := make(chan struct{})
	var arrived sync.WaitGroup
	arrived.Add(streams)
	go func() { arrived.Wait(); close(all) }()
	warm := true
	base := a.secured(t, http.HandlerFunc(func(_ http.ResponseWriter, r *http.Request) {
		versions.Add(int32(r.ProtoMajor))
		if !warm {
			arrived.Done()
			<-all // nobody is answered until all are there
		}
	}), func(s *httptest.Server) {
		s.EnableHTTP2 = true
		a.mutual(s)
		s.Config.ConnState = func(_ net.Conn, state http.ConnState) {
			if state == http.StateNew {
				conns.Add(1)
			}
		}
	}, "127.0.0.1")
	c := conf(base)
	cert, key := a.issue(t, "gateway")
	c.TLS, c.Concurrency, c.Timeout = config.ClientTLS{Cert: cert, Key: secret.New(key), CA: a.pem}, streams, 10*time.Second
	d := network(t, c, nil)
	if r := d.Attempt(t.Context(), owed()); r.Class != deliver.Delivered {
		t.Fatalf("%v %q", r.Class, r.Reason)
	}
	warm = false
	var done sync.WaitGroup
	for range streams {
		done.Go(func() {
			if r := d.Attempt(t.Context(), owed()); r.Class != deliver.Delivered {
				t.Errorf("%v %q", r.Class, r.Reason)
			}
		})
	}
	done.Wait()
	if conns.Load() != 1 || versions.Load() != 2*(streams+1) {
		t.Errorf("%d connections; the versions add up to %d, want %d", conns.Load(), versions.Load(), 2*(streams+1))
	}
}

// A redirect does not lead out of TLS unless the destination may be reached without it.
func TestRedirectStaysInTLS(t *testing.T) {
	a := newAuthority(t)
	end := &inbox{}
	to := serve(t, end)
	in := &inbox{answer: func(w http.ResponseWriter, _ *http.Request) {
		w.Header().Set("Location", to)
		w.WriteHeader(http.StatusTemporaryRedirect)
	}}
	for _, allowed := range []bool{false, true} {
		c := conf(a.secured(t, in, nil, "127.0.0.1"))
		c.TLS.CA, c.Redirects, c.AllowPrivate, c.AllowHTTP, c.Vault = a.pem, 1, true, allowed, &secret.Vault{}
		n, err := deliver.NewNetwork(c, deliver.NetworkOptions{})
		if err != nil {
			t.Fatal(err)
		}
		defer n.Close()
		r := destination(t, n, func(o *deliver.Options) { o.Config = c }).Attempt(t.Context(), owed())
		if (r.Class == deliver.Delivered) != allowed || !allowed && (r.Class != deliver.Dead || !strings.Contains(r.Reason, "plain http is refused")) {
			t.Errorf("allow_http %v: %v %q", allowed, r.Class, r.Reason)
		}
	}
	if len(end.got) != 1 {
		t.Errorf("%d arrived without TLS", len(end.got))
	}
}
