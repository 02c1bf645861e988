package config

import (
	"crypto/tls"
	"crypto/x509"
	"fmt"
	"io"
	"os"
	"strings"

	"github.com/plugboard/plugboard/gateway/secret"
)

// ClientTLS is how a destination is met over TLS. The zero ClientTLS is without a certificate, trusting the system's
// authorities.
type ClientTLS struct {
	Cert       string       // PEM, the chain; "" for none
	Key        secret.Value // PEM
	CA         string       // PEM, instead of the system's authorities; "" for those
	ServerName string       // expected in the certificate; "": the host of the URL
}

var clientTLSSettings = []setting[ClientTLS]{
	{key: "cert", meaning: "certificate to show, with its chain: a PEM file, or its text",
		why:   "none is shown: few systems ask for one",
		reads: pem("CERTIFICATE", func(t *ClientTLS, text string) { t.Cert = text })},
	{key: "key", meaning: "its private key: a PEM file, or its text as a secret",
		why:   "none, as there is no certificate",
		reads: pem("PRIVATE KEY", func(t *ClientTLS, text string) { t.Key = secret.New(text) })},
	{key: "ca", meaning: "authorities to trust in place of the system's: a PEM file, or its text",
		why:   "the system's",
		reads: pem("CERTIFICATE", func(t *ClientTLS, text string) { t.CA = text })},
	{key: "server_name", meaning: "name in the destination's certificate; left out: the URL's host",
		why:   "the URL's host, as everywhere",
		reads: some(func(t *ClientTLS) *string { return &t.ServerName })},
}

func clientTLS() reads[Destination] {
	inner := table(`{ cert = "client.pem", key = "client-key.pem" }`, clientTLSSettings, func(d *Destination) *ClientTLS { return &d.TLS })
	read := inner.into
	inner.into = func(r *reader, n node, d *Destination) {
		before := len(r.faults)
		read(r, n, d)
		if len(r.faults) > before || r.opts.Lenient {
			return
		}
		t := d.TLS
		if (t.Cert == "") != t.Key.Empty() {
			r.fault(n, n.path.last()+" has one of cert and key", "write both, or neither")
			return
		}
		if t.Cert != "" {
			if _, err := tls.X509KeyPair([]byte(t.Cert), []byte(t.Key.Reveal())); err != nil {
				r.fault(n.key("key"), "cert and key cannot be used together: "+strings.TrimPrefix(err.Error(), "tls: "), "give the key that the certificate was made for")
			}
		}
		if t.CA != "" && !x509.NewCertPool().AppendCertsFromPEM([]byte(t.CA)) {
			r.fault(n.key("ca"), "ca has no certificate in it that can be read", "give a PEM file of certificates")
		}
	}
	return inner
}

// maxPEM bounds a file of certificates, in bytes.
const maxPEM = 1 << 20

// pem is a file in PEM, or its text, in which a block of the kind has to stand.
func pem[T any](block string, put func(t *T, text string)) reads[T] {
	k := kind{"a PEM file", `"client.pem"`}
	return reads[T]{kind: k, into: func(r *reader, n node, t *T) {
		value, ok := r.string(n, k, usage{})
		if !ok {
			return
		}
		text := value.plain
		if !strings.Contains(text, "-----BEGIN ") && r.endpoint != nil {
			r.fault(n, n.path.last()+" names a file, which an endpoint cannot", "give the text that begins with -----BEGIN "+block+"-----")
			return
		}
		if !strings.Contains(text, "-----BEGIN ") {
			file := r.beside(text)
			var err error
			if text, err = readPEM(file); err != nil {
				r.missing(n, fmt.Sprintf("%s cannot be read: %v", n.path.last(), err), "name a file in PEM that this user can read")
				return
			}
		}
		if block == "PRIVATE KEY" {
			r.all.Hide("", secret.New(text))
			if value.shown == value.plain {
				r.hide(n.path)
			}
		}
		if !strings.Contains(text, block+"-----") {
			r.fault(n, fmt.Sprintf("%s has no %s in PEM", n.path.last(), strings.ToLower(block)), "give the text that begins with -----BEGIN "+block+"-----")
			return
		}
		put(t, text)
	}}
}

func readPEM(file string) (string, error) {
	f, err := os.Open(file)
	if err != nil {
		return "", err
	}
	defer func() { _ = f.Close() }() // only read
	text, err := io.ReadAll(io.LimitReader(f, maxPEM))
	return string(text), err
}
