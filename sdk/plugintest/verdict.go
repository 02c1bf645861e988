package plugintest

import (
	"encoding/json"
	"fmt"
	"net/http"
	"slices"
	"strconv"
	"time"

	"github.com/plugboard/plugboard/sdk"
	"github.com/plugboard/plugboard/sdk/casefile"
)

// verdict is a document as judge writes it.
type verdict struct {
	Delivered bool  `json:"delivered"`
	Next      *sent `json:"next"`
	Retry     *struct {
		After       string `json:"after"`
		At          string `json:"at"`
		Reason      string `json:"reason"`
		RefreshAuth bool   `json:"refresh_auth"`
	} `json:"retry"`
	Dead     string          `json:"dead"`
	Disable  string          `json:"disable"`
	SlowDown string          `json:"slow_down"`
	Memo     json.RawMessage `json:"memo"`

	stopped *casefile.End
}

func (s *play) judge(step int, out sent, res casefile.Response) verdict {
	if s.p.Judge == nil {
		return verdict{}
	}
	doc := map[string]any{
		"event": s.file.Event, "step": step, "request": out.Request,
		"response": map[string]any{"status": res.Status, "headers": res.AllHeaders(), "body": string(casefile.Text(res.Body))},
	}
	if s.memo != nil {
		doc["memo"] = s.memo
	}
	in, err := json.Marshal(doc)
	if err != nil {
		s.t.Fatal(err)
	}
	s.h.call("judge", in, func() int32 { return sdk.Judge(s.p.Judge) })
	var v verdict
	if s.h.stopped != "" {
		end := s.stopped()
		v.stopped = &end
	} else if len(s.h.output) > 0 {
		s.decode(s.h.output, &v)
		s.remember(v.Memo)
	}
	return v
}

// remember keeps a memo, if one was given, for the next step and the next attempt. null forgets.
func (s *play) remember(memo json.RawMessage) {
	switch {
	case string(memo) == "null":
		s.memo = nil
	case memo != nil:
		s.memo = memo
	}
}

// conclude ends an attempt by the verdict or, without one, by the status code.
func (s *play) conclude(v verdict, res casefile.Response) casefile.End {
	end := casefile.End{NotBefore: s.retryAfter(res)}
	if v.SlowDown != "" {
		end.SlowDown = s.duration(v.SlowDown)
	}
	switch {
	case v.stopped != nil:
		end.State, end.Reason = v.stopped.State, v.stopped.Reason
	case v.Delivered:
		end.State = "delivered"
	case v.Retry != nil:
		end.State, end.Reason, end.BadCredentials = "retry", v.Retry.Reason, v.Retry.RefreshAuth
		if v.Retry.After != "" {
			end.NotBefore = s.duration(v.Retry.After)
		}
		if v.Retry.At != "" {
			at, err := time.Parse(time.RFC3339, v.Retry.At)
			now, _ := time.Parse(time.RFC3339, s.h.facts["received_at"])
			if err != nil {
				s.t.Errorf("retry.at: %v", err)
			}
			end.NotBefore = at.Sub(now)
		}
	case v.Dead != "":
		end.State, end.Reason = "dead", v.Dead
	case v.Disable != "":
		end.State, end.Reason = "disabled", v.Disable
	default:
		end.State, end.Reason = byStatus(res.Status), fmt.Sprintf("status %d", res.Status)
	}
	return end
}

func byStatus(status int) string {
	switch {
	case status >= 200 && status < 300:
		return "delivered"
	case status == 410:
		return "disabled"
	case slices.Contains([]int{408, 425, 429}, status) || status >= 500:
		return "retry"
	}
	return "dead"
}

func (s *play) retryAfter(res casefile.Response) time.Duration {
	for k, v := range res.Headers {
		if http.CanonicalHeaderKey(k) == "Retry-After" {
			if n, err := strconv.Atoi(v); err == nil {
				return time.Duration(n) * time.Second
			}
		}
	}
	return 0
}

func (s *play) duration(text string) time.Duration {
	d, err := time.ParseDuration(text)
	if err != nil {
		s.t.Errorf("a verdict's duration: %v", err)
	}
	return d
}
