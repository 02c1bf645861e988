package condition

import (
	"fmt"
	"strconv"
	"strings"
	"sync"

	"github.com/expr-lang/expr/types"
	"github.com/expr-lang/expr/vm"

	"github.com/plugboard/plugboard/gateway/event"
	"github.com/plugboard/plugboard/sdk/jsondoc"
)

// memoryBudget bounds what one evaluation may collect, in list elements.
const memoryBudget = 100_000

// slot is one variable of an expression: a place in the event.
type slot struct {
	name      string
	path      string // as jsondoc has it
	kind      kind
	attribute func(*event.Event) *string // of what the Event holds itself; else nil

	steps  int  // instructions of the patterns that it is held against
	joined bool // with other texts
}

var attributes = map[string]func(*event.Event) *string{
	"id":           func(e *event.Event) *string { return &e.ID },
	"source":       func(e *event.Event) *string { return &e.Source },
	"type":         func(e *event.Event) *string { return &e.Type },
	"subject":      func(e *event.Event) *string { return &e.Subject },
	"partitionkey": func(e *event.Event) *string { return &e.PartitionKey },
}

func (s slot) exprType() types.Type {
	switch s.kind {
	case text_:
		return types.String
	case integer:
		return types.Int
	case number:
		return types.Float64
	case boolean:
		return types.Bool
	case texts:
		return types.TypeOf([]string(nil))
	}
	return types.Any
}

// View is one event as expressions see it: what one of them looked up, the next one finds. It serves one goroutine.
type View struct {
	event  *event.Event
	doc    jsondoc.Doc
	parsed bool
	broken error
	values map[string]any
	vm     vm.VM
}

var views = sync.Pool{New: func() any { return &View{values: make(map[string]any)} }}

// NewView gives a View of the event, which must not change before Release.
func NewView(e *event.Event) *View {
	v := views.Get().(*View)
	v.event = e
	v.vm.MemoryBudget = memoryBudget
	return v
}

// Release ends the View's use. Nothing read through it may be used afterwards but Eval's results.
func (v *View) Release() {
	clear(v.values)
	v.event, v.parsed, v.broken = nil, false, nil
	clear(v.vm.Stack[:cap(v.vm.Stack)]) // values of the event
	views.Put(v)
}

func (v *View) run(p *program) (any, error) {
	for i := range p.slots {
		s := &p.slots[i]
		if _, known := v.values[s.name]; known && s.steps == 0 && !s.joined {
			continue
		}
		value, err := v.read(s)
		if err != nil {
			return nil, err
		}
		v.values[s.name] = value
	}
	if p.code == nil {
		return v.values[p.slots[0].name], nil
	}
	result, err := v.vm.Run(p.code, v.values)
	if err != nil {
		return nil, failed(p.source, err)
	}
	return result, nil
}

func (v *View) read(s *slot) (any, error) {
	if s.attribute != nil && s.kind == text_ {
		return *s.attribute(v.event), nil
	}
	if !v.parsed {
		v.parsed, v.broken = true, v.doc.Reset(v.event.JSON)
	}
	if v.broken != nil {
		return nil, fmt.Errorf("condition: the event is not JSON: %w", v.broken)
	}
	value := v.doc.Get(s.path)
	if err := s.afford(value); err != nil {
		return nil, fmt.Errorf("condition: %s %w", s.path, err)
	}
	return convert(value, s.kind), nil
}

// convert reads a value as a kind; what is absent, or cannot be read so, is the kind's zero.
func convert(v jsondoc.Value, k kind) any {
	switch k {
	case text_:
		return v.Str()
	case integer:
		n, _ := v.Int()
		return int(n)
	case number:
		n, _ := strconv.ParseFloat(v.Str(), 64)
		return n
	case boolean:
		b, _ := v.Bool()
		return b
	case texts:
		var list []string
		if v.Kind() == jsondoc.Array {
			for _, element := range v.Each {
				list = append(list, element.Str())
			}
		}
		return list
	}
	if value := loose(v); value != nil {
		return value
	}
	return firsts[k]
}

var firsts = map[kind]any{counted: 0, decided: false, several: []any{}}

// loose reads a value that the model gives no type.
func loose(v jsondoc.Value) any {
	switch v.Kind() {
	case jsondoc.String:
		return v.Str()
	case jsondoc.Bool:
		b, _ := v.Bool()
		return b
	case jsondoc.Number:
		if n, ok := v.Int(); ok {
			return int(n)
		}
		n, _ := strconv.ParseFloat(v.Str(), 64)
		return n
	case jsondoc.Array:
		list := make([]any, 0, v.Len())
		for _, element := range v.Each {
			list = append(list, loose(element))
		}
		return list
	case jsondoc.Object:
		m := make(map[string]any, v.Len())
		for name, member := range v.Each {
			m[name] = loose(member)
		}
		return m
	}
	return nil
}

// text is a key's value as text, in memory of its own.
func text(value any) (string, error) {
	switch value := value.(type) {
	case nil:
		return "", nil
	case string:
		return strings.Clone(value), nil
	case int:
		return strconv.Itoa(value), nil
	case float64:
		return strconv.FormatFloat(value, 'f', -1, 64), nil
	case bool:
		return strconv.FormatBool(value), nil
	}
	return "", fmt.Errorf("condition: the key is a %T, not a text", value)
}
