package gateway

import (
	"context"
	"crypto/rand"
	"crypto/tls"

	"github.com/plugboard/plugboard/gateway/config"
	"github.com/plugboard/plugboard/gateway/edge"
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

// certificate is the edge's; nil when it has none.
func certificate(cfg *config.Config) (*tls.Certificate, error) {
	if cfg.Server.TLS.Cert == "" {
		return nil, nil
	}
	c, err := edge.LoadCertificate(cfg.Server.TLS)
	if err != nil {
		return nil, cfg.Fault(err.Error(), "name the files of a certificate and of its private key, both in PEM and readable for this user", "server", "tls")
	}
	return c, nil
}
