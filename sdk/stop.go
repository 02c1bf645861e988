package sdk

import "github.com/plugboard/plugboard/sdk/internal/host"

// Stop is an error that says how a call is to end. Any other error that a plugin returns counts as Fail.
type Stop struct {
	kind   int32
	reason string
}

func (s *Stop) Error() string { return s.reason }

// Reject says that the input is bad: the sender of a webhook gets 400 and the reason.
func Reject(reason string) error { return &Stop{host.Reject, reason} }

// Drop says that there is nothing to do, and why: the event or delivery ends here, and counts as dropped.
func Drop(reason string) error { return &Stop{host.Drop, reason} }

// Retry says that it may work later: the delivery is tried again when the destination's policy says so.
func Retry(reason string) error { return &Stop{host.Retry, reason} }

// Fail says that trying again cannot help: a webhook is put aside, a delivery becomes a dead letter.
func Fail(reason string) error { return &Stop{host.Fail, reason} }
