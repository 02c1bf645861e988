package main

import (
	"crypto/tls"
	"crypto/x509"
	"errors"
	"fmt"
	"net"
	"net/http"
	"net/netip"
	"net/url"
	"os"
	"strings"

	"github.com/spf13/cobra"

	"github.com/plugboard/plugboard/gateway/certificate"
	"github.com/plugboard/plugboard/gateway/config"
)

// farFlags adds what names a gateway on another machine, for every command that asks the API.
func farFlags(root *cobra.Command) {
	f := root.PersistentFlags()
	f.String("admin", "", "`URL` of the API of a gateway elsewhere, as https://gw.example.com:8081; else PLUGBOARD_ADMIN, else the configuration's")
	f.String("admin-ca", "", "`FILE` of the authorities to believe for it, in PEM; else PLUGBOARD_ADMIN_CA, else the system's")
	f.String("token-file", "", "`FILE` of the token for it; else PLUGBOARD_TOKEN")
}

// flagOr is a flag's value, or that of the environment's variable.
func flagOr(c *cobra.Command, flag, variable string) string {
	if value, err := c.Flags().GetString(flag); err == nil && value != "" {
		return value
	}
	return os.Getenv(variable)
}

// farClient is the client for the gateway that --admin names; nil when it names none. A token goes there over TLS alone,
// or to this machine.
func farClient(c *cobra.Command) (*client, error) {
	where := flagOr(c, "admin", "PLUGBOARD_ADMIN")
	if where == "" {
		return nil, nil
	}
	u, err := url.Parse(where)
	if err != nil || u.Scheme != "https" && u.Scheme != "http" || u.Host == "" || u.User != nil || strings.Trim(u.Path, "/") != "" || u.RawQuery != "" {
		return nil, usageError{fmt.Errorf("--admin wants an address such as https://gw.example.com:8081, has %q", where)}
	}
	if u.Scheme == "http" && !config.Loopback(u.Hostname()) {
		return nil, usageError{fmt.Errorf("--admin %s would send the token in the clear; write https://", where)}
	}
	far := &client{base: u.Scheme + "://" + u.Host, token: os.Getenv("PLUGBOARD_TOKEN")}
	if file, err := c.Flags().GetString("token-file"); err == nil && file != "" {
		text, err := os.ReadFile(file)
		if err != nil {
			return nil, fmt.Errorf("--token-file: %w", err)
		}
		if far.token = strings.TrimSpace(string(text)); strings.ContainsAny(far.token, " \r\n\t") {
			return nil, fmt.Errorf("--token-file: %s holds more than a token", file)
		}
	}
	if far.token == "" {
		return nil, errors.New("there is no token for " + far.base + "; put one into a file for --token-file or into PLUGBOARD_TOKEN (plugboard token create makes it there)")
	}
	with := &tls.Config{MinVersion: tls.VersionTLS12}
	if file := flagOr(c, "admin-ca", "PLUGBOARD_ADMIN_CA"); file != "" {
		text, err := os.ReadFile(file)
		if err != nil {
			return nil, fmt.Errorf("--admin-ca: %w", err)
		}
		with.RootCAs = x509.NewCertPool()
		if !with.RootCAs.AppendCertsFromPEM(text) {
			return nil, fmt.Errorf("--admin-ca: %s has no certificate in PEM in it", file)
		}
	}
	far.http = over(with)
	return far, nil
}

// localClient is the client for the gateway of a configuration, without a token. Under TLS it trusts that gateway's own
// certificate, by whatever name it is for, and no other.
func localClient(cfg *config.Config) (*client, error) {
	addr := cfg.Server.Admin
	if host, port, err := net.SplitHostPort(addr); err == nil {
		if ip, err := netip.ParseAddr(host); host == "" || err == nil && ip.IsUnspecified() {
			addr = net.JoinHostPort("localhost", port)
		}
	}
	if cfg.Server.AdminTLS.Cert == "" {
		return &client{base: "http://" + addr, http: &http.Client{}}, nil
	}
	with, err := trusting("admin_tls", cfg.Server.AdminTLS)
	if err != nil {
		return nil, err
	}
	return &client{base: "https://" + addr, http: over(with)}, nil
}

// trusting is TLS to whoever has just this certificate.
func trusting(setting string, files config.TLS) (*tls.Config, error) {
	cert, err := certificate.Load(setting, files)
	if err != nil {
		return nil, err
	}
	with := &tls.Config{MinVersion: tls.VersionTLS12, RootCAs: x509.NewCertPool(), ServerName: nameOf(cert.Leaf)}
	with.RootCAs.AddCert(cert.Leaf)
	return with, nil
}

func over(with *tls.Config) *http.Client {
	return &http.Client{Transport: &http.Transport{TLSClientConfig: with, ForceAttemptHTTP2: true}}
}

// nameOf is a name that the certificate is for.
func nameOf(c *x509.Certificate) string {
	switch {
	case len(c.DNSNames) > 0:
		return strings.Replace(c.DNSNames[0], "*", "any", 1)
	case len(c.IPAddresses) > 0:
		return c.IPAddresses[0].String()
	}
	return c.Subject.CommonName
}
