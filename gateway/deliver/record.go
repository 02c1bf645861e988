package deliver

import (
	"bytes"
	"crypto/sha256"
	"hash"
	"net/http"
	"strings"
	"sync"

	"github.com/plugboard/plugboard/queue"
)

// excerpt is how much of a response a record keeps, in bytes.
const excerpt = 4 << 10

// display makes text fit for people: no placeholder, no secret.
func (d *Destination) display(s string) string { return d.opts.Config.Vault.Redact(s) }

// labels are the plugins that take part in an attempt, each with its hash, transforms first.
func (a *attempt) labels() string {
	if via := a.viaLabels[a.delivery.Route]; via != "" {
		return strings.TrimSuffix(via+", "+a.label, ", ")
	}
	return a.label
}

// finish fills in what every Result has: the record, the plugin's memo, the breaker's view.
func (a *attempt) finish(r *Result) Result {
	r.SlowDown, r.Pace, r.Effect, r.Requests, r.Err = a.slowDown, a.pace, a.effect, a.requests, a.err
	if r.Class == Retry {
		r.Memo = a.memo
		if a.last != nil && a.last.Status >= http.StatusInternalServerError {
			r.Failing = true
		}
	}
	r.Attempt = queue.Attempt{
		Number:   a.delivery.Attempts + 1,
		Started:  a.started,
		Duration: a.opts.Now().Sub(a.started),
		Result:   r.Class.String(),
		Request:  a.lastLine,
		Error:    r.Reason,
		Plugin:   a.labels(),
		Sent:     a.sent,
		Writes:   append(a.memory.writes(a.Name()), a.withdrawn...),
		Spared:   r.Class == Retry && a.pace.Throttled,
	}
	if a.said != "" {
		r.Attempt.Error += "\n" + a.said
	}
	if a.last != nil {
		r.Attempt.Status = a.last.Status
		if body := a.last.Body; len(body) > 0 {
			r.Attempt.Size = len(body)
			r.Attempt.Response = append([]byte(nil), body[:min(len(body), excerpt)]...)
		}
	}
	return *r
}

// fingerprint is the size of Fingerprint in bytes.
const fingerprint = 12

// Fingerprint is a hash of a request as people are shown it, secrets as {{secret.NAME}}: the same secret under another value
// is the same request, and nothing can be read out of it. Headers are no part: some have the time in them.
func Fingerprint(method, url string, body []byte) []byte {
	p := prints.Get().(*printing)
	defer prints.Put(p)
	p.hash.Reset()
	p.line = append(append(append(append(p.line[:0], method...), ' '), url...), '\n')
	_, _ = p.hash.Write(p.line) // a hash returns no errors
	_, _ = p.hash.Write(body)
	p.sum = p.hash.Sum(p.sum[:0])
	return bytes.Clone(p.sum[:fingerprint])
}

// printing is what a fingerprint is made with: a body is not copied for it.
type printing struct {
	hash      hash.Hash
	line, sum []byte
}

var prints = sync.Pool{New: func() any { return &printing{hash: sha256.New()} }}
