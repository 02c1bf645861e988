package main

import (
	"bytes"
	"context"
	"crypto/x509"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"io/fs"
	"net/http"
	"net/url"
	"os"
	"path/filepath"
	"strings"
	"syscall"

	"github.com/spf13/cobra"

	"github.com/plugboard/plugboard/gateway"
	"github.com/plugboard/plugboard/gateway/admin"
	"github.com/plugboard/plugboard/gateway/config"
)

// client speaks to the API of a gateway: the one that runs with the same configuration, or the one that --admin names.
type client struct {
	base  string
	token string
	http  *http.Client
}

// errNotRunning says that no gateway answers at the configured address.
var errNotRunning = errors.New("no gateway is running")

// newClient reads the address from the configuration and the token from PLUGBOARD_TOKEN or the file that the gateway
// writes into the queue's folder.
func newClient(cfg *config.Config) (*client, error) {
	c, err := localClient(cfg)
	if err != nil {
		return nil, err
	}
	if c.token = os.Getenv("PLUGBOARD_TOKEN"); c.token != "" {
		return c, nil
	}
	file := filepath.Join(cfg.Queue.Dir, gateway.TokenFile)
	token, err := os.ReadFile(file)
	if errors.Is(err, fs.ErrNotExist) {
		return nil, fmt.Errorf("%w with this configuration: there is no %s; start one with plugboard run or plugboard dev", errNotRunning, file)
	}
	if err != nil {
		return nil, fmt.Errorf("the API's token: %w; run this as the gateway's user or set PLUGBOARD_TOKEN", err)
	}
	c.token = strings.TrimSpace(string(token))
	return c, nil
}

// dial makes the client for the gateway that --admin names, or else for the one of the configuration, which it loads.
func dial(c *cobra.Command, file string) (*client, error) {
	if far, err := farClient(c); far != nil || err != nil {
		return far, err
	}
	cfg, err := config.Load(file, config.Options{Lenient: true})
	if err != nil {
		return nil, err
	}
	return newClient(cfg)
}

// do makes one request; the answer's body is the caller's to close.
func (c *client) do(ctx context.Context, method, path string, query url.Values) (*http.Response, error) {
	return c.request(ctx, method, path, query, nil)
}

// request is do with a JSON body, unless that is nil.
func (c *client) request(ctx context.Context, method, path string, query url.Values, body []byte) (*http.Response, error) {
	target := c.base + path
	if len(query) > 0 {
		target += "?" + query.Encode()
	}
	req, err := http.NewRequestWithContext(ctx, method, target, bytes.NewReader(body))
	if err != nil {
		return nil, err
	}
	if body != nil {
		req.Header.Set("Content-Type", "application/json")
	}
	req.Header.Set("Authorization", "Bearer "+c.token)
	resp, err := c.http.Do(req)
	if errors.Is(err, syscall.ECONNREFUSED) {
		return nil, fmt.Errorf("%w at %s; start one with plugboard run or plugboard dev", errNotRunning, c.base)
	}
	var unknown x509.UnknownAuthorityError
	if errors.As(err, &unknown) {
		return nil, fmt.Errorf("%w; if it is your own, name its authority with --admin-ca FILE", err)
	}
	if err != nil {
		return nil, err
	}
	if resp.StatusCode >= http.StatusBadRequest {
		return nil, refused(resp)
	}
	return resp, nil
}

func refused(resp *http.Response) error {
	body, err := io.ReadAll(io.LimitReader(resp.Body, 64<<10))
	if err = errors.Join(err, resp.Body.Close()); err != nil {
		return err
	}
	var p admin.Problem
	if json.Unmarshal(body, &p) == nil && p.Detail != "" {
		return fmt.Errorf("%s: %s", strings.ToLower(p.Title), p.Detail)
	}
	return fmt.Errorf("the gateway answered %s: %s", resp.Status, bytes.TrimSpace(body))
}

// get reads one JSON document.
func (c *client) get(ctx context.Context, path string, query url.Values, into any) error {
	resp, err := c.do(ctx, http.MethodGet, path, query)
	if err != nil {
		return err
	}
	err = json.NewDecoder(resp.Body).Decode(into)
	return errors.Join(err, resp.Body.Close())
}

// send makes a request with a JSON body, if there is one, and reads the answer into a value, unless that is nil.
func (c *client) send(ctx context.Context, method, path string, body, into any) error {
	var text []byte
	if body != nil {
		var err error
		if text, err = json.Marshal(body); err != nil {
			return err
		}
	}
	resp, err := c.request(ctx, method, path, nil, text)
	if err != nil {
		return err
	}
	if into != nil {
		err = json.NewDecoder(resp.Body).Decode(into)
	}
	return errors.Join(err, resp.Body.Close())
}
