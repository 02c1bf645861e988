package toolchain

import (
	"crypto/sha256"
	"encoding/hex"
	"fmt"
	"maps"
	"os"
	"path/filepath"
	"slices"

	"github.com/plugboard/plugboard"
)

// kit gives the folder of the SDK for a build of the plugin in folder: the copy that the folder has (plugboard/), else
// the sources that this program carries, laid down in the user's cache folder. So a plugin builds the same wherever the
// program is, with no registry, and one with a copy keeps the SDK it was written for.
func (l Language) kit(folder string) (string, error) {
	if !l.SDK {
		return "", nil
	}
	own := filepath.Join(folder, "plugboard")
	if st, err := os.Stat(own); err == nil && st.IsDir() {
		return own, nil
	}
	cache, err := os.UserCacheDir()
	if err != nil {
		return "", fmt.Errorf("no cache folder for the SDK: %w; set HOME or XDG_CACHE_HOME", err)
	}
	src, err := plugboard.SDK(l.Name)
	if err != nil {
		return "", err
	}
	return layOnce(src, filepath.Join(cache, "plugboard", "sdk"), l.Name)
}

// layOnce writes the files to a folder of dir that is named for what they hold, unless it is there already.
func layOnce(files plugboard.Files, dir, name string) (string, error) {
	sum := sha256.New()
	for _, path := range slices.Sorted(maps.Keys(files)) {
		_, _ = fmt.Fprintf(sum, "%s %d\n%s", path, len(files[path]), files[path]) // a hash takes everything
	}
	folder := filepath.Join(dir, name+"-"+hex.EncodeToString(sum.Sum(nil)[:8]))
	if _, err := os.Stat(folder); err == nil {
		return folder, nil
	}
	if err := os.MkdirAll(dir, 0o700); err != nil {
		return "", err
	}
	tmp, err := os.MkdirTemp(dir, ".laying-*")
	if err != nil {
		return "", err
	}
	defer os.RemoveAll(tmp) //nolint:errcheck // gone after the rename; otherwise the error that counts is below
	if err := files.Write(tmp); err != nil {
		return "", fmt.Errorf("laying down the SDK: %w", err)
	}
	err = os.Rename(tmp, folder)
	if _, there := os.Stat(folder); there == nil { // if not by us then by another build, a moment sooner
		err = nil
	}
	return folder, err
}
