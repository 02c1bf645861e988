package gateway_test

import (
	"context"
	"encoding/json"
	"errors"
	"io"
	"log/slog"
	"net/http"
	"os"
	"path/filepath"
	"strings"
	"testing"

	"github.com/plugboard/plugboard/gateway"
	"github.com/plugboard/plugboard/gateway/feed"
)

// running is a gateway in this process.
type running struct {
	*gateway.Gateway
	feed  *feed.Hub
	token string // file of the API's
}

// start runs a gateway until the test ends, and fails the test if it does not stop cleanly.
func start(t testing.TB, configFile string) *running {
	t.Helper()
	return startWith(t, gateway.Options{ConfigFile: configFile})
}

// startWith is start with options; log and feed are its own unless they are set.
func startWith(t testing.TB, o gateway.Options) *running {
	t.Helper()
	if o.Feed == nil {
		o.Feed = new(feed.Hub)
	}
	if o.Logger == nil {
		o.Logger = slog.New(slog.NewTextHandler(t.Output(), &slog.HandlerOptions{Level: slog.LevelWarn}))
	}
	g, err := gateway.New(t.Context(), o)
	if err != nil {
		t.Fatal(err)
	}
	run(t, g)
	return &running{g, o.Feed, filepath.Join(filepath.Dir(o.ConfigFile), "data", gateway.TokenFile)}
}

// run runs a gateway until the test ends.
func run(t testing.TB, g *gateway.Gateway) {
	t.Helper()
	t.Cleanup(runStopping(t, g))
}

// runStopping runs a gateway until it is told to stop; it fails the test if that does not go well.
func runStopping(t testing.TB, g *gateway.Gateway) (stop func()) {
	t.Helper()
	ctx, cancel := context.WithCancel(context.WithoutCancel(t.Context()))
	done := make(chan error, 1)
	go func() { done <- g.Run(ctx) }()
	return func() {
		cancel()
		if err := <-done; err != nil {
			t.Errorf("the gateway stopped with: %v", err)
		}
	}
}

// api asks the API, and reads what it answers into the value.
func (g *running) api(t testing.TB, path string, into any) {
	t.Helper()
	token, err := os.ReadFile(g.token)
	if err != nil {
		t.Fatal(err)
	}
	req, err := http.NewRequestWithContext(t.Context(), http.MethodGet, "http://"+g.Admin()+path, http.NoBody)
	if err != nil {
		t.Fatal(err)
	}
	req.Header.Set("Authorization", "Bearer "+strings.TrimSpace(string(token)))
	resp, err := http.DefaultClient.Do(req)
	if err != nil {
		t.Fatal(err)
	}
	text, err := io.ReadAll(resp.Body)
	if err = errors.Join(err, resp.Body.Close(), json.Unmarshal(text, into)); err != nil || resp.StatusCode != http.StatusOK {
		t.Fatalf("%s: %s: %s, %v", path, resp.Status, text, err)
	}
}

func (g *running) url(path string) string { return "http://" + g.Listen() + path }

// newTextLog is a log that a test reads.
func newTextLog(w io.Writer) *slog.Logger {
	return slog.New(slog.NewTextHandler(w, &slog.HandlerOptions{Level: slog.LevelWarn}))
}
