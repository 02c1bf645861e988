package toolchain

import (
	"bytes"
	"crypto/sha256"
	"encoding/hex"
	"fmt"
	"io/fs"
	"os"
	"os/exec"
	"path/filepath"
	"slices"
	"strings"
)

// notSources are folders of a plugin that its module is not made of.
var notSources = []string{"testdata", "node_modules", "target"}

// inputs is a hash of all that a build depends on: the plugin's files, the command with the SDK's folder, which is named
// for what is in it or is a copy among the plugin's files, and the compilers as they are on disk. "" for a language that does not promise
// that this is all (Go, whose own cache knows better).
func (l Language) inputs(job Job, cmd *exec.Cmd) (string, error) {
	if !l.SDK {
		return "", nil
	}
	sum := sha256.New()
	say := func(format string, a ...any) { _, _ = fmt.Fprintf(sum, format+"\n", a...) } // a hash takes everything
	say("%s %s %q", l.Name, job.SDK, cmd.Args)
	for _, tool := range job.Tools {
		info, err := os.Stat(tool)
		if err != nil {
			return "", err
		}
		say("%s %d %v", tool, info.Size(), info.ModTime())
	}
	err := filepath.WalkDir(job.Folder, func(path string, e fs.DirEntry, err error) error {
		switch {
		case err != nil:
			return err
		case path != job.Folder && (strings.HasPrefix(e.Name(), ".") || e.IsDir() && slices.Contains(notSources, e.Name())):
			if e.IsDir() {
				return filepath.SkipDir
			}
			return nil
		case e.IsDir():
			return nil
		}
		text, err := os.ReadFile(path)
		say("%s %d", strings.TrimPrefix(path, job.Folder), len(text))
		sum.Write(text)
		return err
	})
	return hex.EncodeToString(sum.Sum(nil)), err
}

// stamp is the file beside what was made that says of what.
func stamp(made string) string { return made + ".inputs" }

// upToDate says whether what was made last was made of the same.
func upToDate(made, inputs string) bool {
	if _, err := os.Stat(made); err != nil || inputs == "" {
		return false
	}
	have, err := os.ReadFile(stamp(made))
	return err == nil && bytes.Equal(have, []byte(inputs))
}
