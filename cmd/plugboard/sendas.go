package main

import (
	"bytes"
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"os"
	"slices"
	"strings"

	"github.com/plugboard/plugboard/gateway"
	"github.com/plugboard/plugboard/gateway/verify"
)

// samples are what is to be sent: the file's own request, or one for each event in it, as the vendor would have sent it.
func (s *sending) samples(ctx context.Context, file string) (list []*sample, err error) {
	if err := s.findSource(); err != nil {
		return nil, err
	}
	if s.as == "" {
		one, err := readSample(file)
		return []*sample{one}, err
	}
	events, err := readEvents(file)
	if err != nil {
		return nil, err
	}
	encoder, err := gateway.NewEncoder(ctx, s.cfg, s.source)
	if err != nil {
		return nil, err
	}
	defer func() { err = errors.Join(err, encoder.Close(context.WithoutCancel(ctx))) }()
	for i, e := range events {
		m, err := encoder.Encode(ctx, e)
		if err != nil {
			return nil, fmt.Errorf("%s: event %d: %w", file, i+1, err)
		}
		one := &sample{Method: m.Method, Target: "/?" + m.Query, Headers: map[string]string{}, body: m.Body, behind: m.Path}
		for _, h := range m.Headers {
			one.Headers[h.Name] = h.Value
		}
		list = append(list, one)
	}
	return list, nil
}

// findSource checks the source that was named, or finds the one whose plugin is the vendor's.
func (s *sending) findSource() error {
	if s.source != "" {
		src := s.cfg.Source(s.source)
		switch {
		case src == nil:
			return fmt.Errorf("no source %q in the configuration; there are %s", s.source, sourceNames(s.cfg))
		case s.as != "" && src.Plugin != s.as:
			return fmt.Errorf("source %s has the plugin %q, not %q", s.source, src.Plugin, s.as)
		}
		return nil
	}
	var names, plugins []string
	for _, src := range s.cfg.Sources {
		if src.Plugin == s.as {
			names = append(names, src.Name)
		} else if src.Plugin != "" && !slices.Contains(plugins, src.Plugin) {
			plugins = append(plugins, src.Plugin)
		}
	}
	switch len(names) {
	case 0:
		return fmt.Errorf("no source has the plugin %q; there are sources with %s", s.as, strings.Join(plugins, ", "))
	case 1:
		s.source = names[0]
		return nil
	}
	return fmt.Errorf("several sources have the plugin %q; choose with --source %s", s.as, strings.Join(names, " or "))
}

// readEvents reads a canonical event, a list of them, or an object that has the list.
func readEvents(file string) ([]json.RawMessage, error) {
	content, err := os.ReadFile(file)
	if err != nil {
		return nil, err
	}
	var several struct {
		Events []json.RawMessage `json:"events"`
	}
	switch content = bytes.TrimSpace(content); {
	case bytes.HasPrefix(content, []byte("[")):
		err = json.Unmarshal(content, &several.Events)
	default:
		if err = json.Unmarshal(content, &several); err == nil && several.Events == nil {
			several.Events = []json.RawMessage{content}
		}
	}
	if err != nil {
		return nil, fmt.Errorf("%s: holds no canonical event: %w", file, err)
	}
	for i, e := range several.Events {
		var has struct {
			Type string `json:"type"`
		}
		if err := json.Unmarshal(e, &has); err != nil || has.Type == "" {
			return nil, fmt.Errorf("%s: event %d has no type; want one such as agent.state.changed", file, i+1)
		}
	}
	return several.Events, nil
}

// show prints the request instead of sending it, without what lets people in.
func (s *sending) show(one *sample) error {
	src := s.cfg.Source(s.source)
	signed, err := s.signed(one)
	if err != nil {
		return err
	}
	signed.Body = slices.Clone(signed.Body)
	v, err := verify.New(src.Verify, verify.Options{PublicURL: src.PublicURL})
	if err != nil {
		return err
	}
	if c, ok := v.(verify.Concealer); ok {
		c.Conceal(signed)
	}
	hidden := append(verify.CredentialHeaders(src.Verify), "authorization")
	target := s.base() + signed.Path
	if signed.Query != "" {
		target += "?" + signed.Query
	}
	headers := map[string]string{}
	for _, h := range signed.Headers {
		if headers[h.Name] = src.Vault.Redact(h.Value); slices.Contains(hidden, h.Name) {
			headers[h.Name] = "[hidden]"
		}
	}
	return s.printRequest(one.Method, target, headers, src.Vault.RedactBytes(signed.Body))
}

func (s *sending) printRequest(method, target string, headers map[string]string, body []byte) error {
	if s.asJSON {
		return printJSON(s.out.w, map[string]any{"method": method, "url": target, "headers": headers, "body": rawOrText(body)})
	}
	s.out.line("%s %s", method, target)
	for _, h := range headerList(headers) {
		s.out.line("%s: %s", h.Name, h.Value)
	}
	s.out.line("")
	if len(body) > 0 {
		s.out.line("%s", body)
	}
	return s.out.err
}
