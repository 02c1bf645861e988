package casefile

import (
	"encoding/json"
	"fmt"
	"strings"
)

// Scenario is a delivery. In the file's given, event is the event and the other keys are configuration, unless they are
// collected under config.
type Scenario struct {
	Environment
	Event  json.RawMessage
	Config []byte // a JSON object
	// URL is the destination's own, for a plugin that writes whole links; "" leaves it to the player.
	URL    string
	Steps  []Step
	Expect map[string]json.RawMessage
}

// Step is a request that the plugin must make, and the answer to it.
type Step struct {
	Want     WantRequest `json:"request"`
	Response Response    `json:"response"`

	// Through counts the file's exchanges up to this one and what the gateway does by itself before the next.
	Through int `json:"-"`
}

// Response is an answer.
type Response struct {
	Status      int               `json:"status"`
	Headers     map[string]string `json:"headers"`
	ContentType string            `json:"content_type"`
	Body        json.RawMessage   `json:"body"`
}

// AllHeaders are the answer's headers, names in lower case.
func (r Response) AllHeaders() map[string]string {
	all := map[string]string{}
	for k, v := range r.Headers {
		all[strings.ToLower(k)] = v
	}
	if r.ContentType != "" {
		all["content-type"] = r.ContentType
	}
	return all
}

// ReadScenario reads a NAME.scenario.json.
func ReadScenario(file string) (*Scenario, error) {
	var f struct {
		Environment
		URL      string                     `json:"url"`
		Given    map[string]json.RawMessage `json:"given"`
		Config   map[string]json.RawMessage `json:"config"`
		Exchange []Step                     `json:"exchange"`
		Request  *WantRequest               `json:"request"` // one exchange, written without a list
		Response *Response                  `json:"response"`
		Expect   map[string]json.RawMessage `json:"expect"`
	}
	if err := read(file, &f); err != nil {
		return nil, err
	}
	if f.Request != nil && f.Response != nil {
		f.Exchange = append(f.Exchange, Step{Want: *f.Request, Response: *f.Response})
	}
	event := f.Given["event"]
	if event == nil {
		return nil, fmt.Errorf("%s: given.event is missing: nothing to deliver", file)
	}
	config, err := settings(f.Given, f.Config)
	if err != nil {
		return nil, fmt.Errorf("%s: given.config: %w", file, err)
	}
	return &Scenario{Environment: f.Environment, Event: Text(event), Config: config, URL: f.URL, Steps: visible(f.Exchange), Expect: f.Expect}, nil
}

func settings(given, more map[string]json.RawMessage) ([]byte, error) {
	config := map[string]json.RawMessage{}
	for k, v := range given {
		if k != "event" && k != "config" {
			config[k] = v
		}
	}
	if c := given["config"]; c != nil {
		if err := json.Unmarshal(c, &config); err != nil {
			return nil, err
		}
	}
	for k, v := range more {
		config[k] = v
	}
	return encode(config), nil
}

// visible leaves out what the gateway does by itself and the plugin does not see: fetching a token, and the 401 that
// made it fetch a new one.
func visible(all []Step) []Step {
	isToken := func(s Step) bool { return strings.HasSuffix(s.Want.Path, "/oauth/token") }
	var steps []Step
	for i, s := range all {
		own := isToken(s) || s.Response.Status == 401 && i+1 < len(all) && isToken(all[i+1])
		if !own {
			steps = append(steps, s)
		}
		if len(steps) > 0 {
			steps[len(steps)-1].Through = i + 1
		}
	}
	return steps
}
