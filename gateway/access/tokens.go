package access

import (
	"context"
	"crypto/rand"
	"crypto/sha256"
	"crypto/subtle"
	"encoding/base64"
	"encoding/hex"
	"encoding/json"
	"errors"
	"fmt"
	"log/slog"
	"slices"
	"strings"
	"sync"
	"time"
	"unicode"

	"github.com/plugboard/plugboard/queue"
)

// Kind is the registry's name for tokens.
const Kind = "token"

// prefix makes a token recognisable, to people and to what searches repositories for secrets.
const prefix = "pbt_"

// MostTokens bounds how many there may be.
const MostTokens = 10_000

// coarse is how exactly the last use of a token is kept: writing each use down would cost a commit for each request.
const coarse = time.Hour

// Errors that callers tell apart.
var (
	ErrUnknown = errors.New("no such token")
	ErrInvalid = errors.New("not a token that can be made")
)

// Token is a token as people may see it: what it is made of is shown once, when it is made, and kept nowhere.
type Token struct {
	ID       string    `json:"id"`
	Name     string    `json:"name"`
	Role     string    `json:"role"`
	Created  time.Time `json:"created"`
	Expires  time.Time `json:"expires,omitzero"`   // zero: never
	LastUsed time.Time `json:"last_used,omitzero"` // to the hour; zero: never
}

// stored is a token in the registry. The text is 256 random bits, so its plain hash tells nothing of it.
type stored struct {
	Token
	Hash string `json:"hash"` // SHA-256 of the text, in hex
}

// Tokens are who may use the API: those of the registry, and one of this machine. It is safe for concurrent use.
type Tokens struct {
	registry queue.Registry
	local    [sha256.Size]byte
	log      *slog.Logger
	now      func() time.Time

	changing sync.Mutex // held over a commit
	mu       sync.RWMutex
	byHash   map[string]*stored
}

// Options make Tokens. Registry and Local are needed.
type Options struct {
	Registry queue.Registry
	Local    string // the token that the gateway wrote for this machine
	Log      *slog.Logger
	Now      func() time.Time // nil: time.Now
}

// New reads what tokens there are.
func New(o Options) (*Tokens, error) {
	if o.Log == nil {
		o.Log = slog.New(slog.DiscardHandler)
	}
	if o.Now == nil {
		o.Now = time.Now
	}
	t := &Tokens{registry: o.Registry, local: sha256.Sum256([]byte(o.Local)), log: o.Log, now: o.Now, byHash: map[string]*stored{}}
	for _, r := range o.Registry.Records(Kind) {
		s := new(stored)
		if err := json.Unmarshal(r.Value, s); err != nil {
			return nil, fmt.Errorf("token %s cannot be read: %w", r.Key, err)
		}
		t.byHash[s.Hash] = s
	}
	return t, nil
}

// Caller is whose token a text is. Hashes are compared, so that the time taken tells nothing of any token.
func (t *Tokens) Caller(text string) (Caller, bool) {
	sum := sha256.Sum256([]byte(text))
	if subtle.ConstantTimeCompare(sum[:], t.local[:]) == 1 {
		return Caller{Name: "this machine", Role: Admin}, true
	}
	t.mu.RLock()
	s := t.byHash[hex.EncodeToString(sum[:])]
	var found stored
	if s != nil {
		found = *s
	}
	t.mu.RUnlock()
	now := t.now()
	if s == nil || !found.Expires.IsZero() && !now.Before(found.Expires) {
		return Caller{}, false
	}
	role, err := ParseRole(found.Role)
	if err != nil {
		return Caller{}, false // written by a later version: it may do nothing here
	}
	if hour := now.UTC().Truncate(coarse); hour.After(found.LastUsed) {
		t.used(s, hour)
	}
	return Caller{Token: found.ID, Name: found.Name, Role: role}, true
}

// used notes the hour in which a token was used, without the request waiting for the disk.
func (t *Tokens) used(s *stored, hour time.Time) {
	t.mu.Lock()
	again := !hour.After(s.LastUsed)
	s.LastUsed = hour
	t.mu.Unlock()
	if again {
		return
	}
	go func() {
		t.changing.Lock()
		defer t.changing.Unlock()
		t.mu.RLock()
		now, there := *s, t.byHash[s.Hash] == s
		t.mu.RUnlock()
		if !there {
			return // removed meanwhile
		}
		if err := t.put(context.Background(), now); err != nil && !errors.Is(err, queue.ErrClosed) {
			t.log.Warn("the use of a token was not noted", "token", now.ID, "err", err)
		}
	}()
}

// Create makes a token; its text is given here and never again. An ErrInvalid says what cannot be.
func (t *Tokens) Create(ctx context.Context, name string, role Role, expires time.Time) (Token, string, error) {
	now := t.now().UTC()
	switch {
	case !validName(name):
		return Token{}, "", fmt.Errorf("%w: /name wants one line of at most 100 letters, say who or what will use it", ErrInvalid)
	case role < Sender || role > Admin:
		return Token{}, "", fmt.Errorf("%w: /role is none of %s", ErrInvalid, strings.Join(Roles(), ", "))
	case !expires.IsZero() && !expires.After(now):
		return Token{}, "", fmt.Errorf("%w: /expires has passed; give a time to come, or leave it out", ErrInvalid)
	}
	t.changing.Lock()
	defer t.changing.Unlock()
	list := t.List()
	switch {
	case len(list) >= MostTokens:
		return Token{}, "", fmt.Errorf("%w: there are %d already; remove some", ErrInvalid, len(list))
	case slices.ContainsFunc(list, func(t Token) bool { return t.Name == name }):
		return Token{}, "", fmt.Errorf("%w: /name: there is a token called %q; remove it first, or choose another name", ErrInvalid, name)
	}
	var random [32]byte
	_, _ = rand.Read(random[:]) // it does not return errors: it ends the program
	text := prefix + base64.RawURLEncoding.EncodeToString(random[:])
	sum := sha256.Sum256([]byte(text))
	s := &stored{Token{ID: NewID("tok_", now), Name: name, Role: role.String(), Created: now.Truncate(time.Second), Expires: expires}, hex.EncodeToString(sum[:])}
	if err := t.put(ctx, *s); err != nil {
		return Token{}, "", err
	}
	t.mu.Lock()
	t.byHash[s.Hash] = s
	t.mu.Unlock()
	return s.Token, text, nil
}

// Remove ends a token, by ID or name. ErrUnknown when there is none.
func (t *Tokens) Remove(ctx context.Context, id string) error {
	t.changing.Lock()
	defer t.changing.Unlock()
	t.mu.RLock()
	var found *stored
	for _, s := range t.byHash {
		if s.ID == id || s.Name == id {
			found = s
		}
	}
	t.mu.RUnlock()
	if found == nil {
		return ErrUnknown
	}
	if err := t.registry.Put(ctx, queue.Record{Kind: Kind, Key: found.ID}); err != nil {
		return err
	}
	t.mu.Lock()
	delete(t.byHash, found.Hash)
	t.mu.Unlock()
	return nil
}

// List is all tokens but that of this machine, the oldest first.
func (t *Tokens) List() []Token {
	t.mu.RLock()
	defer t.mu.RUnlock()
	list := make([]Token, 0, len(t.byHash))
	for _, s := range t.byHash {
		list = append(list, s.Token)
	}
	slices.SortFunc(list, func(a, b Token) int { return strings.Compare(a.ID, b.ID) })
	return list
}

func (t *Tokens) put(ctx context.Context, s stored) error {
	value, err := json.Marshal(s)
	if err != nil {
		return err
	}
	return t.registry.Put(ctx, queue.Record{Kind: Kind, Key: s.ID, Value: value})
}

func validName(name string) bool {
	return strings.TrimSpace(name) == name && name != "" && len(name) <= 100 && strings.IndexFunc(name, unicode.IsControl) < 0
}
