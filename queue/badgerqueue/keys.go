package badgerqueue

import (
	"crypto/sha256"
	"encoding/binary"
	"fmt"
)

// The first byte of a key says what the record is. Numbers follow in big-endian form, so that keys sort by them.
const (
	kindEvent    = 'e' // e|seq                      an event, and where its body stands
	kindDelivery = 'q' // q|line|seq                 a delivery
	kindName     = 'n' // n|destination              the number of its line
	kindMeta     = 'm' // m|line                     floor and counts of a line; line 0: the whole queue
	kindTimer    = 't' // t|line|due|seq             a delivery that waits for a retry
	kindFollower = 'k' // k|line|hash|seq            a delivery parked behind others of its ordering key
	kindDead     = 'x' // x|line|seq                 a dead letter
	kindIdentity = 'i' // i|hash of the id|source    an event's identity, for repeats and for finding it
	kindAttempt  = 'a' // a|line|seq|number          an attempt before the last one
	kindNewest   = 'l' // l|line|hash                the newest delivery of a key, where it replaces others
	kindReplay   = 'r' // r|event|line|seq           a later delivery of the same event
	kindSegment  = 'j' // j|segment                  bytes of the journal's segment that stand
	kindState    = 'v' // v|owner|0|key              what a plugin remembers
	kindRecord   = 'g' // g|kind|0|key               what was set up at run time
	kindRejected = 'z' // z|seq[|part]               a request set aside
	kindMarked   = 'b' // b                          a mark stands beside the store
)

func appendLine(key []byte, kind byte, line uint32) []byte {
	return binary.BigEndian.AppendUint32(append(key, kind), line)
}

func appendEventKey(key []byte, seq uint64) []byte {
	return binary.BigEndian.AppendUint64(append(key, kindEvent), seq)
}

// appendPartKey makes the key of a further part of the record at whole.
func appendPartKey(key, whole []byte, part int) []byte {
	return binary.BigEndian.AppendUint16(append(key, whole...), uint16(part))
}

// isPart says whether a z key is that of a further part.
func isPart(key []byte) bool { return len(key) > 9 }

func appendDeliveryKey(key []byte, line uint32, seq uint64) []byte {
	return binary.BigEndian.AppendUint64(appendLine(key, kindDelivery, line), seq)
}

func appendDeadKey(key []byte, line uint32, seq uint64) []byte {
	return binary.BigEndian.AppendUint64(appendLine(key, kindDead, line), seq)
}

func appendTimerKey(key []byte, line uint32, due int64, seq uint64) []byte {
	key = binary.BigEndian.AppendUint64(appendLine(key, kindTimer, line), uint64(due))
	return binary.BigEndian.AppendUint64(key, seq)
}

func appendChainKey(key []byte, line uint32, hash uint64) []byte {
	return binary.BigEndian.AppendUint64(appendLine(key, kindFollower, line), hash)
}

func appendFollowerKey(key []byte, line uint32, hash, seq uint64) []byte {
	return binary.BigEndian.AppendUint64(appendChainKey(key, line, hash), seq)
}

func appendNewestKey(key []byte, line uint32, hash uint64) []byte {
	return binary.BigEndian.AppendUint64(appendLine(key, kindNewest, line), hash)
}

func appendAttemptKey(key []byte, line uint32, seq uint64, number int) []byte {
	key = binary.BigEndian.AppendUint64(appendLine(key, kindAttempt, line), seq)
	return binary.BigEndian.AppendUint32(key, uint32(number))
}

func appendReplayKey(key []byte, event uint64, line uint32, seq uint64) []byte {
	key = binary.BigEndian.AppendUint64(append(key, kindReplay), event)
	key = binary.BigEndian.AppendUint32(key, line)
	return binary.BigEndian.AppendUint64(key, seq)
}

func appendRejectedKey(key []byte, seq uint64) []byte {
	return binary.BigEndian.AppendUint64(append(key, kindRejected), seq)
}

func appendSegmentKey(key []byte, number uint64) []byte {
	return binary.BigEndian.AppendUint64(append(key, kindSegment), number)
}

func appendRecordKey(b []byte, kind, key string) []byte {
	return append(append(append(append(b, kindRecord), kind...), 0), key...)
}

func appendNameKey(key []byte, name string) []byte { return append(append(key, kindName), name...) }

func appendMetaKey(key []byte, line uint32) []byte { return appendLine(key, kindMeta, line) }

// identity is what makes an event the same as another one. The ID stands first and hashed, so that an event can be found
// without knowing its source, and so that a long ID makes no long key.
type identity struct {
	hash   [16]byte
	source string
}

func identityOf(source, id string) identity {
	var room [128]byte // on the stack
	sum := sha256.Sum256(append(room[:0], id...))
	return identity{hash: [16]byte(sum[:16]), source: source}
}

func (i identity) appendKey(key []byte) []byte {
	return append(append(append(key, kindIdentity), i.hash[:]...), i.source...)
}

// hashOf gives the number that stands for an ordering key; 0 means no key. Two keys with the same number only wait for
// each other; the hash is cryptographic so that nobody can make two such keys on purpose.
func hashOf(key string) uint64 {
	if key == "" {
		return 0
	}
	var room [128]byte // on the stack
	sum := sha256.Sum256(append(room[:0], key...))
	return max(1, binary.BigEndian.Uint64(sum[:8]))
}

// maxKey is how much of an ordering key is stored, in bytes.
const maxKey = 1 << 10

// shortKey gives an ordering key as it is stored: a very long one by its beginning and its hash.
func shortKey(key string) string {
	if len(key) <= maxKey {
		return key
	}
	return fmt.Sprintf("%s…%x", key[:maxKey], sha256.Sum256([]byte(key)))
}

// seqOf reads the number at the end of a key.
func seqOf(key []byte) uint64 { return binary.BigEndian.Uint64(key[len(key)-8:]) }

// dueOf reads the time in a t key.
func dueOf(key []byte) int64 { return int64(binary.BigEndian.Uint64(key[5:])) } //nolint:gosec // as it was written

// lineOf reads the line of a q, m, t, k, l, x or a key.
func lineOf(key []byte) uint32 { return binary.BigEndian.Uint32(key[1:]) }

// keyString shows a key to a person: in error messages and audit reports.
func keyString(key []byte) string {
	if len(key) == 0 {
		return "(empty key)"
	}
	rest := key[1:]
	out := string(key[:1])
	for _, width := range keyLayouts[key[0]] {
		if len(rest) < width {
			break
		}
		switch width {
		case 2:
			out += fmt.Sprintf("/%d", binary.BigEndian.Uint16(rest))
		case 4:
			out += fmt.Sprintf("/%d", binary.BigEndian.Uint32(rest))
		case 8:
			out += fmt.Sprintf("/%d", binary.BigEndian.Uint64(rest))
		default:
			out += fmt.Sprintf("/%x", rest[:width])
		}
		rest = rest[width:]
	}
	if len(rest) > 0 {
		out += fmt.Sprintf("/%q", rest)
	}
	return out
}

// keyLayouts gives the widths of the fixed fields behind the first byte.
var keyLayouts = map[byte][]int{
	kindEvent: {8}, kindSegment: {8}, kindDelivery: {4, 8}, kindMeta: {4}, kindTimer: {4, 8, 8}, kindFollower: {4, 8, 8}, kindNewest: {4, 8},
	kindDead: {4, 8}, kindIdentity: {16}, kindAttempt: {4, 8, 4}, kindReplay: {8, 4, 8}, kindRejected: {8, 2},
}
