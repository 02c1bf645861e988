package gateway

import (
	"context"
	"crypto/rand"

	"github.com/plugboard/plugboard/gateway/verify"
	"github.com/plugboard/plugboard/queue"
)

// The record that holds the gateway's part of the key of bearer tokens.
const (
	keyKind  = "key"
	tokenKey = "oauth"
)

// keepTokens has tokens known beyond this process, where a source knows any: their key is kept in the store, made when
// there is none. With it alone nobody can make a token, since a client's own credentials are the other part. A store that
// is full keeps nobody from starting: then tokens end with the process.
func keepTokens(ctx context.Context, a *assembly, r queue.Registry, t *verify.Tokens) {
	if !a.pipeline.IssuesTokens() {
		return
	}
	key, ok := r.Record(keyKind, tokenKey)
	if !ok || len(key) != verify.TokenKeySize {
		key = make([]byte, verify.TokenKeySize)
		_, _ = rand.Read(key) // never fails
		if err := r.Put(ctx, queue.Record{Kind: keyKind, Key: tokenKey, Value: key}); err != nil {
			a.log.Warn("the key of bearer tokens cannot be kept; clients fetch new tokens after a restart", "err", err)
			return
		}
	}
	t.UseKey(key)
}
