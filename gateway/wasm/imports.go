package wasm

import (
	"context"
	"time"

	"github.com/tetratelabs/wazero/api"

	"github.com/plugboard/plugboard/gateway/wasm/meter"
	"github.com/plugboard/plugboard/sdk/jsondoc"
)

// hostFunc is an import. It reads its parameters from stack and leaves its result there, so that nothing is allocated.
type hostFunc func(c *call, stack []uint64)

// Call is what the engine calls.
func (f hostFunc) Call(ctx context.Context, _ api.Module, stack []uint64) {
	c := ctx.(*call)
	c.enter()
	f(c, stack)
}

type hostFunction struct {
	call      api.GoModuleFunction
	signature meter.Signature
}

// declare makes an import from its type, written as letters: i for i32, I for i64, the result after a colon.
func declare(types string, f hostFunc) hostFunction {
	var s meter.Signature
	target := &s.Params
	for i := range len(types) {
		switch types[i] {
		case 'i':
			*target += string([]byte{api.ValueTypeI32})
		case 'I':
			*target += string([]byte{api.ValueTypeI64})
		case ':':
			target = &s.Results
		}
	}
	return hostFunction{f, s}
}

// hostModules are all imports there are.
var hostModules = map[string]map[string]hostFunction{
	"plugboard_v1":           plugboardV1,
	extismModule:             extismEnv,
	"wasi_snapshot_preview1": wasiPreview1,
}

var plugboardV1 = map[string]hostFunction{
	"input_size":   declare(":i", inputSize),
	"input_read":   declare("iii:i", inputRead),
	"input_field":  declare("iiiii:i", inputField),
	"input_tape":   declare("iii:i", inputTape),
	"json_valid":   declare("ii:i", jsonValid),
	"output_write": declare("ii", outputWrite),
	"output_build": declare("iiii", outputBuild),
	"output_has":   declare("iii:i", outputHas),
	"fact":         declare("iiii:i", fact),
	"lookup":       declare("iiiiii:i", lookup),
	"state_get":    declare("iiii:i", stateGet),
	"state_set":    declare("iiiiI", stateSet),
	"sign":         declare("iiiiiii:i", sign),
	"log":          declare("iii", logLine),
	"stop":         declare("iii", stop),
}

// arg reads an i32 parameter; its upper half is rubbish.
func arg(stack []uint64, i int) uint32 { return uint32(stack[i]) }

func inputSize(c *call, s []uint64) { s[0] = uint64(uint32(len(c.in.Body))) }

func inputRead(c *call, s []uint64) {
	to := c.view("input_read", arg(s, 0), arg(s, 2))
	from := min(int64(arg(s, 1)), int64(len(c.in.Body)))
	s[0] = uint64(copy(to, c.in.Body[from:]))
}

// inputField answers one field of a JSON input. As text a string loses its quotes and escapes, and null is absent.
func inputField(c *call, s []uint64) {
	value, ok := c.field(c.name("input_field", arg(s, 0), arg(s, 1)), arg(s, 2) != 0)
	if !ok {
		c.view("input_field", arg(s, 3), arg(s, 4))
		s[0] = absent
		return
	}
	s[0] = c.give("input_field", value, arg(s, 3), arg(s, 4))
}

// field finds a field by its path, as package jsondoc writes paths. An input that is not JSON has none.
func (c *call) field(path string, asText bool) ([]byte, bool) {
	if !c.parse() {
		return nil, false
	}
	v := c.document.Get(path)
	if !asText || v.Kind() == jsondoc.Object || v.Kind() == jsondoc.Array {
		return v.Raw(), v.Exists()
	}
	c.scratch = v.AppendStr(c.scratch[:0])
	return c.scratch, v.Exists() && v.Kind() != jsondoc.Null
}

// parse reads the input as JSON, once, and says whether it is.
func (c *call) parse() bool {
	if !c.parsed {
		c.parsed = true
		c.isJSON = c.document.Reset(c.in.Body) == nil
	}
	return c.isJSON
}

// inputTape answers the whole of a JSON input as package jsondoc keeps it, which the host makes several times faster than
// the guest could. The format is the guest's; one that this host does not know is absent, as is what is no JSON, and a
// guest then reads the input itself.
func inputTape(c *call, s []uint64) {
	tape, ok := c.tape(arg(s, 0))
	if !ok {
		c.view("input_tape", arg(s, 1), arg(s, 2))
		s[0] = absent
		return
	}
	s[0] = c.give("input_tape", tape, arg(s, 1), arg(s, 2))
}

// tape gives the input's tape. A long input may have one of many times its length, which each instance would keep: that
// is the guest's to make, within its own memory.
func (c *call) tape(format uint32) ([]byte, bool) {
	if format != jsondoc.TapeFormat || len(c.in.Body) > pageSize || !c.parse() {
		return nil, false
	}
	return c.document.Tape(), true
}

func outputWrite(c *call, s []uint64) { c.write(c.view("output_write", arg(s, 0), arg(s, 1))) }

func fact(c *call, s []uint64) {
	name := c.name("fact", arg(s, 0), arg(s, 1))
	value, ok := c.fact(name)
	if !ok {
		c.view("fact", arg(s, 2), arg(s, 3))
		s[0] = absent
		return
	}
	s[0] = c.give("fact", value, arg(s, 2), arg(s, 3))
}

// fact answers the configuration and the function itself and leaves the rest to the caller.
func (c *call) fact(name string) ([]byte, bool) {
	switch {
	case name == "config" && c.plugin.options.Config != nil:
		return c.plugin.options.Config, true
	case name == "function":
		return functionBytes[c.fn], true
	case c.in.Facts != nil:
		return c.in.Facts.Fact(name)
	}
	return nil, false
}

var functionBytes = func() (b [functions][]byte) {
	for f := range functions {
		b[f] = []byte(f.String())
	}
	return b
}()

func lookup(c *call, s []uint64) {
	table, key := c.name("lookup", arg(s, 0), arg(s, 1)), c.name("lookup", arg(s, 2), arg(s, 3))
	if t := c.plugin.options.Tables; t != nil {
		if value, ok := t.Lookup(table, key); ok {
			s[0] = c.give("lookup", value, arg(s, 4), arg(s, 5))
			return
		}
	}
	c.view("lookup", arg(s, 4), arg(s, 5))
	s[0] = absent
}

func stateGet(c *call, s []uint64) {
	key := c.name("state_get", arg(s, 0), arg(s, 1))
	if value, ok := c.remembered(key); ok {
		s[0] = c.give("state_get", value, arg(s, 2), arg(s, 3))
		return
	}
	c.view("state_get", arg(s, 2), arg(s, 3))
	s[0] = absent
}

// remembered finds a value: what this call has written comes before what earlier ones left, the latest first.
func (c *call) remembered(key string) ([]byte, bool) {
	for _, writes := range [...][]StateWrite{c.state, c.in.Pending} {
		for i := len(writes) - 1; i >= 0; i-- {
			if writes[i].Key == key {
				return writes[i].Value, writes[i].Value != nil
			}
		}
	}
	if st := c.plugin.options.State; st != nil {
		return st.Get(key)
	}
	return nil, false
}

// stateSet notes a write. An empty value removes the key. All writes of a call together stay within the output's limit.
func stateSet(c *call, s []uint64) {
	c.remember("state_set", c.name("state_set", arg(s, 0), arg(s, 1)), c.view("state_set", arg(s, 2), arg(s, 3)), int64(s[4]))
}

// remember notes that key has a value for some seconds, 0 for good.
func (c *call) remember(what, key string, value []byte, ttl int64) {
	limits := &c.plugin.limits
	if c.plugin.options.State == nil {
		c.fail(Trapped, "%s: the configuration gives this plugin no memory", what)
	}
	if int64(len(value)) > limits.State {
		c.fail(Limited, "%s: a value of more than %s", what, size(limits.State))
	}
	c.stateSize += int64(len(key) + len(value))
	if c.stateSize > limits.Output {
		c.fail(Limited, "%s: more than %s in one call", what, size(limits.Output))
	}
	w := StateWrite{Key: key}
	if ttl > 0 {
		w.TTL = time.Duration(min(ttl, int64(100*365*24*time.Hour/time.Second))) * time.Second
	}
	if len(value) > 0 {
		w.Value = append([]byte(nil), value...)
	}
	c.state = append(c.state, w)
}

// sign makes a MAC. The guest names the secret, and never sees it.
func sign(c *call, s []uint64) {
	secret, data := c.name("sign", arg(s, 0), arg(s, 1)), c.view("sign", arg(s, 3), arg(s, 4))
	signer := c.plugin.options.Signer
	if signer == nil {
		c.fail(Trapped, "sign: the configuration grants this plugin no secret")
	}
	if int64(len(data)) > c.plugin.limits.Output {
		c.fail(Limited, "sign: more than %s to sign", size(c.plugin.limits.Output))
	}
	mac, ok := signer.Sign(secret, int(int32(arg(s, 2))), data)
	if !ok {
		c.view("sign", arg(s, 5), arg(s, 6))
		s[0] = absent
		return
	}
	s[0] = c.give("sign", mac, arg(s, 5), arg(s, 6))
}

func logLine(c *call, s []uint64) {
	level := min(max(int(int32(arg(s, 0))), 0), 3)
	if !c.log.add(level, c.view("log", arg(s, 1), arg(s, 2))) {
		c.failLog()
	}
}

func (c *call) failLog() { c.fail(Limited, "it logged more than %s", size(c.plugin.limits.Log)) }

// stop notes the guest's word; the first counts. The guest returns by itself.
func stop(c *call, s []uint64) {
	kind, text := arg(s, 0), c.view("stop", arg(s, 1), arg(s, 2))
	if kind < 1 || kind > 4 {
		c.fail(Trapped, "stop: %d is none of 1 reject, 2 drop, 3 retry later, 4 fail", kind)
	}
	if !c.log.take(len(text)) {
		c.failLog()
	}
	if c.word.kind == 0 {
		c.word.kind, c.word.text = Kind(kind), string(text)
		if len(text) == 0 {
			c.word.text = "it gave no reason"
		}
	}
}
