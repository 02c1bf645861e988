package main

import (
	"bytes"
	"encoding/json"
	"fmt"
	"io"
	"os"
	"strings"
	"time"

	"golang.org/x/term"

	"github.com/plugboard/plugboard/gateway/feed"
)

// printer writes for people and remembers the first error.
type printer struct {
	w      io.Writer
	colour bool
	err    error
}

// margin is as wide as a time of day.
const margin = "            "

// Colours of the terminal, by what a line says.
const (
	plain = "0"
	faint = "2"
	red   = "31"
	green = "32"
	amber = "33"
	blue  = "36"
)

func isTerminal(w io.Writer) bool {
	f, ok := w.(*os.File)
	return ok && os.Getenv("NO_COLOR") == "" && term.IsTerminal(int(f.Fd()))
}

func (p *printer) line(format string, args ...any) {
	if p.err == nil {
		_, p.err = fmt.Fprintf(p.w, format+"\n", args...)
	}
}

// in wraps text in a colour, where there are colours.
func (p *printer) in(colour, text string) string {
	if !p.colour || colour == plain {
		return text
	}
	return "\x1b[" + colour + "m" + text + "\x1b[0m"
}

func (p *printer) json(prefix string, doc []byte) {
	var b bytes.Buffer
	if err := json.Indent(&b, doc, prefix, "  "); err != nil {
		p.line("%s%s", prefix, doc)
		return
	}
	p.line("%s%s", prefix, b.Bytes())
}

// note prints one thing that happened.
func (p *printer) note(n feed.Note) {
	at := p.in(faint, n.Time.Local().Format("15:04:05.000"))
	switch n.Kind {
	case feed.Accepted:
		what := fmt.Sprintf("%s  %s", n.Type, n.Subject)
		if n.Summary != "" {
			what += "  " + n.Summary
		}
		p.line("%s %s %s  %s  %s", at, p.in(blue, "accepted "), n.Source, what, p.in(faint, n.Event))
		if n.Reason != "" {
			p.line("%s           %s", margin, n.Reason)
		}
		if strings.HasPrefix(n.Reason, "a repeat") {
			break
		}
		p.line("%s           committed; owes %d %s", margin, n.Deliveries, deliveries(n.Deliveries))
	case feed.Attempt:
		p.line("%s %s %s  attempt %d in %s%s", at, p.in(resultColour(n.Result), "attempt  "), n.Delivery, n.Attempt, short(n.Duration), because(n.Reason))
		for _, r := range n.Requests {
			p.line("%s           %s", margin, r)
		}
		if !n.NotBefore.IsZero() {
			p.line("%s           next at %s", margin, clock(n.NotBefore))
		}
	case feed.Ended:
		p.line("%s %s %s  %s%s", at, p.in(resultColour(n.Result), "ended    "), n.Delivery, n.Result, because(n.Reason))
	case feed.Refused:
		p.line("%s %s %s  answered %d%s", at, p.in(red, "refused  "), n.Source, n.Status, because(n.Reason))
	case feed.Aside:
		p.line("%s %s %s  kept as %s%s", at, p.in(amber, "set aside"), n.Source, n.Event, because(n.Reason))
	case feed.Plugin:
		p.line("%s %s %s%s", at, p.in(amber, "plugin   "), strings.TrimSpace(n.Plugin+"  "+n.Result), because(n.Reason))
	case feed.Table:
		p.line("%s %s %s  %s%s", at, p.in(amber, "table    "), n.Table, n.Result, because(n.Reason))
	}
}

func resultColour(result string) string {
	switch result {
	case "delivered":
		return green
	case "dead":
		return red
	case "retry", "cancelled":
		return amber
	}
	return plain
}

func because(reason string) string {
	if reason == "" {
		return ""
	}
	return ": " + reason
}

func deliveries(n int) string {
	if n == 1 {
		return "delivery"
	}
	return "deliveries"
}

func short(d time.Duration) string {
	return fmt.Sprintf("%.1f ms", float64(d.Microseconds())/1000)
}
