package main

import (
	"bytes"
	"context"
	"fmt"
	"net/http"
	"slices"
	"strings"
	"time"

	"github.com/plugboard/plugboard/gateway/config"
	"github.com/plugboard/plugboard/gateway/event"
	"github.com/plugboard/plugboard/gateway/verify"
)

// request makes the sample a request to the gateway, signed now.
func (s *sending) request(ctx context.Context, sample *sample) (*http.Request, error) {
	src := s.cfg.Source(s.source)
	signed, err := s.signed(sample)
	if err != nil {
		return nil, err
	}
	target := signed.Path
	if signed.Query != "" {
		target += "?" + signed.Query
	}
	req, err := http.NewRequest(sample.Method, s.base()+target, bytes.NewReader(signed.Body))
	if err != nil {
		return nil, err
	}
	for _, h := range signed.Headers {
		req.Header.Set(h.Name, h.Value)
	}
	if client := tokenClient(src.Verify); client != nil {
		token, err := s.fetchToken(ctx, client)
		if err != nil {
			return nil, fmt.Errorf("a token for source %s: %w", src.Name, err)
		}
		req.Header.Set("Authorization", "Bearer "+token)
	}
	return req, nil
}

// signed is the sample as its sender signs it now.
func (s *sending) signed(sample *sample) (*verify.Request, error) {
	src := s.cfg.Source(s.source)
	signed := &verify.Request{Headers: headerList(sample.Headers), Body: sample.body, Path: src.Path + sample.behind, Now: time.Now()}
	_, signed.Query, _ = strings.Cut(sample.Target, "?") // the path is the source's, whatever the sample was recorded at
	if err := verify.Sign(src.Verify, verify.Options{PublicURL: src.PublicURL}, signed); err != nil {
		return nil, fmt.Errorf("signing for source %s: %w", src.Name, err)
	}
	return signed, nil
}

func headerList(m map[string]string) []event.Header {
	hs := make([]event.Header, 0, len(m))
	for name, value := range m {
		hs = append(hs, event.Header{Name: strings.ToLower(name), Value: value})
	}
	slices.SortFunc(hs, func(a, b event.Header) int { return strings.Compare(a.Name, b.Name) })
	return hs
}

func sourceNames(cfg *config.Config) string {
	names := make([]string, len(cfg.Sources))
	for i, s := range cfg.Sources {
		names[i] = s.Name
	}
	return strings.Join(names, ", ")
}
