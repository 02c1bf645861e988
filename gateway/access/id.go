package access

import (
	"crypto/rand"
	"encoding/hex"
	"fmt"
	"time"
)

// NewID is a name that nothing else has, small letters and digits behind the prefix. Those made later order later.
func NewID(prefix string, now time.Time) string {
	var random [6]byte
	_, _ = rand.Read(random[:]) // it does not return errors: it ends the program
	return fmt.Sprintf("%s%012x%s", prefix, now.UnixMilli(), hex.EncodeToString(random[:]))
}
