// Package gatewaytest helps tests that run whole gateways: configurations with real plugins or without any, load, a
// receiver, what was accepted and must be there afterwards, and the planted bug that such a test has to find.
package gatewaytest

import (
	"context"
	"crypto/sha256"
	"encoding/hex"
	"errors"
	"fmt"
	"os"
	"path/filepath"
	"sync"
	"testing"

	"github.com/plugboard/plugboard/gateway/toolchain"
)

// built holds the folder of built plugins of this test process, made at first use.
var built struct {
	once sync.Once
	dir  string
	err  error
}

// Plugins builds the bundled plugins, once for each test process, and gives the folder that holds them. What was
// built before comes out of the toolchain's cache.
func Plugins(t testing.TB) string {
	t.Helper()
	built.once.Do(func() { built.dir, built.err = buildPlugins() })
	if built.err != nil {
		t.Fatal(built.err)
	}
	return built.dir
}

// Root is the repository's folder: the one with go.mod at or above the test's own.
func Root() (string, error) {
	dir, err := os.Getwd()
	for err == nil {
		if _, missing := os.Stat(filepath.Join(dir, "go.mod")); missing == nil {
			return dir, nil
		}
		if dir == filepath.Dir(dir) {
			err = errors.New("no go.mod at or above the test's folder")
		}
		dir = filepath.Dir(dir)
	}
	return "", err
}

func buildPlugins() (string, error) {
	root, err := Root()
	if err != nil {
		return "", err
	}
	folders, err := toolchain.Sources(filepath.Join(root, "plugins"))
	if err != nil {
		return "", err
	}
	cache, err := os.UserCacheDir()
	if err != nil {
		return "", err
	}
	// A folder that stays, one for each checkout, so that the next test process finds the files in place.
	sum := sha256.Sum256([]byte(root))
	dir := filepath.Join(cache, "plugboard", "test-plugins", hex.EncodeToString(sum[:8]))
	for _, folder := range folders {
		if _, _, err := toolchain.Build(context.Background(), folder, dir); err != nil {
			return "", fmt.Errorf("building a bundled plugin: %w", err)
		}
	}
	return dir, nil
}
