package auth

import (
	"context"
	"fmt"
	"sync"
	"time"

	"github.com/plugboard/plugboard/gateway/config"
	"github.com/plugboard/plugboard/gateway/deliver/send"
	"github.com/plugboard/plugboard/gateway/secret"
)

const (
	fetchTimeout = 15 * time.Second // of one token request, whoever waits for it
	refusalHold  = 5 * time.Second  // how long a refusal is believed: wrong passwords lock accounts
	earlyAtMost  = time.Minute      // how long before it expires a token is replaced; a tenth of its life if that is less
)

// oauth shares one token among all requests to a destination.
type oauth struct {
	conf   config.Auth
	sender send.Sender
	wall   func() time.Time // for dates in answers
	now    func() time.Time // for everything else: nobody sets it

	mu      sync.Mutex
	token   token
	flight  *flight // the fetch that runs; nil for none
	refused error   // what the server said to the last fetch, while it is believed
	until   time.Time
}

// token is what a token endpoint gave. The zero token is none.
type token struct {
	access, refresh string
	early, expires  time.Time // zero: the server did not say
	hidden          *secret.Vault
}

func (t token) put(r *send.Request) Used {
	r.Header.Set("Authorization", "Bearer "+t.access)
	return Used{Hidden: t.hidden, token: t.access}
}

func (t token) usable(now time.Time) bool {
	return t.access != "" && (t.expires.IsZero() || now.Before(t.expires))
}

func (t token) due(now time.Time) bool { return !t.early.IsZero() && !now.Before(t.early) }

// flight is one fetch; err may be read after done is closed.
type flight struct {
	done chan struct{}
	err  error
}

func newOAuth(c config.Auth, o Options) (Authorizer, error) {
	switch {
	case c.TokenURL == "":
		return nil, fmt.Errorf("auth: %s needs a token_url", c.Type)
	case c.Type == "oauth2-password" && c.Username == "":
		return nil, fmt.Errorf("auth: oauth2-password needs a username and a password")
	case c.Type == "oauth2-client-credentials" && c.ClientID == "":
		return nil, fmt.Errorf("auth: oauth2-client-credentials needs a client_id and a client_secret")
	case o.Sender == nil:
		return nil, fmt.Errorf("auth: %s has nothing to send with", c.Type)
	}
	if o.Now == nil {
		o.Now = time.Now
	}
	began := time.Now()
	steady := func() time.Time { return began.Add(time.Since(began)) }
	return &oauth{conf: c, sender: o.Sender, wall: o.Now, now: steady}, nil
}

func (a *oauth) Apply(ctx context.Context, r *send.Request) (Used, error) {
	a.mu.Lock()
	if a.token.due(a.now()) {
		_ = a.fetch(ctx) // nobody waits while the token at hand is good; when it no longer is, its error shows
	}
	if t := a.token; t.usable(a.now()) {
		a.mu.Unlock()
		return t.put(r), nil
	}
	f := a.fetch(ctx)
	a.mu.Unlock()
	if err := f.wait(ctx); err != nil {
		return Used{}, err
	}
	a.mu.Lock()
	defer a.mu.Unlock()
	if a.token.access == "" { // refused to somebody else between the fetch and now
		return Used{}, &Error{What: "refused as soon as it was fetched"}
	}
	return a.token.put(r), nil
}

func (a *oauth) Refresh(ctx context.Context, used Used) (bool, error) {
	a.mu.Lock()
	if used.token == "" {
		a.mu.Unlock()
		return false, nil
	}
	if a.token.access != "" && a.token.access != used.token { // somebody else was faster
		a.mu.Unlock()
		return true, nil
	}
	a.token.access = "" // it was refused: nobody is to use it again
	f := a.fetch(ctx)
	a.mu.Unlock()
	if err := f.wait(ctx); err != nil {
		return false, err
	}
	return true, nil
}

func (f *flight) wait(ctx context.Context) error {
	select {
	case <-f.done:
		return f.err
	case <-ctx.Done():
		return &Error{What: "no token in time", cause: ctx.Err()}
	}
}

// fetch starts a fetch, or joins the one that runs. It is called with the lock held.
func (a *oauth) fetch(ctx context.Context) *flight {
	if a.flight != nil {
		return a.flight
	}
	f := &flight{done: make(chan struct{})}
	if a.refused != nil && a.now().Before(a.until) {
		f.err = a.refused
		close(f.done)
		return f
	}
	a.flight = f
	go a.run(context.WithoutCancel(ctx), f)
	return f
}

// run makes the token requests of one flight: the refresh token first, if there is one, else the original grant.
func (a *oauth) run(ctx context.Context, f *flight) {
	ctx, cancel := context.WithTimeout(ctx, fetchTimeout)
	defer cancel()
	a.mu.Lock()
	refresh := a.token.refresh
	a.mu.Unlock()

	var t token
	err := error(nil)
	if refresh != "" {
		t, err = a.request(ctx, a.refreshForm(refresh))
		if t.refresh == "" {
			t.refresh = refresh // a server that does not rotate says nothing
		}
	}
	if refresh == "" || isRefusal(err) {
		t, err = a.request(ctx, a.grantForm())
	}

	a.mu.Lock()
	defer a.mu.Unlock()
	switch {
	case err == nil:
		a.token, a.refused = t, nil
	case isRefusal(err):
		a.token.refresh, a.refused, a.until = "", err, a.now().Add(refusalHold)
	}
	if err != nil && !a.token.early.IsZero() {
		a.token.early = a.now().Add(refusalHold) // while it lasts, the token at hand is not replaced at every request
	}
	f.err, a.flight = err, nil
	close(f.done)
}
