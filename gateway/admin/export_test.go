package admin

import (
	"encoding/json"
	"slices"

	"github.com/plugboard/plugboard/queue"
)

// Document is the API's description.
func Document() []byte {
	b, err := json.Marshal(describe(operations(), Rules()))
	if err != nil {
		panic(err)
	}
	return b
}

// Undescribed names what the router has and the description has not, and the other way round.
func Undescribed(rules []Rule) (wrong []string) {
	ops := operations()
	for _, r := range rules {
		if !slices.ContainsFunc(ops, func(o operation) bool { return o.pattern == r.Pattern }) {
			wrong = append(wrong, r.Pattern+" is not described: add it to openapi_operations.go")
		}
	}
	for _, o := range ops {
		if !slices.ContainsFunc(rules, func(r Rule) bool { return o.pattern == r.Pattern }) {
			wrong = append(wrong, o.pattern+" is described, and nothing serves it")
		}
		for _, q := range o.query {
			if parameters[q] == "" {
				wrong = append(wrong, o.pattern+": what the parameter "+q+" means stands nowhere")
			}
		}
	}
	return wrong
}

// ReadSelection reads the body of a replay.
func ReadSelection(body []byte) (Selection, *queue.Filter, error) {
	var s Selection
	f, err := s.read(body)
	return s, f, err
}
