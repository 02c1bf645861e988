package manifest

import (
	"bytes"
	"encoding/json"
)

// scriptMark begins the line of a script that is its manifest.
const scriptMark = "//# plugboard.manifest="

// ReadScript finds the manifest in a script: what stands in its last line behind //# plugboard.manifest=. It is nil when there
// is none.
func ReadScript(script []byte) []byte {
	_, text := cutScript(script)
	return text
}

// AddScript gives a script with the manifest, in place of one that it had. Its other lines stay where they are.
func AddScript(script, text []byte) ([]byte, error) {
	if _, err := Parse(text); err != nil {
		return nil, err
	}
	before, _ := cutScript(script)
	out := bytes.NewBuffer(bytes.Clone(before))
	if len(before) > 0 && before[len(before)-1] != '\n' {
		out.WriteByte('\n')
	}
	out.WriteString(scriptMark)
	if err := json.Compact(out, text); err != nil {
		return nil, err
	}
	out.WriteByte('\n')
	return out.Bytes(), nil
}

func cutScript(script []byte) (before, text []byte) {
	trimmed := bytes.TrimRight(script, " \t\r\n")
	at := bytes.LastIndexByte(trimmed, '\n') + 1
	if text, ok := bytes.CutPrefix(trimmed[at:], []byte(scriptMark)); ok {
		return script[:at], text
	}
	return script, nil
}
