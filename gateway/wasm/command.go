package wasm

import (
	"context"
	"fmt"
	"slices"
	"strings"
	"time"
)

// HeaderLister is what the Facts of a request may offer besides: a command sees all headers in its environment.
type HeaderLister interface {
	// Headers calls yield for each header until it answers false. A name may come more than once.
	Headers(yield func(name, value string) bool)
}

// Exit statuses of a command, from sysexits.h.
const (
	exitUsage       = 64 // a function that it does not do
	exitDataErr     = 65
	exitUnavailable = 69
	exitTempFail    = 75
)

// runCommand serves a call of a command, on an instance that has served none.
func (i *instance) runCommand(ctx context.Context, fn Function, in Input) (Output, failure, time.Duration) {
	c := &i.call
	c.begin(ctx, fn, in, c.plugin.limits.Deadline)
	c.arguments = []string{c.plugin.module.name, fn.String()}
	c.environment = c.cgi()
	i.calls++
	e, err := i.entry("_start")
	if err == nil {
		err = i.enter(e)
	}
	c.log.flush()
	if c.exited && c.fault.kind == 0 && c.word.kind == 0 {
		err = c.byStatus()
	}
	return i.finish(err)
}

// byStatus turns an exit status into the word that a reactor says by stop, and forgets the status if that settles it.
func (c *call) byStatus() error {
	say := func(kind Kind) {
		c.word.kind, c.word.text = kind, c.log.last
		if c.word.text == "" {
			c.word.text = fmt.Sprintf("exit status %d, and nothing on standard error", c.status)
		}
	}
	switch c.status {
	case 0:
		c.exited = false
		return nil
	case exitUsage:
		say(Unsupported)
	case exitDataErr:
		say(Rejected)
	case exitUnavailable:
		say(Dropped)
	case exitTempFail:
		say(RetryLater)
	}
	return errEnd
}

// cgi makes a command's environment of the facts, as the Common Gateway Interface names them.
func (c *call) cgi() []string {
	var env []string
	for _, v := range [...]struct{ variable, fact string }{
		{"REQUEST_METHOD", "method"}, {"QUERY_STRING", "query"}, {"PATH_INFO", "path"}, {"REMOTE_ADDR", "remote_addr"},
		{"CONTENT_TYPE", "header.content-type"}, {"PLUGBOARD_CONFIG", "config"}, {"PLUGBOARD_SOURCE", "source"},
		{"PLUGBOARD_DESTINATION", "destination"}, {"PLUGBOARD_ROUTE", "route"}, {"PLUGBOARD_ATTEMPT", "attempt"},
		{"PLUGBOARD_RECEIVED_AT", "received_at"}, {"PLUGBOARD_MEMO", "memo"},
	} {
		if value, ok := c.fact(v.fact); ok {
			env = appendVariable(env, v.variable, string(value))
		}
	}
	env = appendVariable(env, "CONTENT_LENGTH", fmt.Sprint(len(c.in.Body)))
	env = appendVariable(env, "GATEWAY_INTERFACE", "CGI/1.1")
	if h, ok := c.in.Facts.(HeaderLister); ok {
		from := len(env)
		h.Headers(func(name, value string) bool {
			if variable := headerVariable(name); variable != "" {
				env = joinHeader(env, from, variable, value)
			}
			return true
		})
	}
	return env
}

// appendVariable leaves out what an environment cannot hold.
func appendVariable(env []string, name, value string) []string {
	if strings.IndexByte(value, 0) >= 0 {
		return env
	}
	return append(env, name+"="+value)
}

// headerVariable names a header. Proxy is left out: HTTP_PROXY means something else to many programs. So is what is no
// plain name, lest two headers share a variable.
func headerVariable(name string) string {
	if strings.EqualFold(name, "Proxy") {
		return ""
	}
	for i := range len(name) {
		if c := name[i]; c != '-' && (c < '0' || c > '9') && (c|0x20 < 'a' || c|0x20 > 'z') {
			return ""
		}
	}
	return "HTTP_" + strings.ToUpper(strings.ReplaceAll(name, "-", "_"))
}

// joinHeader adds a header, to the one of the same name if there is one.
func joinHeader(env []string, from int, variable, value string) []string {
	at := slices.IndexFunc(env[from:], func(s string) bool {
		return len(s) > len(variable) && s[:len(variable)] == variable && s[len(variable)] == '='
	})
	if at < 0 || strings.IndexByte(value, 0) >= 0 {
		return appendVariable(env, variable, value)
	}
	env[from+at] += ", " + value
	return env
}
