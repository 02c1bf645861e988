package gateway

import (
	"context"
	"crypto/rand"
	"encoding/binary"
	"encoding/hex"
	"fmt"
	"time"

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
func (g *Gateway) keepTokens(ctx context.Context, a *assembly) {
	r, t := g.store, g.assembler.tokens
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
	g.revoking.Lock()
	defer g.revoking.Unlock()
	t.UseRevoked(revoked(r, time.Now()))
}

// Tokens that were taken back are records, each the number of one and when it would have ended: from then on it is not needed.
const (
	revokedKind = "revoked"
	mostRevoked = 10_000 // of those that have not ended: a client that takes back so many has another fault
)

// revoked are the tokens that were taken back and have not ended.
func revoked(r queue.Registry, now time.Time) map[verify.TokenID]time.Time {
	ids := map[verify.TokenID]time.Time{}
	for _, record := range r.Records(revokedKind) {
		id, ends, ok := readRevoked(record)
		if ok && now.Before(ends) {
			ids[id] = ends
		}
	}
	return ids
}

func readRevoked(r queue.Record) (id verify.TokenID, ends time.Time, ok bool) {
	n, err := hex.Decode(id[:], []byte(r.Key)[:min(len(r.Key), hex.EncodedLen(len(id)))])
	if err != nil || n != len(id) || len(r.Value) != 8 {
		return id, ends, false
	}
	return id, time.Unix(int64(binary.BigEndian.Uint64(r.Value)), 0), true //nolint:gosec // we wrote it
}

// revokeToken notes that a token is taken back, and forgets those that have ended since.
func (g *Gateway) revokeToken(ctx context.Context, id verify.TokenID, ends time.Time) error {
	g.revoking.Lock()
	defer g.revoking.Unlock()
	now := time.Now()
	ids := revoked(g.store, now)
	if _, known := ids[id]; !known && len(ids) >= mostRevoked {
		return fmt.Errorf("%d bearer tokens are revoked already", len(ids))
	}
	ids[id] = ends
	records := []queue.Record{{Kind: revokedKind, Key: hex.EncodeToString(id[:]), Value: binary.BigEndian.AppendUint64(nil, uint64(ends.Unix()))}} //nolint:gosec // after 1970
	for _, record := range g.store.Records(revokedKind) {
		if old, _, _ := readRevoked(record); ids[old].IsZero() {
			record.Value = nil
			records = append(records, record)
		}
	}
	if err := g.store.Put(ctx, records...); err != nil {
		return err
	}
	g.assembler.tokens.UseRevoked(ids)
	return nil
}
