// Package certificate is what a listener of the gateway shows over TLS: read at the start, and again when a handshake finds
// the files changed, so that whatever renews them need not tell anybody.
package certificate

import (
	"crypto/tls"
	"fmt"
	"log/slog"
	"net/netip"
	"os"
	"strings"
	"sync"
	"time"

	"github.com/plugboard/plugboard/gateway/config"
)

// Load reads a certificate and its key, which have to belong together. The setting is named in the error: "tls".
func Load(setting string, files config.TLS) (*tls.Certificate, error) {
	pair, err := tls.LoadX509KeyPair(files.Cert, files.Key)
	if err != nil {
		return nil, fmt.Errorf("the certificate of [server] %s: %w", setting, err)
	}
	return &pair, nil
}

// lookAgain is how often the files are looked at, at most.
const lookAgain = time.Second

// Keeper keeps a certificate fresh. A file that cannot be read is refused with a word in the log, and the old one goes on.
// It is safe for concurrent use.
type Keeper struct {
	setting string
	files   config.TLS
	log     *slog.Logger

	mu      sync.Mutex
	current *tls.Certificate
	state   string // of the files
	looked  time.Time
}

// Keep takes over a certificate that Load has read.
func Keep(setting string, files config.TLS, first *tls.Certificate, log *slog.Logger) *Keeper {
	return &Keeper{setting: setting, files: files, log: log, current: first, state: stateOf(files)}
}

// Config is TLS 1.2 or later with the certificate as it is at each handshake.
func (k *Keeper) Config() *tls.Config {
	return &tls.Config{MinVersion: tls.VersionTLS12, GetCertificate: func(*tls.ClientHelloInfo) (*tls.Certificate, error) { return k.now(), nil }}
}

func (k *Keeper) now() *tls.Certificate {
	k.mu.Lock()
	defer k.mu.Unlock()
	if now := time.Now(); now.Sub(k.looked) >= lookAgain {
		k.looked = now
		k.refresh()
	}
	return k.current
}

// Reload looks at the files now.
func (k *Keeper) Reload() {
	k.mu.Lock()
	defer k.mu.Unlock()
	k.refresh()
}

// Names are those that the certificate is for, in lower case; a name with a star is left out.
func (k *Keeper) Names() []string {
	k.mu.Lock()
	defer k.mu.Unlock()
	var names []string
	for _, name := range k.current.Leaf.DNSNames {
		if _, err := netip.ParseAddr(name); err != nil && !strings.Contains(name, "*") {
			names = append(names, strings.ToLower(name))
		}
	}
	return names
}

// refresh is called with the lock held.
func (k *Keeper) refresh() {
	state := stateOf(k.files)
	if state == k.state {
		return
	}
	k.state = state
	fresh, err := Load(k.setting, k.files)
	if err != nil {
		k.log.Error("the new certificate cannot be used; the old one goes on", "err", err)
		return
	}
	k.current = fresh
	k.log.Info("certificate loaded", "setting", k.setting, "until", fresh.Leaf.NotAfter)
}

// stateOf changes when one of the files does.
func stateOf(c config.TLS) (state string) {
	for _, name := range []string{c.Cert, c.Key} {
		if info, err := os.Stat(name); err == nil {
			state += fmt.Sprintf("%d %d ", info.ModTime().UnixNano(), info.Size())
		}
	}
	return state
}
