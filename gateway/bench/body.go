package bench

import (
	"bytes"
	"math/rand/v2"
	"strconv"
	"time"
)

const (
	bodySize = 1024      // bytes of an event as it is posted
	agents   = 5000      // how many agents the events are about: each has an ordering key
	idMark   = "bench-"  // stands before an event's number
	sentMark = "posted-" // stands before the time it was sent, in microseconds since 1970
)

const bodyEnd = `"},"event":{"new_unified_state":{"id":"3","name":"online","reason":"AGENT_STATUS_SWITCHER"},"previous_unified_state":` +
	`{"id":"2","name":"offline","reason":"AGENT_LOGOUT"},"updated_at":"2025-03-04T08:00:01.204117530Z"},"time":"2025-03-04T08:00:01.411902233Z",` +
	`"type":"zen:event-type:agent.unified_state_changed","zendesk_event_version":"2022-11-06"}`

// filler is text that does not get shorter by being packed, as a repeated letter would.
var filler = func() []byte {
	random := rand.New(rand.NewPCG(1, 2))
	b := make([]byte, bodySize)
	for i := range b {
		b[i] = "abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ0123456789 ."[random.IntN(64)]
	}
	return b
}()

// appendBody appends 1 KiB of a Zendesk status change with a number and the time it was sent.
func appendBody(b []byte, number int64, sent time.Time) []byte {
	begin, agent := len(b), 8447388000000+number%agents
	b = append(b, `{"account_id":22129848,"id":"`+idMark...)
	b = strconv.AppendInt(b, number, 10)
	b = append(b, `","subject":"zen:agent:`...)
	b = strconv.AppendInt(b, agent, 10)
	b = append(b, `","detail":{"account_id":"22129848","agent_id":"`...)
	b = strconv.AppendInt(b, agent, 10)
	b = append(b, `","version":"17","sent":"`+sentMark...)
	b = strconv.AppendInt(b, sent.UnixMicro(), 10)
	b = append(b, `","note":"`...)
	b = append(b, filler[:bodySize-len(bodyEnd)-(len(b)-begin)]...)
	return append(b, bodyEnd...)
}

// numberAfter finds the digits behind a mark.
func numberAfter(body []byte, mark string) (n int64, ok bool) {
	_, rest, found := bytes.Cut(body, []byte(mark))
	if !found {
		return 0, false
	}
	digits := 0
	for ; digits < len(rest) && digits < 18 && rest[digits] >= '0' && rest[digits] <= '9'; digits++ {
		n = n*10 + int64(rest[digits]-'0')
	}
	return n, digits > 0
}
