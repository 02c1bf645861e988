package gateway_test

import (
	"fmt"
	"net/http"
	"os"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/plugboard/plugboard/gateway"
	"github.com/plugboard/plugboard/gateway/gatewaytest"
	"github.com/plugboard/plugboard/queue"
)

// synced is Zendesk and babelforce, each as documented, with a gateway between them that runs the configuration of
// examples/zendesk-babelforce.
type synced struct {
	*running
	zendesk    *zendeskSystem
	babelforce *babelforceSystem
}

// syncConfig is the example's configuration, on this machine. changes are pairs of what is replaced and by what.
func syncConfig(t *testing.T, changes ...string) string {
	t.Helper()
	text, err := os.ReadFile("../examples/zendesk-babelforce/config.toml")
	if err != nil {
		t.Fatal(err)
	}
	out := string(text)
	for i := 0; i < len(changes); i += 2 {
		if !strings.Contains(out, changes[i]) {
			t.Fatalf("the example has no %s", changes[i])
		}
		out = strings.ReplaceAll(out, changes[i], changes[i+1])
	}
	local := "allow_http = true\nallow_private = true\n[[routes]]\nname  = \"zendesk"
	out = strings.NewReplacer(
		`dir = "../../plugins"`, gatewaytest.PluginsTable(t)+"[server]\nlisten = \"127.0.0.1:0\"\nadmin = \"127.0.0.1:0\"",
		`dir = "data"`, "dir = \"data\"\nmin_free = \"1MiB\"",
		"[destinations.zendesk]", "allow_http = true\nallow_private = true\n[destinations.zendesk]",
		"[[routes]]\nname  = \"zendesk", local,
		`["5s", "30s", "5m", "30m"]`, `["20ms", "20ms"]`, `"100/m"`, `"6000/m"`,
	).Replace(out)
	return gatewaytest.Write(t, out)
}

func newSynced(t *testing.T, changes ...string) *synced {
	t.Helper()
	s := &synced{zendesk: newZendesk(t), babelforce: newBabelforce(t)}
	environment := map[string]string{
		"BABELFORCE_URL": s.babelforce.url, "BABELFORCE_USER": "gateway@example.com",
		"ZENDESK_URL": s.zendesk.url, "ZENDESK_USER": "admin@example.com",
		"PLUGBOARD_SECRET_ZENDESK_WEBHOOK": zendeskSecret, "PLUGBOARD_SECRET_ZENDESK_TOKEN": zendeskToken,
		"PLUGBOARD_SECRET_BABELFORCE_PASSWORD": babelforcePassword, "PLUGBOARD_SECRET_BABELFORCE_TOKEN": babelforceToken,
	}
	s.running = startWith(t, gateway.Options{ConfigFile: syncConfig(t, changes...), Getenv: func(name string) (string, bool) {
		v, ok := environment[name]
		return v, ok
	}})
	s.zendesk.hook, s.babelforce.hook = s.url("/hooks/zendesk/main"), s.url("/hooks/babelforce")
	return s
}

// both waits until each side has got so many deliveries, and all of them have ended, and says what was set where, and what
// became of the others.
func (s *synced) both(t *testing.T, toBabelforce, toZendesk int) string {
	t.Helper()
	var rest []string
	for destination, n := range map[string]int{"babelforce": toBabelforce, "zendesk": toZendesk} {
		for _, d := range settledWithin(t, s.Store(), destination, n) {
			if reason, _, _ := strings.Cut(d.Reason, " of delivery"); d.State != queue.Delivered {
				rest = append(rest, fmt.Sprint(destination, " ", d.State, " ", reason))
			}
		}
	}
	slices.Sort(rest)
	return fmt.Sprintf("babelforce: %s; zendesk: %s; %s", s.babelforce.changes(), s.zendesk.changes(), strings.Join(rest, ", "))
}

func (s *synced) are(t *testing.T, toBabelforce, toZendesk int, want string) {
	t.Helper()
	if got := s.both(t, toBabelforce, toZendesk); got != want {
		t.Errorf("got  %s\nwant %s", got, want)
	}
}

// What an agent does in Zendesk arrives in babelforce, once; babelforce's task automation says so to the gateway, and that is
// where it ends. Then somebody does something in babelforce, and it is the other way round.
func TestZendeskAndBabelforceAgree(t *testing.T) {
	s := newSynced(t)
	s.zendesk.byHand(t, "away")
	s.are(t, 1, 1, "babelforce: away; zendesk: ; zendesk dropped echo")
	s.babelforce.byHand(t, "available")
	s.are(t, 2, 2, "babelforce: away; zendesk: online; babelforce dropped echo, zendesk dropped echo")
	s.zendesk.byHand(t, "transfers_only") // away on the phone
	s.are(t, 3, 3, "babelforce: away away; zendesk: online; babelforce dropped echo, zendesk dropped echo, zendesk dropped echo")
	if z, b := s.zendesk.status(), s.babelforce.presence(); z != "transfers_only" || b != "away" {
		t.Errorf("in the end %s in Zendesk and %s in babelforce", z, b)
	}
}

// Statuses of the account's own, in any script: a presence is made for one, once; a status is found for the other; a presence
// that Zendesk has nothing for is a dead letter that says so, unless it is mapped.
func TestStatusesOfTheirOwn(t *testing.T) {
	s := newSynced(t)
	s.zendesk.byHand(t, "Schulung – Köln ☕")
	s.are(t, 1, 1, "babelforce: Schulung – Köln ☕; zendesk: ; zendesk dropped echo")
	s.babelforce.byHand(t, "available")
	s.zendesk.waitFor(t, "online")
	s.babelforce.byHand(t, "Schulung – Köln ☕")
	s.zendesk.waitFor(t, "Schulung – Köln ☕")
	s.babelforce.byHand(t, "break") // the example maps it
	s.zendesk.waitFor(t, "away")
	if got, want := s.babelforce.made(), "Schulung – Köln ☕"; got != want {
		t.Errorf("presences made: %s; want %s", got, want)
	}
	if got := s.zendesk.listed(); got != 3 {
		t.Errorf("statuses were listed %d times, want once for each name", got)
	}
	s.babelforce.byHand(t, "yoga")
	for _, d := range settledWithin(t, s.Store(), "zendesk", 5) {
		if d.State == queue.Dead && strings.HasPrefix(d.Reason, `status "yoga" does not exist in Zendesk, which has Offline, Online, Away`) {
			return
		}
	}
	t.Error("no dead letter says that Zendesk has no yoga")
}

// The control: without the guard, and with changes that programs make sent on, the same goes round until the systems fall
// silent. Unlike in life they report what is set again, as systems do that do not look at what was before.
func TestWithoutTheGuardTheyNeverAgree(t *testing.T) {
	s := newSynced(t, `config = { account = "main" }`, "config = { account = \"main\" }\necho = \"0s\"", `unmapped = "create"`,
		`unmapped = "create", api_changes = "send", unchanged = "send"`, "latest_only = true", "")
	s.zendesk.repeats, s.babelforce.repeats = 6, 6 // before there is any traffic
	s.zendesk.byHand(t, "away")
	s.babelforce.waitForChanges(t, 6)
	if n := len(strings.Fields(s.zendesk.changes())); n < 5 {
		t.Errorf("Zendesk was set %d times", n)
	}
}

// 429 with Retry-After, a token that is not accepted any more, and an answer that is lost: it arrives all the same, once
// where once is enough.
func TestSyncThroughFaults(t *testing.T) {
	s := newSynced(t)
	s.zendesk.mu.Lock()
	s.zendesk.fault = func(w http.ResponseWriter, r *http.Request) bool {
		if r.Method != http.MethodPut {
			return false
		}
		s.zendesk.fault = nil
		w.Header().Set("Retry-After", "1")
		w.WriteHeader(http.StatusTooManyRequests)
		return true
	}
	s.zendesk.mu.Unlock()
	s.babelforce.expire()
	s.babelforce.byHand(t, "away")
	began := time.Now()
	s.are(t, 1, 1, "babelforce: ; zendesk: away; babelforce dropped echo")
	if waited := time.Since(began); waited < 900*time.Millisecond {
		t.Errorf("it was sent again after %v, before the Retry-After of a second", waited)
	}
	s.zendesk.byHand(t, "online")
	s.are(t, 2, 2, "babelforce: available; zendesk: away; babelforce dropped echo, zendesk dropped echo")
}
