package auth_test

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"net/http"
	"strings"
	"sync"
	"testing"
	"testing/synctest"
	"time"

	"github.com/plugboard/plugboard/gateway/auth"
	"github.com/plugboard/plugboard/gateway/config"
	"github.com/plugboard/plugboard/gateway/deliver/send"
	"github.com/plugboard/plugboard/gateway/secret"
)

// endpoint is a token endpoint with refresh tokens that work once. Each answer takes a second of the bubble's time.
type endpoint struct {
	mu       sync.Mutex
	forms    []string
	headers  []http.Header
	refresh  string        // the one that is good
	issued   int           // access tokens so far
	running  int           // requests that run
	most     int           // most that ever ran at once
	script   []scripted    // answers before it works as it should
	lifetime string        // expires_in as JSON; "" for 3600
	takes    time.Duration // 0: a second
}

type scripted struct {
	status int
	header string // Retry-After
	body   string
	err    error
}

func (e *endpoint) Send(ctx context.Context, r *send.Request) (*send.Response, error) {
	e.mu.Lock()
	e.forms = append(e.forms, string(r.Body))
	e.headers = append(e.headers, r.Header)
	e.running++
	e.most = max(e.most, e.running)
	e.mu.Unlock()
	defer func() { e.mu.Lock(); e.running--; e.mu.Unlock() }()
	select {
	case <-time.After(max(e.takes, time.Second)):
	case <-ctx.Done():
		return nil, ctx.Err()
	}
	e.mu.Lock()
	defer e.mu.Unlock()
	if len(e.script) > 0 {
		s := e.script[0]
		e.script = e.script[1:]
		if s.err != nil {
			return nil, s.err
		}
		return &send.Response{Status: s.status, Body: []byte(s.body), Header: http.Header{"Retry-After": {s.header}}}, nil
	}
	if form := string(r.Body); strings.HasPrefix(form, "grant_type=refresh_token") && form != "grant_type=refresh_token&refresh_token="+e.refresh {
		return &send.Response{Status: 400, Body: []byte(`{"error":"invalid_grant","error_description":"` + form + `"}`)}, nil
	}
	e.issued++
	e.refresh = fmt.Sprintf("TEST-REFRESH-%d", e.issued)
	life := e.lifetime
	if life == "" {
		life = "3600"
	}
	return &send.Response{Status: 200, Body: fmt.Appendf(nil, `{"access_token":"TEST-ACCESS-%d","token_type":"bearer","expires_in":%s,"refresh_token":%q}`,
		e.issued, life, e.refresh)}, nil
}

var passwordGrant = config.Auth{Type: "oauth2-password", TokenURL: "https://services.example.com/oauth/token",
	Username: "gateway@example.com", Password: secret.New("not-a-real-secret")}

const (
	grantBody   = "grant_type=password&username=gateway%40example.com&password=not-a-real-secret"
	refreshBody = "grant_type=refresh_token&refresh_token=TEST-REFRESH-"
)

func oauth(t *testing.T, e *endpoint, c config.Auth) auth.Authorizer {
	t.Helper()
	a, err := auth.New(c, auth.Options{Sender: e})
	if err != nil {
		t.Fatal(err)
	}
	return a
}

// token applies and gives the access token that was put on the request.
func token(t *testing.T, a auth.Authorizer) (string, auth.Used) {
	t.Helper()
	r := &send.Request{Header: http.Header{}}
	used, err := a.Apply(t.Context(), r)
	if err != nil {
		t.Fatal(err)
	}
	return strings.TrimPrefix(r.Header.Get("Authorization"), "Bearer "), used
}

func (e *endpoint) got(t *testing.T, want ...string) {
	t.Helper()
	e.mu.Lock()
	defer e.mu.Unlock()
	if got := strings.Join(e.forms, "\n"); got != strings.Join(want, "\n") {
		t.Errorf("token requests:\n%s\nwant:\n%s", got, strings.Join(want, "\n"))
	}
	if e.most > 1 {
		t.Errorf("%d token requests ran at once", e.most)
	}
}

func TestTokenIsFetchedOnceAndShared(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		e := &endpoint{}
		a := oauth(t, e, passwordGrant)
		var all sync.WaitGroup
		for range 50 {
			all.Go(func() {
				if got, _ := token(t, a); got != "TEST-ACCESS-1" {
					t.Errorf("token %q", got)
				}
			})
		}
		all.Wait()
		e.got(t, grantBody)
		if got := e.headers[0].Get("Content-Type"); got != "application/x-www-form-urlencoded" {
			t.Errorf("content type %q", got)
		}
	})
}

func TestRefusedTokenIsReplacedOnce(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		e := &endpoint{}
		a := oauth(t, e, passwordGrant)
		_, used := token(t, a)
		var all sync.WaitGroup
		for range 50 { // fifty requests were answered 401 at about the same time
			all.Go(func() {
				if again, err := a.Refresh(t.Context(), used); !again || err != nil {
					t.Errorf("refresh: %v, %v", again, err)
				}
			})
		}
		all.Wait()
		if again, err := a.Refresh(t.Context(), used); !again || err != nil { // and a late one
			t.Errorf("late refresh: %v, %v", again, err)
		}
		got, used := token(t, a)
		if got != "TEST-ACCESS-2" {
			t.Errorf("token %q", got)
		}
		if _, err := a.Refresh(t.Context(), used); err != nil { // the rotated refresh token was kept
			t.Error(err)
		}
		e.got(t, grantBody, refreshBody+"1", refreshBody+"2")
	})
}

func TestRefusedRefreshTokenFallsBackToTheGrant(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		e := &endpoint{}
		a := oauth(t, e, passwordGrant)
		_, used := token(t, a)
		e.refresh = "revoked meanwhile"
		if again, err := a.Refresh(t.Context(), used); !again || err != nil {
			t.Errorf("refresh: %v, %v", again, err)
		}
		e.got(t, grantBody, refreshBody+"1", grantBody)
	})
}

// The server read the refresh token and its answer was lost: the token is spent, the next fetch finds out and goes on.
func TestLostRefreshAnswer(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		e := &endpoint{}
		a := oauth(t, e, passwordGrant)
		_, used := token(t, a)
		e.refresh, e.script = "the next one", []scripted{{err: &send.Error{What: "connection failed"}}}
		if again, err := a.Refresh(t.Context(), used); again || err == nil {
			t.Errorf("refresh: %v, %v", again, err)
		}
		if got, _ := token(t, a); got != "TEST-ACCESS-2" {
			t.Errorf("token %q", got)
		}
		e.got(t, grantBody, refreshBody+"1", refreshBody+"1", grantBody)
	})
}

func TestTokenIsReplacedBeforeItExpires(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		e := &endpoint{}
		a := oauth(t, e, passwordGrant)
		token(t, a)
		time.Sleep(time.Hour - 2*time.Minute)
		token(t, a)
		e.got(t, grantBody)
		time.Sleep(time.Minute + 30*time.Second) // half a minute before it expires
		before := time.Now()
		if got, _ := token(t, a); got != "TEST-ACCESS-1" || time.Since(before) > 0 {
			t.Errorf("token %q after %v: nobody should wait while the old one is good", got, time.Since(before))
		}
		synctest.Wait()
		time.Sleep(2 * time.Second)
		if got, _ := token(t, a); got != "TEST-ACCESS-2" {
			t.Errorf("token %q", got)
		}
		e.got(t, grantBody, refreshBody+"1")
	})
}

func TestExpiredTokenIsNotUsed(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		e := &endpoint{lifetime: `"60"`} // as a string, as some write it
		a := oauth(t, e, passwordGrant)
		token(t, a)
		time.Sleep(time.Hour)
		if got, _ := token(t, a); got != "TEST-ACCESS-2" {
			t.Errorf("token %q", got)
		}
	})
}

// The early replacement fails: the token at hand goes on, and the endpoint is not asked at every request.
func TestEarlyReplacementMayFail(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		e := &endpoint{}
		a := oauth(t, e, passwordGrant)
		token(t, a)
		e.script = []scripted{{status: 503}}
		time.Sleep(time.Hour - 30*time.Second)
		for range 3 {
			if got, _ := token(t, a); got != "TEST-ACCESS-1" {
				t.Errorf("token %q", got)
			}
			time.Sleep(2 * time.Second)
		}
		e.got(t, grantBody, refreshBody+"1")
	})
}

// Who asked for a token and gave up does not take it away from others, nor lose a refresh token.
func TestFetchOutlivesItsCaller(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		e := &endpoint{takes: 10 * time.Second}
		a := oauth(t, e, passwordGrant)
		ctx, cancel := context.WithTimeout(t.Context(), time.Second)
		defer cancel()
		if _, err := a.Apply(ctx, &send.Request{Header: http.Header{}}); !errors.Is(err, context.DeadlineExceeded) {
			t.Errorf("error %v", err)
		}
		if got, _ := token(t, a); got != "TEST-ACCESS-1" {
			t.Errorf("token %q", got)
		}
		e.got(t, grantBody)
	})
}

// Wrong credentials are not sent at every attempt: many of them lock an account.
func TestRefusalIsBelievedForAWhile(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		refusal := scripted{status: 401, body: `{"error":"invalid_client","error_description":"not-a-real-secret is wrong"}`}
		e := &endpoint{script: []scripted{refusal}}
		a := oauth(t, e, passwordGrant)
		for range 5 {
			_, err := a.Apply(t.Context(), &send.Request{Header: http.Header{}})
			if err == nil || strings.Contains(err.Error(), "not-a-real-secret") || !strings.Contains(err.Error(), "401 (invalid_client)") {
				t.Errorf("error %v", err)
			}
		}
		e.got(t, grantBody)
		time.Sleep(6 * time.Second)
		token(t, a)
	})
}

func TestTokenErrors(t *testing.T) {
	for name, s := range map[string]scripted{
		"no JSON":          {status: 200, body: "<html>not-a-real-secret</html>"},
		"no token":         {status: 200, body: `{"token_type":"bearer"}`},
		"token with break": {status: 200, body: `{"access_token":"not-a-real-secret\r\nX: y"}`},
		"unavailable":      {status: 503, header: "30", body: "not-a-real-secret"},
		"unknown code":     {status: 400, body: `{"error":"not-a-real-secret"}`},
		"no answer":        {err: &send.Error{What: "no answer in time", Timeout: true}},
	} {
		t.Run(name, func(t *testing.T) {
			synctest.Test(t, func(t *testing.T) {
				a := oauth(t, &endpoint{script: []scripted{s}}, passwordGrant)
				_, err := a.Apply(t.Context(), &send.Request{Header: http.Header{}})
				var e *auth.Error
				if !errors.As(err, &e) || strings.Contains(err.Error(), "not-a-real-secret") {
					t.Fatalf("error %v", err)
				}
				if want := s.header != ""; want != e.NotBefore.After(time.Now()) {
					t.Errorf("not before %v", e.NotBefore)
				}
			})
		})
	}
}

func TestClientCredentials(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		e := &endpoint{}
		token(t, oauth(t, e, config.Auth{Type: "oauth2-client-credentials", TokenURL: "https://a", ClientID: "id",
			ClientSecret: secret.New("s:e/c"), Scope: "events write"}))
		e.got(t, "grant_type=client_credentials&scope=events+write")
		if got := e.headers[0].Get("Authorization"); got != "Basic aWQ6cyUzQWUlMkZj" { // id:s%3Ae%2Fc
			t.Errorf("authorization %q", got)
		}
	})
	synctest.Test(t, func(t *testing.T) {
		e := &endpoint{}
		c := passwordGrant
		c.ClientID = "public"
		token(t, oauth(t, e, c))
		e.got(t, grantBody+"&client_id=public")
	})
}

// Some servers want the client in the form, and some an audience.
func TestClientInTheForm(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		e := &endpoint{}
		token(t, oauth(t, e, config.Auth{Type: "oauth2-client-credentials", TokenURL: "https://a", ClientID: "id", ClientSecret: secret.New("s:e/c"),
			ClientAuth: "body", Audience: "https://api.example.com/"}))
		e.got(t, "grant_type=client_credentials&audience=https%3A%2F%2Fapi.example.com%2F&client_id=id&client_secret=s%3Ae%2Fc")
		if got := e.headers[0].Get("Authorization"); got != "" {
			t.Errorf("authorization %q as well", got)
		}
	})
	synctest.Test(t, func(t *testing.T) {
		e := &endpoint{}
		c := passwordGrant
		c.ClientID, c.ClientSecret, c.ClientAuth = "id", secret.New("s"), "body"
		a := oauth(t, e, c)
		token(t, a)
		e.got(t, grantBody+"&client_id=id&client_secret=s")
	})
}

func FuzzTokenAnswer(f *testing.F) {
	for _, seed := range []string{`{"access_token":"a","expires_in":3600}`, `{"access_token":"a","expires_in":"1e400"}`, `{"access_token":"a","expires_in":-1}`,
		`{"access_token":"a","expires_in":{}}`, `{}`, `[]`, "", `{"access_token":"a\u0000"}`} {
		f.Add([]byte(seed))
	}
	f.Fuzz(func(t *testing.T, body []byte) {
		a, err := auth.New(passwordGrant, auth.Options{Sender: answer(body)})
		if err != nil {
			t.Fatal(err)
		}
		r := &send.Request{Header: http.Header{}}
		if _, err := a.Apply(t.Context(), r); err == nil {
			var said struct {
				Token string `json:"access_token"`
			}
			if json.Unmarshal(body, &said) != nil || r.Header.Get("Authorization") != "Bearer "+said.Token || said.Token == "" {
				t.Fatalf("%q gave %q", body, r.Header.Get("Authorization"))
			}
		}
	})
}

type answer []byte

func (a answer) Send(context.Context, *send.Request) (*send.Response, error) {
	return &send.Response{Status: 200, Body: a}, nil
}

func BenchmarkApply(b *testing.B) {
	a, err := auth.New(passwordGrant, auth.Options{Sender: answer(`{"access_token":"TEST-ACCESS-1","expires_in":3600}`)})
	if err != nil {
		b.Fatal(err)
	}
	r := &send.Request{Header: http.Header{}}
	b.ReportAllocs()
	for b.Loop() {
		if _, err := a.Apply(context.Background(), r); err != nil {
			b.Fatal(err)
		}
	}
}
