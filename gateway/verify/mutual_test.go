package verify_test

import (
	"crypto/ecdsa"
	"crypto/rand"
	"crypto/x509"
	"crypto/x509/pkix"
	"encoding/pem"
	"math/big"
	"os"
	"path/filepath"
	"strings"
	"testing"
	"time"

	"github.com/plugboard/plugboard/gateway/config"
	"github.com/plugboard/plugboard/gateway/verify"
)

// chain makes an authority, one below it and a client's certificate below that; the file holds the first.
func chain(t testing.TB) (file string, peers []*x509.Certificate) {
	t.Helper()
	var parent *x509.Certificate
	var signer *ecdsa.PrivateKey
	for i, name := range []string{"root", "between", "client"} {
		key := ecdsaKey(t)
		c := &x509.Certificate{SerialNumber: big.NewInt(int64(i + 1)), Subject: pkix.Name{CommonName: name}, EmailAddresses: []string{name + "@example.com"},
			NotBefore: signedAt.Add(-time.Hour), NotAfter: signedAt.Add(time.Hour), BasicConstraintsValid: true}
		if c.IsCA = name != "client"; c.IsCA {
			c.KeyUsage = x509.KeyUsageCertSign
		} else {
			c.ExtKeyUsage = []x509.ExtKeyUsage{x509.ExtKeyUsageClientAuth}
		}
		if parent == nil {
			parent, signer = c, key
		}
		der, err := x509.CreateCertificate(rand.Reader, c, parent, &key.PublicKey, signer)
		if err != nil {
			t.Fatal(err)
		}
		if parent, err = x509.ParseCertificate(der); err != nil {
			t.Fatal(err)
		}
		if signer = key; i == 0 {
			file = filepath.Join(t.TempDir(), "ca.pem")
			if err := os.WriteFile(file, pem.EncodeToMemory(&pem.Block{Type: "CERTIFICATE", Bytes: der}), 0o600); err != nil {
				t.Fatal(err)
			}
			continue
		}
		peers = append([]*x509.Certificate{parent}, peers...)
	}
	return file, peers
}

func TestMutualChain(t *testing.T) {
	ca, peers := chain(t)
	_, strangers := chain(t)
	w := config.Verify{Scheme: "mtls", CA: ca, Names: []string{"client@example.com"}}
	for _, tt := range []struct {
		peers []*x509.Certificate
		after time.Duration
		fault string
	}{
		{peers, 0, ""},
		{peers[:1], 0, "not one that the source's authority gives"},
		{nil, 0, "no client certificate"},
		{strangers, 0, "not one that the source's authority gives"},
		{append(strangers[:1:1], peers...), 0, "not one that the source's authority gives"},
		{peers, 2 * time.Hour, "out of date"},
		{peers, -2 * time.Hour, "out of date"},
	} {
		check(t, must(t, w), &verify.Request{Peers: tt.peers, Now: signedAt.Add(tt.after)}, tt.fault)
	}
	v := must(t, w) // what was good once is not good for ever
	check(t, v, &verify.Request{Peers: peers, Now: signedAt}, "")
	check(t, v, &verify.Request{Peers: peers[:1], Now: signedAt.Add(time.Hour)}, "")
	check(t, v, &verify.Request{Peers: peers, Now: signedAt.Add(time.Hour + time.Second)}, "out of date")
	check(t, v, &verify.Request{Peers: append(strangers[:1:1], peers...), Now: signedAt}, "not one that")
	w.Names = []string{"between"}
	check(t, must(t, w), &verify.Request{Peers: peers, Now: signedAt}, "for another name")
	empty := filepath.Join(t.TempDir(), "empty.pem")
	if err := os.WriteFile(empty, []byte("nothing"), 0o600); err != nil {
		t.Fatal(err)
	}
	for _, file := range []string{empty, empty + ".not"} {
		w.CA = file
		if _, err := verify.New([]config.Verify{w}, verify.Options{}); err == nil || !strings.Contains(err.Error(), "name a file of certificates") {
			t.Errorf("%s: %v", file, err)
		}
	}
}

func BenchmarkMutual(b *testing.B) {
	ca, peers := chain(b)
	v, r := must(b, config.Verify{Scheme: "mtls", CA: ca}), &verify.Request{Peers: peers, Now: signedAt}
	b.ReportAllocs()
	for b.Loop() {
		if err := v.Verify(r); err != nil {
			b.Fatal(err)
		}
	}
}

func BenchmarkToken(b *testing.B) {
	ways := []config.Verify{{Scheme: "oauth", Lifetime: time.Hour, Clients: []config.Client{{ID: "a", Secret: way("", "b").Secrets[0]}}}}
	o := verify.Options{Tokens: verify.NewTokens()}
	v, err := verify.New(ways, o)
	if err != nil {
		b.Fatal(err)
	}
	r := &verify.Request{Now: signedAt}
	if err := verify.Sign(ways, o, r); err != nil {
		b.Fatal(err)
	}
	b.ReportAllocs()
	for b.Loop() {
		if err := v.Verify(r); err != nil {
			b.Fatal(err)
		}
	}
}
