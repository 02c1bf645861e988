// A plugin written against the bare imports, for the tests and benchmarks of the host: receive reads JSON with a scanner
// of its own, transform with encoding/json, format does as its input says, judge makes garbage.
package main

import (
	"encoding/json"
	"fmt"
	"os"
	"strings"
	"time"
	"unsafe"
)

//go:wasmimport plugboard_v1 input_size
func inputSize() int32

//go:wasmimport plugboard_v1 input_read
func inputRead(dst unsafe.Pointer, offset, n int32) int32

//go:wasmimport plugboard_v1 output_write
func outputWrite(src unsafe.Pointer, n int32)

//go:wasmimport plugboard_v1 log
func hostLog(level int32, src unsafe.Pointer, n int32)

var in, out []byte

func read() []byte {
	n := int(inputSize())
	if cap(in) < n {
		in = make([]byte, n)
	}
	in = in[:n]
	return in[:inputRead(unsafe.Pointer(unsafe.SliceData(in)), 0, int32(n))]
}

func write(b []byte) { outputWrite(unsafe.Pointer(unsafe.SliceData(b)), int32(len(b))) }

// field finds the value of a name in flat JSON without blanks around colons: enough for a measurement.
func field(doc []byte, name string) []byte {
	for i := 0; i+len(name)+4 < len(doc); i++ {
		if doc[i] != '"' || string(doc[i+1:i+1+len(name)]) != name || doc[i+1+len(name)] != '"' {
			continue
		}
		i += len(name) + 3
		end := i
		if doc[i] == '"' {
			for end++; end < len(doc) && doc[end] != '"'; end++ {
			}
			return doc[i : end+1]
		}
		for ; end < len(doc) && doc[end] != ',' && doc[end] != '}'; end++ {
		}
		return doc[i:end]
	}
	return []byte("null")
}

//go:wasmexport receive
func receive() int32 {
	doc := read()
	out = append(out[:0], `{"events":[{"type":"agent.state.changed","data":{`...)
	for i, name := range [...]string{"account_id", "id", "agent_id", "work_item_id", "previous_state", "current_state", "updated_at", "channel"} {
		if i > 0 {
			out = append(out, ',')
		}
		out = append(out, '"')
		out = append(out, name...)
		out = append(out, '"', ':')
		out = append(out, field(doc, name)...)
	}
	out = append(out, "}}]}"...)
	write(out)
	return 0
}

type event struct {
	Type   string `json:"type"`
	ID     string `json:"id"`
	Detail struct {
		AgentID  int64  `json:"agent_id"`
		Previous string `json:"previous_state"`
		Current  string `json:"current_state"`
		Channel  string `json:"channel"`
	} `json:"detail"`
}

//go:wasmexport transform
func transform() int32 {
	var e event
	if err := json.Unmarshal(read(), &e); err != nil {
		panic(err)
	}
	b, err := json.Marshal(map[string]any{"events": []event{e}})
	if err != nil {
		panic(err)
	}
	write(b)
	return 0
}

//go:wasmexport format
func format() int32 {
	switch what := string(read()); what {
	case "panic":
		panic("the guest's own words")
	case "nil":
		var p *event
		return int32(len(p.ID))
	case "loop":
		for i := 0; ; i++ {
			in = append(in[:0], byte(i))
		}
	case "recurse":
		write([]byte{byte(depth(1))})
	case "sleep":
		time.Sleep(time.Hour)
	case "nap":
		time.Sleep(time.Millisecond)
	case "exit":
		os.Exit(7)
	case "print":
		fmt.Fprintln(os.Stderr, "to standard error")
		fmt.Println("to standard output")
		b := []byte("by the import")
		hostLog(3, unsafe.Pointer(unsafe.SliceData(b)), int32(len(b)))
	case "files":
		_, err := os.ReadFile("/etc/hostname")
		_, env := os.LookupEnv("PATH")
		write(fmt.Appendf(nil, "%v %v %v", err != nil, env, len(os.Environ())))
	case "clock":
		write(fmt.Append(nil, time.Now().UnixNano()))
	default:
		if text, ok := strings.CutPrefix(what, "twist "); ok {
			what = twist(text)
		}
		write([]byte(what))
	}
	return 0
}

//go:noinline
func depth(n int) int { return depth(n+1) + n }

var kept [64][]byte

//go:wasmexport judge
func judge() int32 {
	for i := range 200 {
		kept[i%len(kept)] = make([]byte, 1000+i)
	}
	return 0
}

func main() {}
