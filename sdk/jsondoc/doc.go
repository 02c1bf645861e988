// Package jsondoc reads and writes JSON without reflection, without maps and, once warm, without allocating: small
// enough for a WebAssembly guest, fast enough for the hot path of its host.
//
// A Doc parses a text once into a flat tape, one node for each value: its kind, where it starts and ends in the text,
// where its name stands, and which node follows its whole subtree. Going over an object's members is then a walk from
// sibling to sibling, and nothing is copied or converted until it is asked for. Numbers stay the text they are, so that
// identifiers past 2^53 come through unharmed.
//
// The reader is strict (RFC 8259): one value, no trailing commas, no comments, no control characters in strings, valid
// UTF-8, nesting of at most MaxDepth. Where the RFC leaves it open: of members with the same name the last one wins, as
// in JavaScript and encoding/json, and a lone surrogate written as \ud800 reads as U+FFFD.
//
// A Builder is the way out: values are set by path in any order, absent ones leave no trace, and the text is written in
// one pass at the end.
package jsondoc

// MaxDepth is how deep arrays and objects may nest.
const MaxDepth = 512

// maxLen keeps every offset of the tape within 32 bits, with room for one past the end.
const maxLen = 1<<31 - 2

// Kind is the kind of a JSON value.
type Kind uint8

// The kinds. Absent is the kind of a Value that is not in its document.
const (
	Absent Kind = iota
	Null
	Bool
	Number
	String
	Array
	Object
)

// node is one value on the tape. Offsets are bytes into the source; those of strings and names exclude the quotes.
type node struct {
	kind    Kind
	flags   uint8
	start   int32
	end     int32
	nameAt  int32 // -1: an array's element, or the root
	nameEnd int32
	next    int32  // the node after this one's subtree
	sign    uint64 // of the name, escapes undone
}

const (
	escaped     = 1 << iota // the string holds a backslash
	nameEscaped             // so does its name
	carried                 // taken: left out of what remains
)

// A Doc is a parsed JSON text. The zero Doc holds nothing and is ready for Reset; a Doc that is used again keeps its
// memory. It is not safe for concurrent use while Reset or Take run.
type Doc struct {
	src  []byte
	tape []node
}

// Parse reads src into a new Doc, which keeps src: it must not change while the Doc is in use.
func Parse(src []byte) (*Doc, error) {
	d := new(Doc)
	if err := d.Reset(src); err != nil {
		return nil, err
	}
	return d, nil
}

// Reset reads src in place of what d held; Values of before are void. The Doc keeps src, and strings read from it share
// its memory: src must not change while they are in use. After an error, a *SyntaxError, the Doc is empty.
func (d *Doc) Reset(src []byte) error {
	d.src, d.tape = src, d.tape[:0]
	if err := d.parse(); err != nil {
		d.src, d.tape = nil, d.tape[:0]
		return err
	}
	return nil
}

// Root is the outermost value; absent when the Doc is empty.
func (d *Doc) Root() Value {
	if len(d.tape) == 0 {
		return Value{}
	}
	return Value{doc: d}
}

// Get is Root().Get(path).
func (d *Doc) Get(path string) Value { return d.Root().Get(path) }

// Take is Root().Take(path).
func (d *Doc) Take(path string) Value { return d.Root().Take(path) }

// SyntaxError says why a text is not JSON.
type SyntaxError struct {
	Reason string // without a full stop
	Offset int    // bytes before the fault
}

func (e *SyntaxError) Error() string {
	var digits [20]byte
	return e.Reason + " (byte " + string(appendInt(digits[:0], int64(e.Offset))) + ")"
}
