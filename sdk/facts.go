package sdk

import (
	"github.com/plugboard/plugboard/sdk/internal/host"
	"github.com/plugboard/plugboard/sdk/jsondoc"
)

// arena is where texts from the host are put: one piece of memory serves many, is never written twice, and lives as
// long as any text in it. So strings may be kept, as strings should be, at the price of an allocation in a hundred calls.
var arena []byte

const arenaSize = 32 << 10

// room gives n bytes that nothing else will use.
func room(n int) []byte {
	if n > arenaSize/4 {
		return make([]byte, n)
	}
	if len(arena) < n {
		arena = make([]byte, arenaSize)
	}
	return filled(n)
}

// filled takes the arena's first n bytes, in which the gateway may have written already: however many they are, they are
// not to be fetched from elsewhere.
func filled(n int) []byte {
	b := arena[:n:n]
	arena = arena[n:]
	return b
}

// join puts texts together.
func join(parts ...string) string {
	n := 0
	for _, p := range parts {
		n += len(p)
	}
	b := room(n)
	at := 0
	for _, p := range parts {
		at += copy(b[at:], p)
	}
	return view(b)
}

// ask gets a text of unknown size: most fit at the first try.
func ask(get func(dst []byte) int) (string, bool) {
	if len(arena) < 256 {
		arena = make([]byte, arenaSize)
	}
	n := get(arena)
	if n < 0 {
		return "", false
	}
	if n <= len(arena) {
		return view(filled(n)), true
	}
	for {
		b := make([]byte, n)
		if n = get(b); n < 0 {
			return "", false
		}
		if n <= len(b) {
			return view(b[:n]), true
		}
	}
}

// input reads the call's input: most fit at the first try.
func input() []byte {
	if len(arena) < arenaSize/4 {
		arena = make([]byte, arenaSize)
	}
	n := host.InputRead(arena, 0)
	if n < len(arena) {
		return filled(n)
	}
	b := make([]byte, host.InputSize())
	return b[:host.InputRead(b, 0)]
}

// read reads the call's input into doc: as the gateway has read it, or by itself where the gateway does not.
func read(doc *jsondoc.Doc, src []byte) error {
	tape := doc.Room(fewNodes)
	n := host.InputTape(jsondoc.TapeFormat, tape)
	if n > len(tape) {
		tape = doc.Room(n / jsondoc.NodeSize)
		n = host.InputTape(jsondoc.TapeFormat, tape)
	}
	if n <= len(tape) && doc.Adopt(src, n) {
		return nil
	}
	return doc.Reset(src)
}

const fewNodes = 96

// Fact is something the gateway knows about the call: config, function, source, destination, route, attempt, memo,
// received_at, method, path, query, remote_addr, header.NAME. It is false when there is no such fact.
func Fact(name string) (string, bool) {
	return ask(func(dst []byte) int { return host.Fact(name, dst) })
}

func fact(name string) string {
	s, _ := Fact(name)
	return s
}

// Lookup is what a table of the configuration ([tables.NAME]) has for key.
func Lookup(table, key string) (string, bool) {
	return ask(func(dst []byte) int { return host.Lookup(table, key, dst) })
}

// State is what SetState kept for key, for this source or destination.
func State(key string) (string, bool) {
	return ask(func(dst []byte) int { return host.StateGet(key, dst) })
}

// SetState keeps value for key until ttlSeconds have passed. It is written together with the call's result, or not at all.
func SetState(key, value string, ttlSeconds int64) { host.StateSet(key, value, ttlSeconds) }

// Algorithm is a way to sign.
type Algorithm int32

// The algorithms of Sign.
const (
	HMACSHA256 Algorithm = iota
	HMACSHA1
	HMACSHA512
)

// Sign is the MAC, in bytes, of data under a secret that the configuration grants by name; the plugin never sees the
// key. It is false when it was not granted.
func Sign(secret string, algorithm Algorithm, data []byte) ([]byte, bool) {
	var mac [64]byte
	n := host.Sign(secret, int32(algorithm), data, mac[:])
	if n < 0 || n > len(mac) {
		return nil, false
	}
	return mac[:n:n], true
}

// config is parsed once: it never changes for an instance.
var (
	config     jsondoc.Doc
	configRead bool
)

// Config is the plugin's configuration, as written in the source's, destination's or route's config. It lasts as long as
// the instance. Configuration that is not there reads as an absent value.
func Config() jsondoc.Value {
	if !configRead {
		configRead = true
		if text := fact("config"); text != "" {
			_ = config.Reset([]byte(text)) // written by the gateway: not JSON only if there is none
		}
	}
	return config.Root()
}

// DecodeConfig fills the struct that dst points to from the configuration, by the rules of jsondoc.Decode. Its error
// names the key: a wrong type, or a key that the struct does not have. Call it in Init.
func DecodeConfig(dst any) error {
	if c := Config(); c.Exists() {
		return jsondoc.DecodeStrict(c, dst)
	}
	return nil
}
