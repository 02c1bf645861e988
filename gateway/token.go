package gateway

import (
	"crypto/rand"
	"encoding/hex"
	"errors"
	"fmt"
	"io/fs"
	"os"
	"path/filepath"
	"strings"
)

// TokenFile is the file in the queue's folder that holds the API's token for this machine, with the role admin. The gateway
// makes it once, readable by its own user alone, so that there is no default token and nothing to set up. Others are made
// with it (package access).
const TokenFile = "admin.token"

// adminToken reads the token, or makes one of 256 random bits.
func adminToken(dir string) (string, error) {
	file := filepath.Join(dir, TokenFile)
	have, err := os.ReadFile(file)
	if err == nil {
		if token := strings.TrimSpace(string(have)); token != "" {
			return token, nil
		}
		return "", fmt.Errorf("%s is empty; remove it and a new token is made", file)
	}
	if !errors.Is(err, fs.ErrNotExist) {
		return "", fmt.Errorf("the API's token: %w", err)
	}
	var random [32]byte
	_, _ = rand.Read(random[:]) // it does not return errors: it ends the program
	token := hex.EncodeToString(random[:])
	if err := os.MkdirAll(dir, 0o700); err != nil {
		return "", fmt.Errorf("the queue's folder: %w", err)
	}
	if err := os.WriteFile(file, []byte(token+"\n"), 0o600); err != nil {
		return "", fmt.Errorf("the API's token: %w", err)
	}
	return token, nil
}
