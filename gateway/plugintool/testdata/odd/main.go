// Plugin odd does what its configuration says, mostly wrongly.
package main

import "github.com/plugboard/plugboard/sdk"

func main() {}

//go:wasmexport init
func start() int32 {
	return sdk.Init(func() error {
		if why := sdk.Config().Get("refuse").Str(); why != "" {
			return sdk.Reject(why)
		}
		return nil
	})
}

//go:wasmexport receive
func receive() int32 {
	return sdk.Receive(func(r *sdk.Request, out *sdk.Events) error {
		sdk.Info("received " + r.Path())
		switch sdk.Config().Get("do").Str() {
		case "panic":
			panic("on purpose")
		case "endless":
			for n := 0; ; n++ {
				sink += n
			}
		case "reject":
			return sdk.Reject("as asked")
		case "no type":
			out.Add("").Data().Str("a", "b")
			return nil
		}
		name, _ := sdk.Lookup("agents", r.Header("x-agent"))
		before, _ := sdk.State("count")
		mac, ok := sdk.Sign("key", sdk.HMACSHA256, r.Body())
		e := out.Add("agent.logged_in")
		e.Data().Str("agent.name", name)
		e.Data().Str("before", before)
		e.Data().Bool("signed", ok && len(mac) == 32)
		return nil
	})
}

var sink int

//go:wasmexport transform
func transform() int32 {
	return sdk.Transform(func(in *sdk.Incoming, out *sdk.Events) error {
		out.Copy(in).Data().Str("added", "here")
		return nil
	})
}

//go:wasmexport format
func format() int32 {
	return sdk.Format(func(in *sdk.Incoming, out *sdk.Outgoing) error {
		if sdk.Config().Get("do").Str() == "panic" {
			panic("on purpose")
		}
		out.URL(sdk.Config().Get("url").Str())
		out.JSON().CopyFrom("attempt", in.Get("data.n"))
		return nil
	})
}

//go:wasmexport judge
func judge() int32 {
	return sdk.Judge(func(a *sdk.Answer, v *sdk.Verdict) error {
		if a.Status() == 401 {
			v.Retry("logged out").RefreshAuth().AfterSeconds(60)
			v.SlowDown(5)
			v.Memo().Int("step", int64(a.Step()))
		}
		return nil
	})
}

//go:wasmexport encode
func encode() int32 {
	return sdk.Encode(func(in *sdk.Incoming, out *sdk.Message) error {
		if in.Vendor() == "other" {
			return sdk.Reject("odd has no message for " + in.Type())
		}
		out.Path("v 2", in.Account())
		out.Query("n", in.Get("data.n").Str())
		body := out.JSON()
		body.Merge(in.Extensions("odd"))
		body.Str("kind", in.VendorType())
		return nil
	})
}
