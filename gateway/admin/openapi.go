package admin

import (
	"net/http"
	"reflect"
	"strconv"
	"strings"
)

// operation is what the API's description says of one thing that the API does. Schemas are made of the Go types that are read
// and answered with, so they cannot part from them.
type operation struct {
	pattern  string // of the router
	path     string // where it is not the pattern's
	does     string
	query    []string // parameters; what they mean stands in parameters
	body     any      // a value of what it takes; nil: nothing
	optional bool     // body may be left out
	status   int      // of the answer; 0: 200
	answer   any      // a value of what it is answered with; nil: nothing
	media    string   // of the answer; "": JSON
	fails    []int    // besides those that all have
}

// listing is the answer of a list.
type listing struct{ item any }

var parameters = map[string]string{
	"source": "Only from this source.", "type": "Only of this type.", "subject": "Only about this subject.",
	"destination": "Only for this destination.", "event": "Only of the event with this ID.",
	"state":  "Only in this state: pending, delivered, dropped, superseded, dead, cancelled.",
	"since":  "Only from this time on: RFC 3339, or a duration before now such as 2h.",
	"until":  "Only before this time.",
	"limit":  "How many, 1 to 1000. A page may be shorter, even empty, and have a next one.",
	"cursor": "Where to go on: next of the page before.",
	"status": "Only with this status: active, disabled, broken.",
	"raw":    "Also the request that it came in.",
	"force":  "true: although it is in use.",
	"id":     "Its ID; a slash in it may be written as it is, or as %2F.",
	"name":   "Its name.",
}

// common are the statuses that everything may be answered with.
var common = []int{http.StatusBadRequest, http.StatusUnauthorized, http.StatusForbidden, http.StatusTooManyRequests, http.StatusServiceUnavailable}

func (a *api) openAPI(w http.ResponseWriter, _ *http.Request) {
	a.answer(w, describe(operations(), a.rules))
}

type object = map[string]any

// describe makes the OpenAPI document.
func describe(ops []operation, rules []Rule) object {
	s := schemas{map[string]any{}, map[string]reflect.Type{}}
	for _, t := range further() {
		s.of(t)
	}
	paths := map[string]object{}
	for _, o := range ops {
		method, path, _ := strings.Cut(o.pattern, " ")
		path = strings.ReplaceAll(path, "...}", "}")
		if o.path != "" {
			path = o.path
		}
		if paths[path] == nil {
			paths[path] = object{}
		}
		paths[path][strings.ToLower(method)] = o.describe(s, path, roleOf(rules, o.pattern))
	}
	return object{
		"openapi": "3.1.0",
		"info": object{"title": "Plugboard", "version": "1", "summary": "What happened to each event, and how to steer it.",
			"license": object{"name": "see LICENSE", "url": "https://github.com/plugboard/plugboard/blob/main/LICENSE"}},
		"servers":    []object{{"url": "/"}},
		"security":   []object{{"token": []string{}}},
		"paths":      paths,
		"components": object{"schemas": s.named, "securitySchemes": object{"token": object{"type": "http", "scheme": "bearer"}}},
	}
}

func roleOf(rules []Rule, pattern string) string {
	for _, r := range rules {
		if r.Pattern == pattern {
			return r.Role.String()
		}
	}
	return ""
}

func (o *operation) describe(s schemas, path, role string) object {
	method, _, _ := strings.Cut(o.pattern, " ")
	name := strings.NewReplacer("/v1/", "", "{", "", "}", "", "/", "-", ".", "-").Replace(path)
	out := object{"summary": o.does, "description": "Takes the role " + role + ".", "x-role": role,
		"operationId": strings.ToLower(method) + "-" + name, "responses": o.responses(s)}
	var params []object
	for _, part := range strings.Split(path, "/") {
		if in, ok := strings.CutPrefix(part, "{"); ok {
			params = append(params, parameter(strings.TrimSuffix(in, "}"), "path"))
		}
	}
	for _, q := range o.query {
		params = append(params, parameter(q, "query"))
	}
	if params != nil {
		out["parameters"] = params
	}
	if o.body != nil {
		out["requestBody"] = object{"required": !o.optional, "content": object{"application/json": object{"schema": s.of(o.body)}}}
	}
	return out
}

func parameter(name, in string) object {
	schema := object{"type": "string"}
	switch name {
	case "limit":
		schema = object{"type": "integer", "minimum": 1, "maximum": 1000}
	case "force", "raw":
		schema = object{"type": "string"}
	}
	return object{"name": name, "in": in, "required": in == "path", "description": parameters[name], "schema": schema}
}

func (o *operation) responses(s schemas) object {
	good := object{"description": "Done."}
	switch media := o.media; {
	case media != "":
		good["content"] = object{media: object{}}
	case o.answer != nil:
		good["content"] = object{"application/json": object{"schema": s.answer(o.answer)}}
	}
	status := o.status
	if status == 0 {
		status = http.StatusOK
	}
	out := object{strconv.Itoa(status): good}
	for _, code := range append(append([]int(nil), common...), o.fails...) {
		out[strconv.Itoa(code)] = object{"description": http.StatusText(code),
			"content": object{"application/problem+json": object{"schema": s.of(Problem{})}}}
	}
	return out
}
