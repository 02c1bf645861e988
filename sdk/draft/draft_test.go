package draft_test

import (
	"testing"

	"github.com/plugboard/plugboard/sdk"
	"github.com/plugboard/plugboard/sdk/draft"
	"github.com/plugboard/plugboard/sdk/plugintest"
)

// TestDraft plays a vendor with every word: what was kept stays, fields go where nothing is, and another vendor's extensions are
// not taken for this one's.
func TestDraft(t *testing.T) {
	plugintest.Run(t, plugintest.Plugin{Encode: func(in *sdk.Incoming, out *sdk.Message) error {
		d := draft.New("acme", in, out.JSON())
		if d.Empty() != d.Kept.Empty() {
			t.Error("empty before anything was put, and something kept, or the other way round")
		}
		if d.Put("x", "") || d.Put("", "nothing") || d.Free("") || d.Move("agent.nothing", "nothing") {
			t.Error("something was put that is none, or nowhere")
		}
		d.Move("agent.id", "user.id", "user_id")
		d.Move("agent.name", "user.name", "user_name")
		d.PutInt(7, "count", "counted")
		d.Copy("call.seconds", "seconds")
		if !d.Derived("data.agent.email") {
			d.Move("agent.email", "user_mail")
		}
		if d.Own {
			d.Put("yes", "own")
		}
		if d.Empty() {
			t.Error("empty after all")
		}
		return nil
	}}, "testdata")
}
