package wasm

import (
	"slices"

	"github.com/plugboard/plugboard/sdk/jsondoc"
)

// extism is what a call of an Extism plugin has besides: blocks of memory, one behind the other. It is used again by the
// next call.
type extism struct {
	bytes  []byte        // up to the end of the last block
	whole  []byte        // of its page
	blocks []extismBlock // in the order of their places
	most   int           // bytes that were in use at a time
	input  uint64        // where the input stands as a block; 0: nowhere
	err    string        // what error_set was given
	config *jsondoc.Doc  // the configuration, read once for an instance
}

type extismBlock struct{ at, size uint64 }

// Blocks begin at multiples of extismAlign; 0 is no place. All of a call's blocks together may take extismShare times what
// its output may. Behind the last one the memory goes on to a multiple of extismPage: in Extism's own host it is the rest of a
// page, and a kit of theirs writes there (a text's length in UTF-16, its bytes in UTF-8).
const (
	extismAlign = 8
	extismShare = 4
	extismPage  = 4 << 10
)

// alloc gives the place of a block of n bytes, whose content is rubbish of the same call; 0 for none.
func (x *extism) alloc(c *call, n uint64) uint64 {
	if n == 0 {
		return 0
	}
	at := (uint64(len(x.bytes)) + 2*extismAlign - 1) / extismAlign * extismAlign
	most := uint64(extismShare * c.plugin.limits.Output) //nolint:gosec // a limit is not negative
	if n > most || at+n > most {
		c.fail(Limited, "alloc: its blocks take more than %s", size(extismShare*c.plugin.limits.Output))
	}
	x.whole = x.page(int(at + n)) //nolint:gosec // within the limit
	x.bytes = x.whole[:at+n]
	x.most = max(x.most, len(x.bytes))
	x.blocks = append(x.blocks, extismBlock{at, n})
	return at
}

// page gives n bytes of memory and what lies behind them in their page.
func (x *extism) page(n int) []byte {
	end := (n + extismPage - 1) / extismPage * extismPage
	if end > cap(x.bytes) {
		x.bytes = slices.Grow(x.bytes, end-len(x.bytes))
	}
	return x.bytes[:end]
}

// put makes a block of bytes.
func (x *extism) put(c *call, b []byte) uint64 {
	at := x.alloc(c, uint64(len(b)))
	copy(x.bytes[at:], b)
	return at
}

// free gives room back where that is cheap: of the last block. The others go with the call.
func (x *extism) free(at uint64) {
	last := len(x.blocks) - 1
	if last < 0 || x.blocks[last].at != at || at == x.input {
		return
	}
	x.blocks = x.blocks[:last]
	x.bytes = x.bytes[:0]
	if last > 0 {
		x.bytes = x.bytes[:x.blocks[last-1].at+x.blocks[last-1].size]
	}
}

// block gives the block that begins at a place; nothing when none does.
func (x *extism) block(at uint64) []byte {
	i, ok := slices.BinarySearchFunc(x.blocks, at, func(b extismBlock, at uint64) int {
		switch {
		case b.at < at:
			return -1
		case b.at > at:
			return 1
		}
		return 0
	})
	if !ok {
		return nil
	}
	return x.bytes[at : at+x.blocks[i].size]
}

// at gives n bytes of the blocks' memory.
func (x *extism) at(c *call, what string, at, n uint64) []byte {
	return part(c, what, x.whole, at, n)
}

// part gives n bytes at a place, which have to be there.
func part(c *call, what string, b []byte, at, n uint64) []byte {
	if all := uint64(len(b)); n > all || at > all-n {
		c.fail(Trapped, "%s: %d bytes at %d lie outside a memory of %d bytes", what, n, at, all)
	}
	return b[at : at+n]
}

// name gives a block as a short string.
func (x *extism) name(c *call, what string, at uint64) string {
	b := x.block(at)
	if len(b) > maxName {
		c.fail(Limited, "%s: a name of more than %s", what, size(maxName))
	}
	return string(b)
}

// end forgets a call. The next one finds nothing of it, though it is of the same plugin.
func (x *extism) end() {
	if x.most > pageSize {
		x.bytes, x.blocks = nil, nil
	}
	clear(x.page(min(x.most, cap(x.bytes)))) // some memory behind the last block, too, may have been written
	x.bytes, x.whole, x.blocks = x.bytes[:0], nil, x.blocks[:0]
	x.most, x.input, x.err = 0, 0, ""
}
