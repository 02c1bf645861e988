package badgerqueue

import (
	"errors"
	"fmt"
	"log/slog"
	"strings"
)

// badgerLog passes Badger's own messages on: its chatter is of use only to whoever debugs the store. Some of them are the
// only word of a write that failed in the background, which Badger tries again, for ever, as if nothing had happened.
type badgerLog struct {
	*slog.Logger
	s *store
}

// background are Badger's messages for a table, a list of tables or a log that could not be written or synced.
var background = []string{"error flushing memtable", "Compact FAILED", "curlf sync"}

func (l badgerLog) Errorf(f string, a ...any)   { l.heed(f, a); l.Error("badger: " + trimf(f, a)) }
func (l badgerLog) Warningf(f string, a ...any) { l.heed(f, a); l.Warn("badger: " + trimf(f, a)) }
func (l badgerLog) Infof(f string, a ...any)    { l.Debug("badger: " + trimf(f, a)) }
func (l badgerLog) Debugf(string, ...any)       {}

// heed fails the queue for a message that tells of a failed write.
func (l badgerLog) heed(f string, a []any) {
	for _, sign := range background {
		if fail := l.s.trouble.Load(); fail != nil && strings.Contains(f, sign) {
			(*fail)(errors.New("badgerqueue: a write in the background failed, nothing more is accepted before a restart: " + trimf(f, a)))
		}
	}
}

func trimf(f string, a []any) string { return strings.TrimSpace(fmt.Sprintf(f, a...)) }
