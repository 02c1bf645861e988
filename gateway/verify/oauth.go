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
	"maps"
	"sync/atomic"
	"time"

	"github.com/plugboard/plugboard/gateway/config"
)

// Tokens makes bearer tokens and knows them again. A token is the time at which it ends, a random number, and a sum over both,
// of 256 bits, with a key made of the gateway's own and the client's credentials. So nothing is kept of a token: a thief of
// the store finds none, they survive a restart, and a client's new password ends those that its old one got. Of one that is
// taken back its number is known until it would have ended. It is safe for concurrent use.
type Tokens struct {
	key     atomic.Pointer[[]byte]
	revoked atomic.Pointer[map[TokenID]time.Time]
}

// TokenID tells a token from others. It is no secret: nobody makes a token of it.
type TokenID [8]byte

const (
	tokenHead = 8 + len(TokenID{}) // what is summed: the end in Unix seconds, and the number
	tokenSize = tokenHead + sha256.Size
)

// UseRevoked replaces what is known of tokens that were taken back, with the times at which they would have ended.
func (t *Tokens) UseRevoked(ids map[TokenID]time.Time) {
	ids = maps.Clone(ids)
	t.revoked.Store(&ids)
}

func (t *Tokens) isRevoked(token *[tokenSize]byte) bool {
	ids := t.revoked.Load()
	if ids == nil {
		return false
	}
	_, is := (*ids)[TokenID(token[8:tokenHead])]
	return is
}

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
	var token [tokenSize]byte
	binary.BigEndian.PutUint64(token[:8], uint64(until.Unix())) //nolint:gosec // times after 1970
	_, _ = rand.Read(token[8:tokenHead])                        // never fails
	w := c.sums(t).sum(tokenText, &fields{body: token[:tokenHead]})
	copy(token[tokenHead:], w.sum)
	return base64.RawURLEncoding.EncodeToString(token[:])
}

var tokenText = template{{text: "plugboard token\x00"}, {field: fieldBody}}

// client is who may fetch a token. Its sums are made when first needed, since the gateway's key comes after the
// configuration.
type client struct {
	config.Client
	lifetime time.Duration
	keyed    atomic.Pointer[clientKey]
}

type clientKey struct {
	of  *[]byte // Tokens' key
	key key
}

func (c *client) sums(t *Tokens) key {
	of := t.key.Load()
	if made := c.keyed.Load(); made != nil && made.of == of {
		return made.key
	}
	h := hmac.New(sha256.New, *of)
	for _, part := range []string{c.ID, c.Secret.Reveal(), c.Username, c.Password.Reveal()} {
		sum := sha256.Sum256([]byte(part))
		_, _ = h.Write(sum[:]) // a hash does not fail
	}
	made := &clientKey{of, newKeys(sha256.New, []string{string(h.Sum(nil))})[0]}
	c.keyed.Store(made)
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
	token, ok := parseToken(text)
	if !ok {
		return form
	}
	found := false
	for _, c := range o.clients {
		found = c.made(o.tokens, &token) || found
	}
	switch {
	case !found:
		return mismatch
	case !now.Before(token.ends()):
		return "holds a token that has ended; fetch another"
	case o.tokens.isRevoked(&token.bytes):
		return "holds a token that was revoked; fetch another"
	}
	return ""
}

// token is one as it was sent.
type token struct{ bytes [tokenSize]byte }

func parseToken(text string) (t token, ok bool) {
	if len(text) != base64.RawURLEncoding.EncodedLen(tokenSize) {
		return t, false
	}
	n, err := base64.RawURLEncoding.Strict().Decode(t.bytes[:], []byte(text))
	return t, err == nil && n == tokenSize
}

// ends is for tokens that we made.
func (t *token) ends() time.Time {
	return time.Unix(int64(binary.BigEndian.Uint64(t.bytes[:8])), 0) //nolint:gosec // we wrote it
}

// made says whether a token was made for this client.
func (c *client) made(tokens *Tokens, t *token) bool {
	k := c.sums(tokens)
	w := k.sum(tokenText, &fields{body: t.bytes[:tokenHead]})
	defer k.done(w)
	return subtle.ConstantTimeCompare(w.sum, t.bytes[tokenHead:]) == 1
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
	found := i.client(g)
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

// client finds the first that a grant's credentials are of; nil: there is none.
func (i *Issuer) client(g Grant) (found *client) {
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
	return found
}

// Revocable says what to note for a token to be taken back (RFC 7009), by a client with the credentials that it got it with:
// Type is not looked at. known is false where there is nothing to take back: it is no token, another client's, or has ended.
// The error is a *GrantError.
func (i *Issuer) Revocable(g Grant, text string, now time.Time) (id TokenID, ends time.Time, known bool, err error) {
	if g.Type = "client_credentials"; g.Username != "" {
		g.Type = "password"
	}
	c := i.client(g)
	if c == nil {
		return id, ends, false, &GrantError{"invalid_client", "no client of the configuration has these credentials"}
	}
	t, ok := parseToken(text)
	if !ok || !c.made(i.tokens, &t) || !now.Before(t.ends()) {
		return id, ends, false, nil
	}
	return TokenID(t.bytes[8:tokenHead]), t.ends(), true, nil
}

// equal compares in a time that tells neither content nor length.
func equal(a, b string) int {
	x, y := sha256.Sum256([]byte(a)), sha256.Sum256([]byte(b))
	return subtle.ConstantTimeCompare(x[:], y[:])
}
