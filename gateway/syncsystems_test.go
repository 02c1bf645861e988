package gateway_test

import (
	"bytes"
	"crypto/hmac"
	"crypto/sha256"
	"encoding/base64"
	"encoding/json"
	"fmt"
	"io"
	"net/http"
	"net/http/httptest"
	"slices"
	"strings"
	"sync"
	"testing"
	"time"
)

const (
	agentInZendesk     = "8447388090494"
	agentInBabelforce  = "046b6c7f-0b8a-43b9-b35d-6489e6da0001"
	zendeskSecret      = "made-up-webhook-secret"
	zendeskToken       = "made-up-api-token"
	babelforcePassword = "made-up-password"
	babelforceToken    = "made-up-hook-token"
)

// side is what the two systems have in common: a state of one agent, changed by hand or by the gateway, and reported by a
// webhook after each change.
type side struct {
	t       *testing.T
	url     string
	hook    string // of the gateway
	repeats int    // how many changes to what is already so are reported too

	mu    sync.Mutex
	state string
	sets  []string // by the gateway
	n     int      // reports
	work  sync.WaitGroup
	fault func(http.ResponseWriter, *http.Request) bool
}

func play(t *testing.T, s *side, h http.HandlerFunc) {
	s.t = t
	server := httptest.NewServer(h)
	t.Cleanup(func() {
		server.Close()
		s.work.Wait()
	})
	s.url = server.URL
}

// change sets the state and says whether that is to be reported. The caller holds the lock.
func (s *side) change(state string, byGateway bool) bool {
	if byGateway {
		s.sets = append(s.sets, state)
	}
	same := s.state == state
	s.state = state
	if same {
		s.repeats--
	}
	s.n++
	return !same || s.repeats >= 0
}

func (s *side) changes() string {
	s.mu.Lock()
	defer s.mu.Unlock()
	return strings.Join(s.sets, " ")
}

func (s *side) waitForChanges(t *testing.T, n int) {
	t.Helper()
	s.until(t, func() bool { return len(s.sets) >= n })
}

func (s *side) waitFor(t *testing.T, state string) {
	t.Helper()
	s.until(t, func() bool { return s.state == state })
}

func (s *side) until(t *testing.T, ok func() bool) {
	t.Helper()
	for deadline := time.Now().Add(20 * time.Second); ; time.Sleep(2 * time.Millisecond) {
		s.mu.Lock()
		done, state, sets := ok(), s.state, s.sets
		s.mu.Unlock()
		if done {
			return
		}
		if time.Now().After(deadline) {
			t.Fatalf("it came to %q, and was set %q", state, sets)
		}
	}
}

func (s *side) post(body, header, value string, more ...string) {
	req, err := http.NewRequest(http.MethodPost, s.hook, strings.NewReader(body))
	if err != nil {
		s.t.Error(err)
		return
	}
	req.Header.Set("Content-Type", "application/json")
	for pair := append([]string{header, value}, more...); len(pair) > 0; pair = pair[2:] {
		req.Header.Set(pair[0], pair[1])
	}
	resp, err := http.DefaultClient.Do(req)
	if err != nil {
		return // the gateway has stopped
	}
	_ = resp.Body.Close()
	if resp.StatusCode != http.StatusAccepted {
		s.t.Errorf("the gateway answered %s to %s", resp.Status, body)
	}
}

// zendeskSystem is Zendesk with omnichannel routing: the interfaces for unified statuses, and event webhooks, signed.
type zendeskSystem struct {
	side
	lists int
}

var zendeskStatuses = []struct {
	id   int
	name string // as listed
}{{2, "Offline"}, {3, "Online"}, {4, "Away"}, {5, "Transfers Only"}, {123, "Schulung – Köln ☕"}}

func newZendesk(t *testing.T) *zendeskSystem {
	z := &zendeskSystem{side: side{state: "online"}}
	play(t, &z.side, z.answer)
	return z
}

func (z *zendeskSystem) status() string {
	z.mu.Lock()
	defer z.mu.Unlock()
	return z.state
}

func (z *zendeskSystem) listed() int {
	z.mu.Lock()
	defer z.mu.Unlock()
	return z.lists
}

func (z *zendeskSystem) byHand(_ *testing.T, status string) {
	z.mu.Lock()
	defer z.mu.Unlock()
	z.became(status, "AGENT_STATUS_SWITCHER", false)
}

// became changes the status, and says so: of each channel, and of the whole.
func (z *zendeskSystem) became(status, reason string, byGateway bool) {
	before := z.state
	if !z.change(status, byGateway) {
		return
	}
	n := z.n
	z.work.Go(func() {
		at := time.Now().UTC().Format(time.RFC3339Nano)
		for i, e := range []string{
			fmt.Sprintf(`"type":"zen:event-type:agent.state_changed","event":{"channel":"talk","new_state":%q,"previous_state":%q,"updated_at":%q}`, status, before, at),
			fmt.Sprintf(`"type":"zen:event-type:agent.unified_state_changed","event":{"new_unified_state":{"id":"9","name":%q,"reason":%q},`+
				`"previous_unified_state":{"id":"8","name":%q,"reason":"UNKNOWN"},"updated_at":%q}`, status, reason, before, at),
		} {
			z.sign(fmt.Sprintf(`{"account_id":22129848,"id":"zen-%d-%d","time":%q,"subject":"zen:agent:%s","zendesk_event_version":"2022-11-06",`+
				`"detail":{"account_id":"22129848","agent_id":%q,"version":"%d"},%s}`, n, i, at, agentInZendesk, agentInZendesk, n, e))
		}
	})
}

func (z *zendeskSystem) sign(body string) {
	stamp := time.Now().UTC().Format(time.RFC3339)
	mac := hmac.New(sha256.New, []byte(zendeskSecret))
	mac.Write([]byte(stamp + body))
	z.post(body, "X-Zendesk-Webhook-Signature", base64.StdEncoding.EncodeToString(mac.Sum(nil)), "X-Zendesk-Webhook-Signature-Timestamp", stamp)
}

// answer is Zendesk's API. Two statuses make a page.
func (z *zendeskSystem) answer(w http.ResponseWriter, r *http.Request) {
	z.mu.Lock()
	defer z.mu.Unlock()
	w.Header().Set("Content-Type", "application/json; charset=utf-8")
	const list = "/api/v2/agent_availabilities/agent_statuses"
	user, password, _ := r.BasicAuth()
	switch agent, isPut := strings.CutPrefix(r.URL.Path, list+"/agents/"); {
	case z.fault != nil && z.fault(w, r):
	case user != "admin@example.com/token" || password != zendeskToken:
		w.WriteHeader(http.StatusUnauthorized)
		_, _ = io.WriteString(w, `{"error":"Couldn't authenticate you"}`)
	case r.Method == http.MethodGet && r.URL.Path == list:
		z.list(w, r.URL.Query().Get("page[after]"))
	case r.Method == http.MethodPut && isPut:
		z.put(w, r, agent)
	default:
		z.t.Errorf("Zendesk was asked for %s %s", r.Method, r.URL)
		w.WriteHeader(http.StatusNotFound)
	}
}

func (z *zendeskSystem) list(w http.ResponseWriter, after string) {
	first := 0
	if after == "" {
		z.lists++
	} else if _, err := fmt.Sscanf(after, "c%d==", &first); err != nil {
		z.t.Errorf("page[after] is %q", after)
	}
	page := map[string]any{"default": []any{}, "custom": []any{}, "meta": map[string]any{"has_more": false}, "links": map[string]any{"next": nil}}
	for _, s := range zendeskStatuses[first:min(first+2, len(zendeskStatuses))] {
		kind := "default"
		if s.id > 5 {
			kind = "custom"
		}
		page[kind] = append(page[kind].([]any), map[string]any{"id": s.id, "type": "agent_status", "attributes": map[string]any{"name": s.name}})
	}
	if next := first + 2; next < len(zendeskStatuses) {
		page["meta"] = map[string]any{"has_more": true}
		page["links"] = map[string]any{"next": fmt.Sprintf("https://acme.zendesk.com/api/v2/agent_availabilities/agent_statuses?page%%5Bafter%%5D=c%d%%3D%%3D", next)}
	}
	_ = json.NewEncoder(w).Encode(page)
}

func (z *zendeskSystem) put(w http.ResponseWriter, r *http.Request, agent string) {
	var body struct{ ID int }
	if err := json.NewDecoder(r.Body).Decode(&body); err != nil || agent != agentInZendesk {
		z.t.Errorf("PUT for agent %s: %v", agent, err)
	}
	i := slices.IndexFunc(zendeskStatuses, func(s struct {
		id   int
		name string
	}) bool {
		return s.id == body.ID
	})
	if i < 0 {
		w.WriteHeader(http.StatusUnprocessableEntity)
		return
	}
	name := zendeskStatuses[i].name
	_, _ = fmt.Fprintf(w, `{"attributes":{"agent_id":%s,"agent_status":{"id":%d,"name":%q}},"id":"agent_availabilities|%s","type":"agent_availabilities"}`, agent, body.ID, name, agent)
	if body.ID <= 5 { // events spell these so
		name = strings.ReplaceAll(strings.ToLower(name), " ", "_")
	}
	z.became(name, "PUBLIC_API", true)
}

// babelforceSystem is babelforce: OAuth, agents, presences, and a task that posts what happens.
type babelforceSystem struct {
	side
	token     string
	presences []string
	created   []string
}

func newBabelforce(t *testing.T) *babelforceSystem {
	b := &babelforceSystem{side: side{state: "available"}, token: "1", presences: []string{"available", "away", "offline"}}
	play(t, &b.side, b.answer)
	return b
}

func (b *babelforceSystem) presence() string {
	b.mu.Lock()
	defer b.mu.Unlock()
	return b.state
}

func (b *babelforceSystem) made() string {
	b.mu.Lock()
	defer b.mu.Unlock()
	return strings.Join(b.created, " ")
}

// expire ends the tokens that were given out.
func (b *babelforceSystem) expire() {
	b.mu.Lock()
	defer b.mu.Unlock()
	b.token += "1"
}

func (b *babelforceSystem) byHand(_ *testing.T, presence string) {
	b.mu.Lock()
	defer b.mu.Unlock()
	b.became(presence, false)
}

// became changes the presence, and runs the task: the body that the plugin's README proposes.
func (b *babelforceSystem) became(presence string, byGateway bool) {
	before := b.state
	if !b.change(presence, byGateway) {
		return
	}
	n := b.n
	b.work.Go(func() {
		b.post(fmt.Sprintf(`{"type": "agent.presence.changed", "id": "task-%d", "time": %q, "agent": {"id": %q, "sourceId": %q, "name": "Ada Example",`+
			` "presence": {"name": %q, "available": "%v"}}, "previous": {"name": %q}}`, n, time.Now().UTC().Format(time.RFC3339Nano), agentInBabelforce, agentInZendesk,
			presence, presence == "available", before), "Authorization", "Bearer "+babelforceToken)
	})
}

func (b *babelforceSystem) answer(w http.ResponseWriter, r *http.Request) {
	text, err := io.ReadAll(r.Body)
	if err != nil {
		b.t.Error(err)
	}
	b.mu.Lock()
	defer b.mu.Unlock()
	w.Header().Set("Content-Type", "application/json")
	const presences = "/api/v2/agents/presence/available"
	switch at := r.Method + " " + r.URL.Path; {
	case at == "POST /oauth/token":
		if !bytes.Contains(text, []byte(babelforcePassword)) {
			b.t.Errorf("token asked for with %s", text)
		}
		_, _ = fmt.Fprintf(w, `{"access_token":%q,"token_type":"bearer","expires_in":3600,"scope":"*"}`, b.token)
	case r.Header.Get("Authorization") != "Bearer "+b.token:
		w.WriteHeader(http.StatusUnauthorized)
		_, _ = io.WriteString(w, `{"error":"invalid_token"}`)
	case at == "GET /api/v2/agents":
		_, _ = fmt.Fprintf(w, `{"items":[{"id":%q,"sourceId":%q,"agentSource":"zendesk","presence":{"name":%q}}],"pagination":{"pages":1,"total":1,"current":1,"max":25}}`,
			agentInBabelforce, agentInZendesk, b.state)
	case at == "PUT /api/v2/agents/"+agentInBabelforce+"/status":
		b.put(w, text)
	case at == "GET "+presences:
		var items []string
		for _, p := range b.presences {
			items = append(items, fmt.Sprintf(`{"name":%q,"label":%q,"available":%v}`, p, p, p == "available"))
		}
		_, _ = fmt.Fprintf(w, `{"success":true,"items":[%s]}`, strings.Join(items, ","))
	case at == "POST "+presences:
		b.create(w, text)
	default:
		b.t.Errorf("babelforce was asked for %s", at)
		w.WriteHeader(http.StatusNotFound)
	}
}

func (b *babelforceSystem) put(w http.ResponseWriter, text []byte) {
	var body struct{ Presence struct{ Name string } }
	if err := json.Unmarshal(text, &body); err != nil {
		b.t.Error(err)
	}
	if !slices.Contains(b.presences, body.Presence.Name) {
		w.WriteHeader(http.StatusBadRequest)
		_, _ = io.WriteString(w, `{"success":false,"message":"unknown presence"}`)
		return
	}
	w.WriteHeader(http.StatusCreated)
	_, _ = fmt.Fprintf(w, `{"enabled":true,"presence":{"name":%q}}`, body.Presence.Name)
	b.became(body.Presence.Name, true)
}

func (b *babelforceSystem) create(w http.ResponseWriter, text []byte) {
	var p struct {
		Name, Label string
		Available   bool
	}
	if err := json.Unmarshal(text, &p); err != nil || p.Available || slices.Contains(b.presences, p.Name) {
		w.WriteHeader(http.StatusNotImplemented)
		return
	}
	b.presences, b.created = append(b.presences, p.Name), append(b.created, p.Name)
	w.WriteHeader(http.StatusCreated)
	_, _ = fmt.Fprintf(w, `{"success":true,"item":{"name":%q}}`, p.Name)
}
