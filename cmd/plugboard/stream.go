package main

import (
	"bufio"
	"bytes"
	"context"
	"encoding/json"
	"net/http"

	"github.com/plugboard/plugboard/gateway/feed"
)

// follow reads the gateway's stream and hands each note on until use says stop, the gateway ends or ctx is done.
// connected is called once the stream is open: what happens after that is not missed. It says whether to read on.
func (c *client) follow(ctx context.Context, connected func() (readOn bool, err error), use func(feed.Note) (stop bool)) error {
	ctx, cancel := context.WithCancel(ctx)
	defer cancel()
	resp, err := c.do(ctx, http.MethodGet, "/v1/stream", nil)
	if err != nil {
		return err
	}
	defer resp.Body.Close() //nolint:errcheck // reading is over; nothing can be done about it
	if readOn, err := connected(); err != nil || !readOn {
		return err
	}
	lines := bufio.NewScanner(resp.Body)
	lines.Buffer(nil, 1<<20)
	for lines.Scan() {
		data, ok := bytes.CutPrefix(lines.Bytes(), []byte("data: "))
		if !ok || len(data) == 0 || data[0] != '{' {
			continue
		}
		var n feed.Note
		if err := json.Unmarshal(data, &n); err != nil {
			return err
		}
		if use(n) {
			return nil
		}
	}
	if ctx.Err() != nil {
		return nil // the person pressed Ctrl-C
	}
	return lines.Err()
}
