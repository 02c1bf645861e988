package edge

import (
	"context"
	"errors"
	"fmt"
	"log/slog"
	"net"
	"net/http"
	"sync/atomic"
	"time"

	"github.com/valyala/fasthttp"

	"github.com/plugboard/plugboard/gateway/certificate"
	"github.com/plugboard/plugboard/gateway/config"
	"github.com/plugboard/plugboard/gateway/metrics"
	"github.com/plugboard/plugboard/gateway/verify"
	"github.com/plugboard/plugboard/queue"
)

// Options is what a Server needs. Zero fields have a meaning: no metrics, no feed, the default logger, the real clock.
type Options struct {
	Config  config.Server
	TLS     *certificate.Keeper // what is shown over TLS; nil: plain HTTP
	Store   Store
	Memory  queue.Memory // of what plugins want remembered; nil: they write in vain
	Metrics *metrics.Set
	Feed    Feed
	Logger  *slog.Logger
	Now     func() time.Time
	// Revoke notes that a bearer token is taken back, which would have ended at that time. Nil: none can be.
	Revoke func(ctx context.Context, id verify.TokenID, ends time.Time) error
}

// Server speaks HTTP with vendors. Until the first Swap, and while Pause holds, it answers 503.
type Server struct {
	store    Store
	memory   queue.Memory
	feed     Feed
	log      *limitedLog
	now      func() time.Time
	pipeline atomic.Pointer[Pipeline]
	paused   atomic.Pointer[string]
	bodies   *budget
	most     int          // connections
	open     atomic.Int64 // connections
	senders  *addresses   // of connections
	requests *addresses   // of those that come by a proxy
	proxies  proxies
	security *security // nil: plain HTTP
	guesses  throttle  // at the token endpoint
	revoke   func(context.Context, verify.TokenID, time.Time) error
	strays   counts // requests that belong to no source
	http     fasthttp.Server
}

// spare is what fasthttp may serve beyond the connections that are let in: it is done with one a little after its end.
const spare = 1000

// NewServer makes a Server that listens nowhere yet.
func NewServer(o Options) *Server {
	s := &Server{store: o.Store, memory: o.Memory, feed: o.Feed, now: o.Now, revoke: o.Revoke, strays: newCounts("", o.Metrics)}
	if s.now == nil {
		s.now = time.Now
	}
	if o.Logger == nil {
		o.Logger = slog.Default()
	}
	s.log = &limitedLog{log: o.Logger}
	s.proxies = o.Config.TrustedProxies
	s.senders, s.requests = newAddresses(o.Config.PerAddress), newAddresses(o.Config.PerAddress)
	if o.TLS != nil {
		s.security = newSecurity(o.TLS)
	}
	memory := memoryLimit()
	s.bodies = newBudget(o.Config.MaxBodies, o.Config.MaxBody, memory)
	s.most = connections(o.Config.MaxConnections, descriptors(), memory)
	if s.most < o.Config.MaxConnections {
		o.Logger.Warn("fewer connections than max_connections: half of the descriptors that this process may open (ulimit -n), and what fits into a quarter of its memory",
			"max_connections", o.Config.MaxConnections, "connections", s.most, "descriptors", descriptors(), "memory", memory)
	}
	s.http = fasthttp.Server{
		Handler:            s.handle,
		ErrorHandler:       s.handleError,
		HeaderReceived:     s.headerReceived,
		Concurrency:        s.most + spare,
		ReadTimeout:        o.Config.ReadTimeout,
		WriteTimeout:       o.Config.WriteTimeout,
		IdleTimeout:        o.Config.IdleTimeout,
		MaxRequestBodySize: int(o.Config.MaxBody),
		ReadBufferSize:     maxHead + 512, // a head that passes the wire check fits
		Logger:             discard{},     // what it has to say comes to handleError too

		DisablePreParseMultipartForm: true, // a plugin sees what was sent
		NoDefaultServerHeader:        true,
		NoDefaultContentType:         true,
		SecureErrorLogMessage:        true,
		CloseOnShutdown:              true,
		LazyRequestTime:              true,
	}
	return s
}

// Serve takes connections until Shutdown, and then returns nil.
func (s *Server) Serve(ln net.Listener) error {
	err := s.http.Serve(listener{ln, s.bodies, int64(s.most), &s.open, s.senders, s.proxies, s.security, s.asksForPeers, s.crowded})
	if err != nil {
		return fmt.Errorf("edge: %w", err)
	}
	return nil
}

// asksForPeers says whether some source wants client certificates.
func (s *Server) asksForPeers() bool {
	p := s.pipeline.Load()
	return p != nil && p.wantsPeers
}

// Swap puts another pipeline into use. Requests that the old one is reading go on with it; the channel is closed when
// the last of them is done, and what the old one uses may be closed. A pipeline is used by one server, once.
func (s *Server) Swap(p *Pipeline) (drained <-chan struct{}) {
	old := s.pipeline.Swap(p)
	if old == nil {
		none := make(chan struct{})
		close(none)
		return none
	}
	old.use.release()
	return old.use.done
}

// Pause makes the server answer 503 with the reason, until Resume: when the store says that it cannot go on.
func (s *Server) Pause(reason string) { s.paused.Store(&reason) }

// Resume ends a Pause.
func (s *Server) Resume() { s.paused.Store(nil) }

// Shutdown stops accepting connections, lets running requests end and closes idle connections. When ctx ends first it
// returns its error and leaves the rest running.
func (s *Server) Shutdown(ctx context.Context) error {
	if err := s.http.ShutdownWithContext(ctx); err != nil && !errors.Is(err, net.ErrClosed) {
		return fmt.Errorf("edge: shutdown: %w", err)
	}
	return nil
}

// headerReceived keeps bodies for nobody out of memory: what no source would read is refused before it is read. A body in
// chunks is let in, up to max_body, because fasthttp forgets the path when it refuses one of those.
func (s *Server) headerReceived(h *fasthttp.RequestHeader) fasthttp.RequestConfig {
	p := s.pipeline.Load()
	if p == nil || h.ContentLength() <= 0 {
		return fasthttp.RequestConfig{}
	}
	most, ok := p.bodyAt(pathOf(h))
	if !ok {
		most = 1
	}
	return fasthttp.RequestConfig{MaxRequestBodySize: most}
}

// pathOf is the raw path, borrowed from h.
func pathOf(h *fasthttp.RequestHeader) string {
	uri := h.RequestURI()
	for i, c := range uri {
		if c == '?' {
			uri = uri[:i]
			break
		}
	}
	return text(uri)
}

// handleError answers what did not become a request. fasthttp closes the connection behind it.
func (s *Server) handleError(ctx *fasthttp.RequestCtx, err error) {
	status, reason := http.StatusBadRequest, "the request ends early or is not framed as HTTP asks"
	var fault *wireError
	var small *fasthttp.ErrSmallBuffer
	var network net.Error
	switch {
	case errors.As(err, &fault):
		status, reason = fault.status, fault.what
	case errors.As(err, &small):
		status, reason = http.StatusRequestHeaderFieldsTooLarge, "request line and headers are longer than 8 KiB"
	case errors.As(err, &network) && network.Timeout():
		status, reason = http.StatusRequestTimeout, "the request did not come in time"
	case errors.Is(err, fasthttp.ErrBodyTooLarge):
		status, reason = http.StatusRequestEntityTooLarge, "the body is larger than max_body"
		if p := s.pipeline.Load(); p != nil && len(ctx.Request.Header.RawHeaders()) > 0 && !p.Has(pathOf(&ctx.Request.Header)) {
			status, reason = http.StatusNotFound, "no source listens at this path"
		}
	}
	ctx.Response.Reset()
	if status == http.StatusServiceUnavailable {
		ctx.Response.Header.Set("Retry-After", "5")
	}
	answerError(ctx, status, reason)
	s.strays.answered(status)
	s.log.refused("", status, reason, host(ctx.RemoteAddr()))
	s.noteRefused("", status, reason)
}

// crowded turns away a connection that is one too many, with a word of when to come back; under TLS without one, as that
// would take a handshake.
func (s *Server) crowded(c net.Conn, status int, reason string) {
	s.strays.answered(status) // before it is, as with all others: who has the answer finds it counted
	if s.security == nil {
		answer := `{"error":"` + reason + `"}`
		_ = c.SetWriteDeadline(time.Now().Add(time.Second)) // if it fails, so does the write, and nobody is told
		_, _ = fmt.Fprintf(c, "HTTP/1.1 %d %s\r\nRetry-After: 5\r\nConnection: close\r\nContent-Type: %s\r\nContent-Length: %d\r\n\r\n%s",
			status, http.StatusText(status), contentJSON, len(answer), answer)
	}
	_ = c.Close()
	s.log.refused("", status, reason, host(c.RemoteAddr()))
	s.noteRefused("", status, reason)
}

// discard drops fasthttp's own log lines.
type discard struct{}

func (discard) Printf(string, ...any) {}
