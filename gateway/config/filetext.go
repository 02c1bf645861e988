package config

import (
	"fmt"
	"io"
	"os"
	"strings"
)

const maxFile = 1 << 20 // bytes that {{file.PATH}} may bring in

// fileText is the text of a file, less one line end at its end. In a plugin's config the file is a part of the
// template, so references in it are filled in too.
func (r *reader) fileText(n node, name string, use usage) (text, bool) {
	path := r.beside(name)
	content, err := readBounded(path)
	if err != nil {
		r.missing(n, fmt.Sprintf("{{file.%s}}: %v", name, err), "put a file there; a relative path is relative to "+r.file)
		return text{}, false
	}
	content = strings.TrimSuffix(strings.TrimSuffix(content, "\n"), "\r")
	if !use.plugin {
		return text{content, content, content}, true
	}
	return r.expandIn(n, content, usage{braces: true, plugin: true}, true)
}

func readBounded(path string) (string, error) {
	info, err := os.Stat(path)
	if err != nil {
		return "", err
	}
	if !info.Mode().IsRegular() {
		return "", fmt.Errorf("%s is not a file", path)
	}
	file, err := os.Open(path)
	if err != nil {
		return "", err
	}
	defer func() { _ = file.Close() }() // only read
	content, err := io.ReadAll(io.LimitReader(file, maxFile+1))
	if err == nil && len(content) > maxFile {
		err = fmt.Errorf("%s is longer than 1 MiB", path)
	}
	return string(content), err
}
