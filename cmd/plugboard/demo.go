package main

import (
	"encoding/json"
	"io"
	"log/slog"
	"net/http"
	"strings"
	"sync"
)

// demo plays the systems that the shipped configuration delivers to: babelforce's token, agent and status calls as its
// public description has them, and for every other path a receiver that answers 200. It holds nothing but the presence
// last set, so that a look-up shows it.
type demo struct {
	mu       sync.Mutex
	presence map[string]string // by agent UUID
}

const demoAgent = "046b6c7f-0b8a-43b9-b35d-6489e6da0001"

func newDemo() http.Handler {
	d := &demo{presence: map[string]string{}}
	mux := http.NewServeMux()
	mux.HandleFunc("POST /oauth/token", d.token)
	mux.HandleFunc("GET /api/v2/agents", d.agents)
	mux.HandleFunc("PUT /api/v2/agents/{uuid}/status", d.status)
	mux.HandleFunc("/", func(w http.ResponseWriter, r *http.Request) {
		if _, err := io.Copy(io.Discard, r.Body); err != nil {
			return // the sender went away
		}
		reply(w, http.StatusOK, map[string]bool{"ok": true})
	})
	return mux
}

func (d *demo) token(w http.ResponseWriter, _ *http.Request) {
	reply(w, http.StatusOK, map[string]any{
		"access_token": "demo-access", "refresh_token": "demo-refresh", "token_type": "bearer", "expires_in": 3600,
	})
}

// agents finds one agent for any source ID: in the demo everybody's agents exist on both sides.
func (d *demo) agents(w http.ResponseWriter, r *http.Request) {
	if !strings.HasPrefix(r.Header.Get("Authorization"), "Bearer ") {
		reply(w, http.StatusUnauthorized, map[string]string{"error": "invalid_token"})
		return
	}
	d.mu.Lock()
	presence := d.presence[demoAgent]
	d.mu.Unlock()
	reply(w, http.StatusOK, map[string]any{
		"items": []any{map[string]any{
			"id": demoAgent, "sourceId": r.URL.Query().Get("sourceId"), "agentSource": "zendesk", "name": "Ada Example",
			"enabled": true, "presence": map[string]any{"name": presence},
		}},
		"pagination": map[string]int{"pages": 1, "total": 1, "current": 1, "max": 25},
	})
}

func (d *demo) status(w http.ResponseWriter, r *http.Request) {
	var body struct {
		Presence struct {
			Name string `json:"name"`
		} `json:"presence"`
	}
	if err := json.NewDecoder(io.LimitReader(r.Body, 64<<10)).Decode(&body); err != nil || body.Presence.Name == "" {
		reply(w, http.StatusBadRequest, map[string]any{"success": false, "message": "presence.name is missing"})
		return
	}
	d.mu.Lock()
	d.presence[r.PathValue("uuid")] = body.Presence.Name
	d.mu.Unlock()
	reply(w, http.StatusCreated, map[string]any{
		"enabled": true, "available": body.Presence.Name == "available", "presence": map[string]any{"name": body.Presence.Name},
	})
}

func reply(w http.ResponseWriter, status int, v any) {
	w.Header().Set("Content-Type", "application/json")
	w.WriteHeader(status)
	if err := json.NewEncoder(w).Encode(v); err != nil {
		slog.Debug("demo answer not sent", "err", err)
	}
}
