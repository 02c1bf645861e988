package verify

import (
	"bytes"
	"crypto/hmac"
	"crypto/rand"
	"crypto/sha256"
	"crypto/subtle"
	"encoding/base64"
	"encoding/binary"
	"errors"
	"fmt"
	"sync/atomic"
	"time"

	"github.com/plugboard/plugboard/gateway/config"
)

// Tokens makes bearer tokens and knows them again. A token is the time at which it ends and a sum over that, of 256 bits,
// with a key made of the gateway's own and the client's credentials. So nothing is kept of a token: a thief of the store
// finds none, they survive a restart, and a client's new password ends those that its old one got. It is safe for
// concurrent use.
type Tokens struct{ key atomic.Pointer[[]byte] }

// TokenKeySize is the length of the gateway's own key, in bytes.
const TokenKeySize = 32

// NewTokens begins with a key that nobody else has, which is right where tokens need not outlive the process.
func NewTokens() *Tokens {
	t := &Tokens{}
	key := make([]byte, TokenKeySize)
	_, _ = rand.Read(key) // never fails
	t.key.Store(&key)
	return t
}

// UseKey replaces the key. Tokens made with another are not known any more.
func (t *Tokens) UseKey(key []byte) {
	key = bytes.Clone(key)
	t.key.Store(&key)
}

// issue makes a token for a client that ends at a time.
func (t *Tokens) issue(c *client, until time.Time) string {
	var token [8 + sha256.Size]byte
	binary.BigEndian.PutUint64(token[:8], uint64(until.Unix())) //nolint:gosec // times after 1970
	w := c.sums(t).sum(tokenText, &fields{body: token[:8]})
	copy(token[8:], w.sum)
	return base64.RawURLEncoding.EncodeToString(token[:])
}

var tokenText = template{{text: "plugboard token\x00"}, {field: fieldBody}}

// client is who may fetch a token. Its sums are made when first needed, since the gateway's key comes after the
// configuration.
type client struct {
	config.Client
	lifetime time.Duration
	made     atomic.Pointer[clientKey]
}

type clientKey struct {
	of  *[]byte // Tokens' key
	key key
}

func (c *client) sums(t *Tokens) key {
	of := t.key.Load()
	if made := c.made.Load(); made != nil && made.of == of {
		return made.key
	}
	h := hmac.New(sha256.New, *of)
	for _, part := range []string{c.ID, c.Secret.Reveal(), c.Username, c.Password.Reveal()} {
		sum := sha256.Sum256([]byte(part))
		_, _ = h.Write(sum[:]) // a hash does not fail
	}
	made := &clientKey{of, newKeys(sha256.New, []string{string(h.Sum(nil))})[0]}
	c.made.Store(made)
	return made.key
}

func newClients(way config.Verify) []*client {
	list := make([]*client, len(way.Clients))
	for i, c := range way.Clients {
		list[i] = &client{Client: c, lifetime: way.Lifetime}
	}
	return list
}

// oauth wants a token that one of its clients fetched.
type oauth struct {
	tokens  *Tokens
	clients []*client
}

func newOAuth(way config.Verify, o Options) (scheme, error) {
	if len(way.Clients) == 0 {
		return nil, errors.New("verify: scheme oauth has no clients; give it at least one")
	}
	if o.Tokens == nil {
		o.Tokens = NewTokens()
	}
	return &oauth{o.Tokens, newClients(way)}, nil
}

func (o *oauth) Verify(r *Request) error {
	text, fault := credentials(r, "bearer")
	if fault == "" {
		fault = o.check(text, r.Now)
	}
	if fault != "" {
		return &Error{Scheme: "oauth", Header: authorization, What: fault}
	}
	return nil
}

func (o *oauth) check(text string, now time.Time) string {
	var token [8 + sha256.Size]byte
	if len(text) != base64.RawURLEncoding.EncodedLen(len(token)) {
		return form
	}
	if n, err := base64.RawURLEncoding.Strict().Decode(token[:], []byte(text)); err != nil || n != len(token) {
		return form
	}
	found := 0
	for _, c := range o.clients {
		k := c.sums(o.tokens)
		w := k.sum(tokenText, &fields{body: token[:8]})
		found |= subtle.ConstantTimeCompare(w.sum, token[8:])
		k.done(w)
	}
	switch {
	case found == 0:
		return mismatch
	case now.Unix() >= int64(binary.BigEndian.Uint64(token[:8])): //nolint:gosec // we wrote it
		return "holds a token that has ended; fetch another"
	}
	return ""
}

// sign makes a token of its own, which only a Tokens with the same key knows.
func (o *oauth) sign(r *Request) error {
	c := o.clients[0]
	r.set(authorization, "Bearer "+o.tokens.issue(c, r.Now.Add(c.lifetime)))
	return nil
}

// Issuer gives tokens to the clients of a configuration.
type Issuer struct {
	tokens  *Tokens
	clients []*client
}

// NewIssuer gathers the clients of the ways; nil when there are none.
func NewIssuer(ways []config.Verify, t *Tokens) *Issuer {
	i := &Issuer{tokens: t}
	i.add(ways)
	if len(i.clients) == 0 {
		return nil
	}
	return i
}

func (i *Issuer) add(ways []config.Verify) {
	for _, w := range ways {
		i.clients = append(i.clients, newClients(w)...)
		i.add(w.All)
	}
}

// Grant is what a client asks with.
type Grant struct {
	Type       string // password or client_credentials
	ID, Secret string
	Username   string
	Password   string
}

// GrantError is a refusal with the code that RFC 6749 gives it.
type GrantError struct{ Code, What string }

func (e *GrantError) Error() string { return fmt.Sprintf("%s: %s", e.Code, e.What) }

// Issue gives a token and how long it lasts, or a *GrantError. It compares with every client, whichever fits.
func (i *Issuer) Issue(g Grant, now time.Time) (token string, lifetime time.Duration, err error) {
	var found *client
	for _, c := range i.clients {
		id := equal(c.ID, g.ID) & equal(c.Secret.Reveal(), g.Secret)
		user := equal(c.Username, g.Username) & equal(c.Password.Reveal(), g.Password)
		switch {
		case g.Type == "client_credentials" && c.ID != "" && c.Username == "" && id == 1:
		case g.Type == "password" && c.Username != "" && user == 1 && (c.ID == "" || id == 1):
		default:
			continue
		}
		if found == nil {
			found = c
		}
	}
	switch {
	case found != nil:
		return i.tokens.issue(found, now.Add(found.lifetime)), found.lifetime, nil
	case g.Type == "password":
		return "", 0, &GrantError{"invalid_grant", "no client of the configuration has these credentials"}
	case g.Type == "client_credentials":
		return "", 0, &GrantError{"invalid_client", "no client of the configuration has these credentials"}
	}
	return "", 0, &GrantError{"unsupported_grant_type", "the grants are password and client_credentials"}
}

// equal compares in a time that tells neither content nor length.
func equal(a, b string) int {
	x, y := sha256.Sum256([]byte(a)), sha256.Sum256([]byte(b))
	return subtle.ConstantTimeCompare(x[:], y[:])
}
