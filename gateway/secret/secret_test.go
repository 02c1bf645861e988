package secret_test

import (
	"encoding/json"
	"fmt"
	"log/slog"
	"strings"
	"testing"

	"github.com/plugboard/plugboard/gateway/secret"
)

const canary = "canary-4711-of-the-mine"

func TestValuePrintsNothing(t *testing.T) {
	type holder struct {
		Open   secret.Value
		hidden secret.Value // fmt does not ask unexported fields for their String
	}
	v := secret.New(canary)
	h := holder{v, v}
	printed := map[string]string{}
	for _, verb := range []string{"%v", "%+v", "%#v", "%s", "%q", "%x", "%d"} {
		for name, value := range map[string]any{"value": v, "pointer": &v, "holder": h, "to holder": &h, "list": []secret.Value{v}, "map": map[string]holder{"k": h}} {
			printed[name+" in "+verb] = fmt.Sprintf(verb, value)
		}
	}
	inJSON, err := json.Marshal(map[string]any{"v": v, "h": h, "k": map[secret.Value]int{v: 1}})
	if err != nil {
		t.Fatal(err)
	}
	printed["JSON"] = string(inJSON)
	var log strings.Builder
	slog.New(slog.NewTextHandler(&log, nil)).Info("m", "v", v, "h", h, "p", &h)
	printed["log"] = log.String()
	for name, text := range printed {
		if strings.Contains(text, "4711") || strings.Contains(text, fmt.Sprintf("%x", "4711")) {
			t.Errorf("%s: %s", name, text)
		}
	}
	if got := h.hidden.Reveal(); got != canary {
		t.Errorf("Reveal gives %q", got)
	}
}

func TestZeroValue(t *testing.T) {
	var zero secret.Value
	if !zero.Empty() || zero.Reveal() != "" || !secret.New("").Empty() || secret.New("x").Empty() {
		t.Error("the zero value is the empty secret, and only the empty text is empty")
	}
}
