package wasm

import (
	"context"
	"encoding/binary"
	"strings"

	"github.com/tetratelabs/wazero/api"

	"github.com/plugboard/plugboard/sdk/jsondoc"
)

// extismModule is what the plugin kits of Extism import. Their functions pass blocks of a memory that is the host's: a guest
// asks for a block, fills it eight bytes at a time and names it by its place. Extism's own host keeps that memory in another
// WebAssembly module; here it is a slice, and nothing of it outlives a call.
//
// Input and output are those of every plugin. A key of the configuration is one of their config values (what is no string
// comes as JSON), their variables are the plugin's state, an error text refuses the input, and they have no network.
const extismModule = "extism:host/env"

var extismEnv = map[string]hostFunction{
	"alloc":            declare("I:I", extismAlloc),
	"free":             declare("I", extismFree),
	"length":           declare("I:I", extismLength),
	"length_unsafe":    declare("I:I", extismLength),
	"load_u8":          declareAccess("I:i", extismLoadU8),
	"load_u64":         declareAccess("I:I", extismLoadU64),
	"store_u8":         declareAccess("Ii", extismStoreU8),
	"store_u64":        declareAccess("II", extismStoreU64),
	"input_offset":     declare(":I", extismInputOffset),
	"input_length":     declare(":I", extismInputLength),
	"input_load_u8":    declareAccess("I:i", extismInputU8),
	"input_load_u64":   declareAccess("I:I", extismInputU64),
	"output_set":       declare("II", extismOutputSet),
	"error_set":        declare("I", extismErrorSet),
	"config_get":       declare("I:I", extismConfigGet),
	"var_get":          declare("I:I", extismVarGet),
	"var_set":          declare("II", extismVarSet),
	"http_request":     declare("II:I", extismHTTP),
	"http_status_code": declare(":i", extismNothing),
	"http_headers":     declare(":I", extismNothing),
	"log_trace":        declare("I", extismLog(0)),
	"log_debug":        declare("I", extismLog(0)),
	"log_info":         declare("I", extismLog(1)),
	"log_warn":         declare("I", extismLog(2)),
	"log_error":        declare("I", extismLog(3)),
	"get_log_level":    declare(":i", extismLogLevel),
}

// accessFunc is an import that reads or writes a few bytes. It does not count as a host call: a guest needs one for each
// eight bytes, and pays for the loop around it with its counter.
type accessFunc func(c *call, stack []uint64)

// Call is what the engine calls.
func (f accessFunc) Call(ctx context.Context, _ api.Module, stack []uint64) { f(ctx.(*call), stack) }

func declareAccess(types string, f accessFunc) hostFunction {
	return hostFunction{f, declare(types, nil).signature}
}

func extismAlloc(c *call, s []uint64)  { s[0] = c.extism.alloc(c, s[0]) }
func extismFree(c *call, s []uint64)   { c.extism.free(s[0]) }
func extismLength(c *call, s []uint64) { s[0] = uint64(len(c.extism.block(s[0]))) }

func extismLoadU8(c *call, s []uint64)  { s[0] = uint64(c.extism.at(c, "load_u8", s[0], 1)[0]) }
func extismLoadU64(c *call, s []uint64) { s[0] = le64(c.extism.at(c, "load_u64", s[0], 8)) }
func extismStoreU8(c *call, s []uint64) { c.extism.at(c, "store_u8", s[0], 1)[0] = byte(s[1]) }
func extismStoreU64(c *call, s []uint64) {
	binary.LittleEndian.PutUint64(c.extism.at(c, "store_u64", s[0], 8), s[1])
}

func extismInputOffset(c *call, s []uint64) {
	if c.extism.input == 0 {
		c.extism.input = c.extism.put(c, c.in.Body)
	}
	s[0] = c.extism.input
}

func extismInputLength(c *call, s []uint64) { s[0] = uint64(len(c.in.Body)) }
func extismInputU8(c *call, s []uint64) {
	s[0] = uint64(part(c, "input_load_u8", c.in.Body, s[0], 1)[0])
}
func extismInputU64(c *call, s []uint64) { s[0] = le64(part(c, "input_load_u64", c.in.Body, s[0], 8)) }

func le64(b []byte) uint64 { return binary.LittleEndian.Uint64(b) }

func extismOutputSet(c *call, s []uint64) {
	c.out = c.out[:0] // the last one counts
	if s[1] > 0 {
		c.write(c.extism.at(c, "output_set", s[0], s[1]))
	}
}

// extismErrorSet notes a text that counts when the function then answers with something else than 0.
func extismErrorSet(c *call, s []uint64) {
	text := c.extism.block(s[0])
	if !c.log.take(len(text)) {
		c.failLog()
	}
	c.extism.err = string(text)
}

func extismConfigGet(c *call, s []uint64) {
	key := c.extism.name(c, "config_get", s[0])
	s[0] = 0
	if c.extism.config == nil {
		c.extism.config = &jsondoc.Doc{}
		_ = c.extism.config.Reset(c.plugin.options.Config) // empty without one
	}
	switch v := c.extism.config.Root().Member(key); v.Kind() {
	case jsondoc.Absent, jsondoc.Null:
	case jsondoc.String:
		s[0] = c.extism.put(c, v.AppendStr(nil))
	default:
		s[0] = c.extism.put(c, v.Raw())
	}
}

func extismVarGet(c *call, s []uint64) {
	value, ok := c.remembered(c.extism.name(c, "var_get", s[0]))
	s[0] = 0
	if ok {
		s[0] = c.extism.put(c, value)
	}
}

// extismVarSet keeps a variable without an end; a value at 0 removes it.
func extismVarSet(c *call, s []uint64) {
	c.remember("var_set", c.extism.name(c, "var_set", s[0]), c.extism.block(s[1]), 0)
}

func extismHTTP(c *call, _ []uint64) {
	c.fail(Trapped, "http_request: a plugin has no network; format writes a request, and the gateway sends it")
}

func extismNothing(_ *call, s []uint64) { s[0] = 0 }

func extismLog(level int) hostFunc {
	return func(c *call, s []uint64) {
		if !c.log.add(level, c.extism.block(s[0])) {
			c.failLog()
		}
	}
}

// extismLogLevel asks for everything from debug on, as their hosts count levels.
func extismLogLevel(_ *call, s []uint64) { s[0] = 1 }

// because gives an error text, or nothing.
func (x *extism) because() string { return strings.ToValidUTF8(x.err, "\uFFFD") }
