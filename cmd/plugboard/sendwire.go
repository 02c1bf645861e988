package main

import (
	"context"
	"crypto/tls"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"net/http"
	"net/url"
	"strings"

	"github.com/plugboard/plugboard/gateway/config"
	"github.com/plugboard/plugboard/gateway/edge"
)

// base is what stands before a source's path.
func (s *sending) base() string {
	if s.cfg.Server.TLS.Cert != "" {
		return "https://" + s.cfg.Server.Listen
	}
	return "http://" + s.cfg.Server.Listen
}

// connect makes the client that posts. Under TLS it trusts the gateway's own certificate, by whatever name it is for, and
// no other.
func (s *sending) connect() error {
	with := &tls.Config{MinVersion: tls.VersionTLS12}
	if s.cfg.Server.TLS.Cert != "" {
		var err error
		if with, err = trusting("tls", s.cfg.Server.TLS); err != nil {
			return err
		}
	}
	if s.cert != "" || s.key != "" {
		own, err := tls.LoadX509KeyPair(s.cert, s.key)
		if err != nil {
			return fmt.Errorf("the client certificate: %w; name both --cert and --key", err)
		}
		with.Certificates = []tls.Certificate{own}
	}
	s.http = &http.Client{Transport: &http.Transport{TLSClientConfig: with}}
	return nil
}

// tokenClient is whom the first of the ways gives tokens to; nil when it asks for none.
func tokenClient(ways []config.Verify) *config.Client {
	if len(ways) == 0 {
		return nil
	}
	if ways[0].Scheme == "oauth" {
		return &ways[0].Clients[0]
	}
	for i := range ways[0].All {
		if c := tokenClient(ways[0].All[i : i+1]); c != nil {
			return c
		}
	}
	return nil
}

// fetchToken asks the gateway for a token, as the client of that source does.
func (s *sending) fetchToken(ctx context.Context, c *config.Client) (string, error) {
	form := url.Values{"grant_type": {"client_credentials"}}
	if c.Username != "" {
		form = url.Values{"grant_type": {"password"}, "username": {c.Username}, "password": {c.Password.Reveal()}}
	}
	if c.ID != "" {
		form.Set("client_id", c.ID)
		form.Set("client_secret", c.Secret.Reveal())
	}
	req, err := http.NewRequestWithContext(ctx, http.MethodPost, s.base()+edge.TokenPath, strings.NewReader(form.Encode()))
	if err != nil {
		return "", err
	}
	req.Header.Set("Content-Type", "application/x-www-form-urlencoded")
	resp, err := s.http.Do(req)
	if err != nil {
		return "", fmt.Errorf("%w; is the gateway running? start it with plugboard run or plugboard dev", err)
	}
	var answer struct {
		Token string `json:"access_token"`
		Why   string `json:"error_description"`
	}
	err = json.NewDecoder(io.LimitReader(resp.Body, 1<<16)).Decode(&answer)
	if err = errors.Join(err, resp.Body.Close()); err != nil {
		return "", err
	}
	if answer.Token == "" {
		return "", fmt.Errorf("%s: %s; does the gateway run with this configuration?", resp.Status, answer.Why)
	}
	return answer.Token, nil
}
