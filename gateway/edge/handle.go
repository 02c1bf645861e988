package edge

import (
	"context"
	"errors"
	"fmt"
	"net/http"
	"net/netip"
	"runtime/debug"

	"github.com/valyala/fasthttp"

	"github.com/plugboard/plugboard/queue"
)

// handle is one request's way: read, commit, answer.
func (s *Server) handle(ctx *fasthttp.RequestCtx) {
	p := acquire(&s.pipeline)
	if p == nil {
		s.unready(ctx, "the gateway is starting")
		return
	}
	defer p.use.release()
	req := readRequest(ctx)
	defer req.free()
	defer s.recovered(ctx)
	if reason := s.paused.Load(); reason != nil {
		s.unready(ctx, *reason)
		return
	}
	if len(s.proxies) > 0 {
		of, ok := s.forwardedBy(req)
		if !ok {
			ctx.Response.Header.Set("Retry-After", "5")
			s.refuse(ctx, req, &Reading{}, http.StatusTooManyRequests, "more requests at once than one address may have")
			s.strays.answered(http.StatusTooManyRequests)
			return
		}
		defer s.requests.give(of)
	}
	if p.issuer != nil && (req.Path == TokenPath || req.Path == RevokePath) {
		s.strays.answered(s.tokens(ctx, p, req))
		return
	}
	r := p.Read(context.Background(), req, s.now())
	s.tell(&r)
	status := s.settle(ctx, p, req, &r)
	counts := s.strays
	if r.source != nil {
		counts = r.source.counts
	}
	counts.answered(status)
}

// forwardedBy finds out who sent a request that may have come by a proxy, and counts it as one under way; false when its
// sender has too many. A proxy's connections are not counted by address, so its senders' requests are.
func (s *Server) forwardedBy(req *Request) (of netip.Prefix, ok bool) {
	req.RemoteAddr = s.proxies.sender(req.RemoteAddr, req.Headers)
	addr, _ := netip.ParseAddr(req.RemoteAddr) // none is one sender too
	of = network(addr)
	return of, s.requests.take(of)
}

// settle stores what was read and answers, in this order: a 2xx means that it is on disk.
func (s *Server) settle(ctx *fasthttp.RequestCtx, p *Pipeline, req *Request, r *Reading) int {
	switch {
	case r.Refused():
		for _, h := range r.Headers {
			ctx.Response.Header.Set(h[0], h[1])
		}
		return s.refuse(ctx, req, r, r.Status, r.Reason)
	case r.Aside != nil:
		id, err := s.store.SetAside(context.Background(), *r.Aside)
		if err != nil {
			return s.notStored(ctx, req, r, err)
		}
		answerAside(ctx, id)
		s.noteAside(r, id)
		return http.StatusAccepted
	}
	var receipts []queue.Receipt
	if len(r.Entries) > 0 {
		taken := s.echoes(p, r)
		var err error
		receipts, err = s.store.Enqueue(context.Background(), r.Entries...)
		s.echoed(r, taken, receipts, err)
		if err != nil {
			return s.notStored(ctx, req, r, err)
		}
		s.noteAccepted(r, receipts)
	} else if len(r.Writes) > 0 && s.memory != nil {
		if err := s.memory.Remember(context.Background(), r.Writes...); err != nil {
			return s.notStored(ctx, req, r, err)
		}
	} else if r.Reason != "" {
		s.log.log.Info("request dropped by its plugin", "source", r.Source, "reason", r.Reason)
	}
	if r.Reply != nil {
		answerReply(ctx, r)
		return r.Reply.Status
	}
	answerAccepted(ctx, receipts)
	return http.StatusAccepted
}

func (s *Server) refuse(ctx *fasthttp.RequestCtx, req *Request, r *Reading, status int, reason string) int {
	answerError(ctx, status, reason)
	s.log.refused(r.Source, status, reason, req.RemoteAddr)
	s.noteRefused(r.Source, status, reason)
	return status
}

// notStored answers a commit that failed, or may have: the sender is to come back, and a repeat is recognised.
func (s *Server) notStored(ctx *fasthttp.RequestCtx, req *Request, r *Reading, err error) int {
	switch {
	case errors.Is(err, queue.ErrTooLarge):
	case errors.Is(err, queue.ErrFull):
		ctx.Response.Header.Set("Retry-After", "30")
	default:
		ctx.Response.Header.Set("Retry-After", "5")
	}
	status, reason := s.unstored(r, err)
	return s.refuse(ctx, req, r, status, reason)
}

// unstored is what a failed commit is answered with.
func (s *Server) unstored(r *Reading, err error) (status int, reason string) {
	switch {
	case errors.Is(err, queue.ErrTooLarge):
		return http.StatusRequestEntityTooLarge, "an event of this request is larger than the store takes"
	case errors.Is(err, queue.ErrFull):
		return http.StatusServiceUnavailable, "no room on disk"
	}
	s.log.log.Error("not stored", "source", r.Source, "err", err)
	return http.StatusServiceUnavailable, "the request could not be stored"
}

func (s *Server) unready(ctx *fasthttp.RequestCtx, reason string) {
	ctx.Response.Header.Set("Retry-After", "5")
	answerError(ctx, http.StatusServiceUnavailable, reason)
	s.strays.answered(http.StatusServiceUnavailable)
	s.log.refused("", http.StatusServiceUnavailable, reason, host(ctx.RemoteAddr()))
}

// recovered keeps a fault of ours from taking the other requests with it. Nothing was answered, so the sender repeats.
func (s *Server) recovered(ctx *fasthttp.RequestCtx) {
	fault := recover()
	if fault == nil {
		return
	}
	s.log.log.Error("panic while handling a request", "err", fmt.Sprint(fault), "stack", string(debug.Stack()))
	ctx.Response.Reset()
	answerError(ctx, http.StatusInternalServerError, "a fault of the gateway")
	s.strays.answered(http.StatusInternalServerError)
}
