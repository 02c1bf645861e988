//go:build !wasip1

package host

// A Host answers a plugin's calls in place of the gateway.
type Host interface {
	Input() []byte
	Output(src []byte)
	Fact(name string) (string, bool)
	Lookup(table, key string) (string, bool)
	State(key string) (string, bool)
	SetState(key, value string, ttlSeconds int64)
	Sign(secret string, algorithm int32, src []byte) ([]byte, bool)
	Log(level int32, message string)
	Stop(kind int32, reason string)
}

// A Reader is a Host that reads JSON for its plugins; nil is no tape.
type Reader interface{ InputTape(format int) []byte }

// Current is who answers. A plugin serves one call at a time, here as in the gateway: whoever sets it sees to that.
var Current Host = nothing{}

// Fresh makes the SDK forget what it keeps for an instance. The SDK sets it.
var Fresh = func() {}

// Use makes h answer from now on, for what is then a fresh instance, and gives back who answered before.
func Use(h Host) Host {
	before := Current
	Current = h
	Fresh()
	return before
}

// nothing is the host of a plugin that runs outside of any test: all is absent.
type nothing struct{}

func (nothing) Input() []byte                             { return nil }
func (nothing) Output([]byte)                             {}
func (nothing) Fact(string) (string, bool)                { return "", false }
func (nothing) Lookup(string, string) (string, bool)      { return "", false }
func (nothing) State(string) (string, bool)               { return "", false }
func (nothing) SetState(string, string, int64)            {}
func (nothing) Sign(string, int32, []byte) ([]byte, bool) { return nil, false }
func (nothing) Log(int32, string)                         {}
func (nothing) Stop(int32, string)                        {}

// fill answers as the interface does: the whole size, and a copy only if all of it fits.
func fill(dst []byte, s string, ok bool) int {
	if !ok {
		return Absent
	}
	if len(s) <= len(dst) {
		copy(dst, s)
	}
	return len(s)
}

// InputSize is the size of the call's input.
func InputSize() int { return len(Current.Input()) }

// InputRead copies input from offset on into dst and says how much.
func InputRead(dst []byte, offset int) int {
	in := Current.Input()
	return copy(dst, in[min(offset, len(in)):])
}

// InputTape copies the input's tape, where the host reads it for its plugins, into dst.
func InputTape(format int, dst []byte) int {
	if r, ok := Current.(Reader); ok {
		tape := r.InputTape(format)
		return fill(dst, string(tape), tape != nil)
	}
	return Absent
}

// OutputWrite appends to the call's output.
func OutputWrite(src []byte) { Current.Output(src) }

// Fact copies the fact called name into dst.
func Fact(name string, dst []byte) int {
	s, ok := Current.Fact(name)
	return fill(dst, s, ok)
}

// Lookup copies what a table has for key into dst.
func Lookup(table, key string, dst []byte) int {
	s, ok := Current.Lookup(table, key)
	return fill(dst, s, ok)
}

// StateGet copies the state's value for key into dst.
func StateGet(key string, dst []byte) int {
	s, ok := Current.State(key)
	return fill(dst, s, ok)
}

// StateSet sets the state's value for key.
func StateSet(key, value string, ttlSeconds int64) { Current.SetState(key, value, ttlSeconds) }

// Sign copies the MAC of src into dst.
func Sign(secret string, algorithm int32, src, dst []byte) int {
	mac, ok := Current.Sign(secret, algorithm, src)
	return fill(dst, string(mac), ok)
}

// Log writes a line to the gateway's log.
func Log(level int32, message string) { Current.Log(level, message) }

// Stop ends the call's meaning.
func Stop(kind int32, reason string) { Current.Stop(kind, reason) }

// Exit ends a command. Here there is none that could be ended.
func Exit(int32) { panic("a command ends only in the gateway") }
