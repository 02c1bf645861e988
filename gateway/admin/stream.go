package admin

import (
	"encoding/json"
	"fmt"
	"net/http"
	"time"
)

// streamBuffer is how many notes a reader of the stream may be behind before it misses some.
const streamBuffer = 1024

// stream sends the feed as server-sent events: the note's kind as the event, its JSON as the data. A reader that missed
// notes gets an event "missed" with their number; a comment every 15 seconds keeps proxies from closing the line.
func (a *api) stream(w http.ResponseWriter, r *http.Request) {
	out := http.NewResponseController(w)
	// The server's write timeout is for answers; this one has no end.
	if err := out.SetWriteDeadline(time.Time{}); err != nil {
		problem(w, http.StatusInternalServerError, "this connection cannot be streamed to")
		return
	}
	l := a.Feed.Listen(streamBuffer)
	defer l.Close()
	w.Header().Set("Content-Type", "text/event-stream")
	w.Header().Set("Cache-Control", "no-store")
	w.WriteHeader(http.StatusOK)
	alive := time.NewTicker(15 * time.Second)
	defer alive.Stop()
	for {
		if err := out.Flush(); err != nil {
			return
		}
		var err error
		select {
		case <-r.Context().Done():
			return
		case <-alive.C:
			_, err = fmt.Fprint(w, ": alive\n\n")
		case n := <-l.C:
			err = sendNote(w, string(n.Kind), n)
			if missed := l.Missed(); missed > 0 && err == nil {
				err = sendNote(w, "missed", missed)
			}
		}
		if err != nil {
			return
		}
	}
}

func sendNote(w http.ResponseWriter, kind string, data any) error {
	b, err := json.Marshal(data)
	if err != nil {
		return err
	}
	_, err = fmt.Fprintf(w, "event: %s\ndata: %s\n\n", kind, b)
	return err
}
