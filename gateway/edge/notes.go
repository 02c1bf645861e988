package edge

import (
	"context"
	"log/slog"
	"sync/atomic"
	"time"

	"github.com/plugboard/plugboard/gateway/event"
	"github.com/plugboard/plugboard/gateway/feed"
	"github.com/plugboard/plugboard/queue"
	"github.com/plugboard/plugboard/sdk/jsondoc"
)

// limitedLog writes one line for each refused request and each expression that fails for one, but no more than linesPerSecond: a flood of them must not become
// a flood of log. The line that follows a gap says how many are missing.
type limitedLog struct {
	log        *slog.Logger
	second     atomic.Int64
	written    atomic.Int64
	suppressed atomic.Int64
}

const linesPerSecond = 50

func (l *limitedLog) refused(source string, status int, reason, remote string) {
	l.write(slog.LevelWarn, "request refused", slog.String("source", source), slog.Int("status", status), slog.String("reason", reason), slog.String("remote_addr", remote))
}

func (l *limitedLog) write(level slog.Level, message string, attrs ...slog.Attr) {
	if now := time.Now().Unix(); l.second.Swap(now) != now {
		l.written.Store(0)
	}
	if l.written.Add(1) > linesPerSecond {
		l.suppressed.Add(1)
		return
	}
	if n := l.suppressed.Swap(0); n > 0 {
		attrs = append(attrs, slog.Int64("not_logged_before", n))
	}
	l.log.LogAttrs(context.Background(), level, message, attrs...)
}

// tell logs what a plugin had to say, and expressions that failed.
func (s *Server) tell(r *Reading) {
	for _, line := range r.Log {
		s.log.log.Log(context.Background(), slog.Level(line.Level*4-4), "plugin", "source", r.Source, "message", line.Message)
	}
	for _, f := range r.Faults {
		s.log.write(slog.LevelError, "expression failed; it counts as false", slog.String("place", f.Place), slog.String("route", f.Name), slog.Any("err", f.Err))
	}
}

func (s *Server) noteRefused(source string, status int, reason string) {
	if s.feed != nil && s.feed.Busy() {
		s.feed.Publish(feed.Note{Kind: feed.Refused, Time: s.now(), Source: source, Status: status, Reason: reason})
	}
}

func (s *Server) noteAside(r *Reading, id string) {
	s.log.log.Warn("request set aside", "source", r.Source, "id", id, "reason", r.Reason)
	if s.feed != nil && s.feed.Busy() {
		s.feed.Publish(feed.Note{Kind: feed.Aside, Time: s.now(), Source: r.Source, Event: id, Reason: r.Reason})
	}
}

// noteAccepted counts what is new, and tells the feed of each event.
func (s *Server) noteAccepted(r *Reading, receipts []queue.Receipt) {
	fresh := 0
	for i := range receipts {
		if !receipts[i].Repeat {
			fresh++
		}
	}
	if r.source.counts.accepted != nil {
		r.source.counts.accepted.Add(float64(fresh))
	}
	if s.feed == nil || !s.feed.Busy() {
		return
	}
	for i := range receipts {
		e := &r.Events[i]
		note := feed.Note{Kind: feed.Accepted, Time: s.now(), Source: r.Source, Event: e.ID, Type: e.Type, Subject: e.Subject,
			Deliveries: receipts[i].Deliveries, Status: r.Status, Summary: Summary(e)}
		if receipts[i].Repeat {
			note.Reason = "a repeat: stored already"
		}
		for _, f := range r.Faults {
			note.Reason = f.Error()
		}
		s.feed.Publish(note)
	}
}

// Summary is an event in one line for people: "unified: offline → online". "" when there is nothing to say that its type
// does not.
func Summary(e *event.Event) string {
	doc, err := jsondoc.Parse(e.JSON)
	if err != nil {
		return ""
	}
	data := doc.Get("data")
	get := func(path string) string { return printable(data.Get(path).Str()) }
	switch {
	case get("state.name") != "":
		text := get("state.name")
		if before := get("previous_state.name"); before != "" {
			text = before + " → " + text
		}
		if scope := get("scope"); scope != "" {
			text = scope + ": " + text
		}
		return text
	case get("ticket.status") != "":
		if before := get("ticket.previous_status"); before != "" {
			return before + " → " + get("ticket.status")
		}
		return get("ticket.status")
	case get("call.outcome") != "":
		return get("call.outcome")
	}
	return get("call.direction")
}
