package jsondoc

import (
	"encoding/binary"
	"unsafe"
)

// A tape can be handed from the host, which makes it fast, to a guest, which would be slow: both have the same nodes. In
// TapeFormat 1 a node is 32 bytes, its numbers with the lowest byte first:
//
//	0  kind: 1 null, 2 boolean, 3 number, 4 string, 5 array, 6 object
//	1  flags: 1 the string holds a backslash, 2 its name does
//	4  start   8 end      of the value in the text, in bytes; of a string without its quotes
//	12 start   16 end     of its name, likewise; start is -1 where it has none
//	20 the number of the node behind its last descendant
//	24 the sign of the name with its escapes undone (see sign)
//
// The root is the first node, and descendants follow what they are in.

// TapeFormat is the number of the format that Tape gives and Adopt takes.
const TapeFormat = 1

// NodeSize is the length of a node in bytes.
const NodeSize = 32

var _ [NodeSize]byte = [unsafe.Sizeof(node{})]byte{}

// Tape is what Reset has read, for Adopt elsewhere. It is valid until the next Reset.
func (d *Doc) Tape() []byte {
	tape := raw(d.tape)
	if binary.NativeEndian.Uint16([]byte{1, 0}) != 1 {
		return d.portable()
	}
	return tape
}

// portable is the tape on a processor that stores the highest byte first.
func (d *Doc) portable() []byte {
	out := make([]byte, 0, len(d.tape)*NodeSize)
	for i := range d.tape {
		n := &d.tape[i]
		out = append(out, byte(n.kind), n.flags, 0, 0)
		for _, v := range [...]int32{n.start, n.end, n.nameAt, n.nameEnd, n.next} {
			out = binary.LittleEndian.AppendUint32(out, uint32(v))
		}
		out = binary.LittleEndian.AppendUint64(out, n.sign)
	}
	return out
}

// Room is memory for a tape of at least so many nodes, to be filled and then adopted. What d held is void.
func (d *Doc) Room(nodes int) []byte {
	d.src = nil
	if cap(d.tape) < nodes {
		d.tape = make([]node, 0, nodes)
	}
	d.tape = d.tape[:0]
	return raw(d.tape[:cap(d.tape)])
}

// Adopt takes the first size bytes of what Room gave for the tape of src. They are believed: they must come from Tape, of
// the same text. It is false, and d empty, if that cannot be.
func (d *Doc) Adopt(src []byte, size int) bool {
	n := size / NodeSize
	if size <= 0 || size%NodeSize != 0 || n > cap(d.tape) {
		return false
	}
	d.src, d.tape = src, d.tape[:n]
	return true
}

func raw(tape []node) []byte {
	return unsafe.Slice((*byte)(unsafe.Pointer(unsafe.SliceData(tape))), len(tape)*NodeSize)
}
