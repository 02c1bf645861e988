package badgerqueue

import (
	"encoding/binary"

	badger "github.com/dgraph-io/badger/v4"
)

// partSize bounds one value. It lies far below Badger's threshold for the value log, which nobody syncs and whose garbage is
// hardly ever collected. A longer request set aside goes on under its key with a part's number behind it.
const partSize = 256 << 10

// newParted starts a record of up to size bytes that may have to be split, and says how many more parts it gets.
func newParted(size int) (b []byte, more int) {
	more = max(0, size-1) / partSize
	return binary.AppendUvarint(newRecord(size+4), uint64(more)), more
}

// split cuts a record that newParted began.
func split(b []byte, more int) [][]byte {
	if more == 0 {
		return [][]byte{b}
	}
	out := make([][]byte, 0, more+1)
	share := (len(b) + more) / (more + 1)
	out = append(out, b[:share:share])
	for rest := b[share:]; len(out) <= more; {
		n := min(share, len(rest))
		out = append(out, append(newRecord(n), rest[:n]...))
		rest = rest[n:]
	}
	return out
}

// parts reads how many more parts there are.
func (f *fields) parts() int {
	n := f.uint()
	if n > 1<<16 {
		f.fail()
		return 0
	}
	return int(n)
}

// join reads the further parts of the record at key behind what is left of the first.
func (f *fields) join(txn *badger.Txn, key []byte, more int) error {
	for part := 1; part <= more; part++ {
		partKey := appendPartKey(nil, key, part)
		v, err := readValue(txn, partKey)
		if err != nil {
			return err
		}
		if v == nil {
			return corrupt(partKey, "missing")
		}
		p, err := unseal(partKey, v)
		if err != nil {
			return err
		}
		f.rest = append(f.rest[:len(f.rest):len(f.rest)], p.rest...)
	}
	return nil
}

// putParts writes a record in its parts.
func (b *batch) putParts(key []byte, parts [][]byte, expires int64) {
	b.put(key, parts[0], 0, expires)
	for i, part := range parts[1:] {
		b.put(appendPartKey(b.key(), key, i+1), part, 0, expires)
	}
}
