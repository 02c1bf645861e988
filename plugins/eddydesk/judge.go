package main

import (
	"strconv"
	"strings"

	"github.com/plugboard/plugboard/sdk"
	"github.com/plugboard/plugboard/sdk/jsondoc"
	"github.com/plugboard/plugboard/sdk/layout"
)

// What EddyDesk's page on its API says: 300 requests a minute for the whole account, and a ban of twenty minutes beyond.
const (
	banSeconds = 20 * 60
	slowBelow  = 20 // requests left, below which the destination slows down: others use the same account
)

// decide reads an answer. Above its limit EddyDesk answers 401, as to a bad key; that is told by what it says or by what is left.
// Everything else is the gateway's to judge, by the destination's success.
func decide(a *sdk.Answer, v *sdk.Verdict) error {
	left, counted := layout.Number(a.Header("x-rate-limit-remaining"))
	c := sdk.Config()
	if a.Status() == 401 && (counted && left == 0 || banned(a)) {
		wait := setting(c.Member("ban_seconds"), banSeconds)
		v.Retry("too many requests: the account is banned for " + strconv.Itoa(wait) + " s").AfterSeconds(wait)
		v.SlowDown(wait)
		return nil
	}
	if counted && left < int64(setting(c.Member("slow_below"), slowBelow)) {
		v.SlowDown(60 / (int(max(left, 0)) + 1))
	}
	return nil
}

// banned looks for what EddyDesk says of a ban among the faults.
func banned(a *sdk.Answer) bool {
	doc, err := a.JSON()
	if err != nil {
		return false
	}
	for _, fault := range doc.Member("errors").Each {
		if sdk.SameName(fault.Member("title").Str(), "ban") || strings.HasPrefix(fault.Member("details").Str(), "Ban for ") {
			return true
		}
	}
	return false
}

func setting(v jsondoc.Value, otherwise int) int {
	if n, ok := v.Int(); ok && n >= 0 {
		return int(n)
	}
	return otherwise
}
