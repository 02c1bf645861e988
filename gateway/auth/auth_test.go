package auth_test

import (
	"context"
	"net/http"
	"strings"
	"testing"

	"github.com/plugboard/plugboard/gateway/auth"
	"github.com/plugboard/plugboard/gateway/config"
	"github.com/plugboard/plugboard/gateway/deliver/send"
	"github.com/plugboard/plugboard/gateway/secret"
)

func apply(t *testing.T, c config.Auth, url string) (*send.Request, auth.Used) {
	t.Helper()
	a, err := auth.New(c, auth.Options{})
	if err != nil {
		t.Fatal(err)
	}
	r := &send.Request{URL: url, Header: http.Header{}}
	used, err := a.Apply(t.Context(), r)
	if err != nil {
		t.Fatal(err)
	}
	if again, err := a.Refresh(t.Context(), used); again || err != nil {
		t.Errorf("fixed credentials were refreshed: %v, %v", again, err)
	}
	return r, used
}

func TestFixedCredentials(t *testing.T) {
	key := secret.New("k&y value")
	tests := []struct {
		name          string
		conf          config.Auth
		url           string
		header, value string
		wantURL       string
	}{
		{"none", config.Auth{}, "https://a/b", "Authorization", "", "https://a/b"},
		{"bearer", config.Auth{Type: "bearer", Token: secret.New("token-1")}, "https://a/b", "Authorization", "Bearer token-1", "https://a/b"},
		{"basic", config.Auth{Type: "basic", Username: "Aladdin", Password: secret.New("open sesame")}, "https://a/b",
			"Authorization", "Basic QWxhZGRpbjpvcGVuIHNlc2FtZQ==", "https://a/b"},
		{"key in a header", config.Auth{Type: "api-key", Name: "x-key", In: "header", Value: key}, "https://a/b", "X-Key", "k&y value", "https://a/b"},
		{"key in the query", config.Auth{Type: "api-key", Name: "key", In: "query", Value: key}, "https://a/b", "", "", "https://a/b?key=k%26y+value"},
		{"key behind a query", config.Auth{Type: "api-key", Name: "key", In: "query", Value: key}, "https://a/b?c=d#e", "", "", "https://a/b?c=d&key=k%26y+value"},
	}
	for _, tt := range tests {
		t.Run(tt.name, func(t *testing.T) {
			r, used := apply(t, tt.conf, tt.url)
			if got := r.Header.Get(tt.header); got != tt.value {
				t.Errorf("%s: %q, want %q", tt.header, got, tt.value)
			}
			if r.URL != tt.wantURL {
				t.Errorf("url %q, want %q", r.URL, tt.wantURL)
			}
			if echo := used.Hidden.Redact("you sent " + tt.value); len(tt.value) > 0 && strings.Contains(echo, strings.TrimPrefix(tt.value, "Bearer ")) {
				t.Errorf("the echo %q still shows the credential", echo)
			}
		})
	}
}

func TestRefusedConfigurations(t *testing.T) {
	sender := send.Sender(neverSender{})
	for name, c := range map[string]config.Auth{
		"unknown type":          {Type: "digest"},
		"two lines":             {Type: "bearer", Token: secret.New("hidden-1\r\nX: y")},
		"key without name":      {Type: "api-key", Value: secret.New("hidden-1")},
		"key elsewhere":         {Type: "api-key", Name: "k", In: "cookie", Value: secret.New("hidden-1")},
		"no token_url":          {Type: "oauth2-password", Username: "u", Password: secret.New("hidden-1")},
		"password without user": {Type: "oauth2-password", TokenURL: "https://a", Password: secret.New("hidden-1")},
		"client without id":     {Type: "oauth2-client-credentials", TokenURL: "https://a", ClientSecret: secret.New("hidden-1")},
	} {
		if _, err := auth.New(c, auth.Options{Sender: sender}); err == nil {
			t.Errorf("%s was taken", name)
		} else if strings.Contains(err.Error(), "hidden-1") {
			t.Errorf("%s: the error shows the credential: %v", name, err)
		}
	}
}

type neverSender struct{}

func (neverSender) Send(context.Context, *send.Request) (*send.Response, error) {
	panic("nothing was to be sent")
}
