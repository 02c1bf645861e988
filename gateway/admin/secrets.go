package admin

import (
	"context"
	"errors"
	"net/http"
	"time"

	"github.com/plugboard/plugboard/gateway/keyring"
	"github.com/plugboard/plugboard/gateway/secretstore"
)

// Secrets are the secrets of the gateway. Nothing here gives a value back.
type Secrets interface {
	List() []SecretInfo
	Set(ctx context.Context, name string, value []byte) (SecretChange, error)
	Remove(ctx context.Context, name string, force bool) error // ErrSecretUsed when the configuration names it
	Reseal(ctx context.Context) (int, error)                   // under the latest master key
}

// ErrSecretUsed means that a secret is not removed because the configuration names it.
var ErrSecretUsed = errors.New("the secret is in use")

// SecretInfo is a secret as anybody may see it.
type SecretInfo struct {
	Name       string     `json:"name"`
	From       string     `json:"from"`                 // environment, file or store
	Set        *time.Time `json:"set,omitempty"`        // in the store
	Used       bool       `json:"used"`                 // the configuration names it
	Hidden     string     `json:"hidden,omitempty"`     // where another value stands, which counts instead of the store's
	Unreadable bool       `json:"unreadable,omitempty"` // it was sealed with another master key
}

// SecretChange is what became of a new value.
type SecretChange struct {
	Name     string `json:"name"`
	Reloaded bool   `json:"reloaded"`         // it is in use where the configuration names it
	Reason   string `json:"reason,omitempty"` // why not
	Hidden   string `json:"hidden,omitempty"` // as in SecretInfo
}

// maxSecretBody is room for a secret in which every byte is escaped.
const maxSecretBody = 6*secretstore.MaxSize + 1<<10

func (a *api) listSecrets(w http.ResponseWriter, r *http.Request) {
	inOrder(a, w, r, a.Secrets.List(), func(s SecretInfo) string { return s.Name })
}

func (a *api) putSecret(w http.ResponseWriter, r *http.Request) {
	var body secretBody
	text, ok := jsonOf(w, r, maxSecretBody)
	if !ok {
		return
	}
	if strictly(text, &body) != nil { // the error might show some of the value
		problem(w, http.StatusBadRequest, `the body is not {"value": "…"}`)
		return
	}
	change, err := a.Secrets.Set(r.Context(), r.PathValue("name"), []byte(body.Value))
	if err != nil {
		failSecret(w, err)
		return
	}
	a.answer(w, change)
}

func (a *api) deleteSecret(w http.ResponseWriter, r *http.Request) {
	if err := a.Secrets.Remove(r.Context(), r.PathValue("name"), r.URL.Query().Get("force") == "true"); err != nil {
		failSecret(w, err)
		return
	}
	w.WriteHeader(http.StatusNoContent)
}

func (a *api) resealSecrets(w http.ResponseWriter, r *http.Request) {
	done, err := a.Secrets.Reseal(r.Context())
	if err != nil {
		failSecret(w, err)
		return
	}
	a.answer(w, map[string]int{"sealed": done})
}

func failSecret(w http.ResponseWriter, err error) {
	switch {
	case errors.Is(err, secretstore.ErrName) || errors.Is(err, secretstore.ErrSize):
		problem(w, http.StatusBadRequest, err.Error())
	case errors.Is(err, secretstore.ErrNone):
		problem(w, http.StatusNotFound, err.Error())
	case errors.Is(err, ErrSecretUsed) || errors.Is(err, keyring.ErrNone) || errors.Is(err, keyring.ErrWrongKey):
		problem(w, http.StatusConflict, err.Error())
	default:
		fail(w, err)
	}
}
