// Package likeness holds the JSON readers and builders of the SDKs in other languages against Go's: the same documents
// must give the same objects, byte for byte, or the same fault.
package likeness

import (
	"bytes"
	"encoding/binary"
	"math/rand/v2"
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"testing"

	"github.com/plugboard/plugboard/sdk/jsondoc"
)

// Depends reads the files of those patterns, so that go test knows that the outcome depends on them: what a compiler reads
// it does not see. A pattern that finds nothing is a fault.
func Depends(t *testing.T, patterns ...string) {
	t.Helper()
	for _, p := range patterns {
		files, err := filepath.Glob(p)
		if err != nil || len(files) == 0 {
			t.Fatalf("no files %s: %v", p, err)
		}
		for _, f := range files {
			if _, err := os.ReadFile(f); err != nil {
				t.Fatal(err)
			}
		}
	}
}

// Compare runs the program, which reads documents from standard input, each with its length in four bytes before it, and
// writes what it makes of each with a NUL behind it, on some thousand documents.
func Compare(t *testing.T, program *exec.Cmd) {
	t.Helper()
	var in bytes.Buffer
	for _, d := range documents(count) {
		in.Write(binary.LittleEndian.AppendUint32(nil, uint32(len(d))))
		in.Write(d)
	}
	var said, complaint bytes.Buffer
	program.Stdin, program.Stdout, program.Stderr = &in, &said, &complaint
	if err := program.Run(); err != nil {
		t.Fatalf("%v: %v\n%s", program, err, complaint.Bytes())
	}
	Each(t, count, true, func(d []byte) string {
		got, err := said.ReadString(0)
		if err != nil {
			t.Fatalf("it stopped before %q", d)
		}
		return strings.TrimSuffix(got, "\x00")
	})
}

const count = 10_000

// Each asks say about so many documents: what it makes of one, or why it is none. With faults it must say Go's own words about
// those; without, that it is none (anything that does not begin with a brace) is enough.
func Each(t *testing.T, documentCount int, faults bool, say func(document []byte) string) {
	t.Helper()
	documents := documents(documentCount)
	valid, wrong := 0, 0
	for _, d := range documents {
		got := say(d)
		want, ok := reference(d)
		if ok {
			valid++
		}
		if got == want || !ok && !faults && !strings.HasPrefix(got, "{") {
			continue
		}
		t.Errorf("%q:\nwant %s\n got %s", d, want, got)
		if wrong++; wrong == 5 {
			t.FailNow()
		}
	}
	if valid < documentCount/10 || len(documents)-valid < documentCount/20 {
		t.Errorf("%d of %d documents are valid: that compares one side only", valid, len(documents))
	}
}

// reference is what must be said about a document, and whether it is one.
func reference(d []byte) (said string, ok bool) {
	doc, err := jsondoc.Parse(d)
	if err != nil {
		return err.Error(), false
	}
	var b jsondoc.Builder
	o := b.Root()
	o.Object("all").Merge(doc.Root())
	o.StrFrom("s", doc.Get("a.b"))
	o.IntFrom("i", doc.Get("x"))
	o.BoolFrom("b", doc.Get("long name"))
	o.TimeFrom("t.t", doc.Get("t"))
	o.StrsFrom("l", doc.Get("l"))
	o.CopyFrom("c", doc.Get("c.0.d"))
	o.CopyFrom("dot", doc.Get("c.0."))
	o.CopyFrom("noughts", doc.Get("l.001"))
	o.CopyFrom("minus", doc.Get("l.-0"))
	o.CopyFrom("before", doc.Get("l.-1"))
	o.CopyFrom("long", doc.Get("l.00000000000000000000"))
	o.Rest("rest", doc.Root())
	return string(b.AppendJSON(nil)), true
}

var seeds = []string{
	`{"a":{"b":"text","":1},"x":"63","long name":"true","t":"2025-03-04T08:00:00.5+01:00","l":["p","",null,7],"c":[{"d":[1,{}],"":[2]}]}`,
	`{"a":{"b":"\u00e4\ud83d\ude00\ud800\n\"\\"},"x":-9223372036854775808,"long name":0,"t":"2024-02-29t23:59:59z","l":[{}],"c":[{"d":"e"}]}`,
	`{"a":[{"b":1}],"a":{"b":2},"x":1.0,"t":"2023-02-29T00:00:00Z","l":[],"c":{"0":{"d":9007199254740993}},"n":null,"e":{"f":{"g":[]}}}`,
	`{"ä.b\u0041":"ö","a.b":{"c\\d":[[],[null],[{}]]},"l":["a",["b"]],"x":"9223372036854775808","q\"r":"s\/t"}`,
	`{"a":{"b":"\r\t\b\f\u0000\u001f\u007f\/\u0022\u005c"},"x":"-0","t":"2025-03-04T08:00:00.120Z","l":["\u000d"],"long name":"1"}`,
	`[1,-0,0.5e+3,1E9,"x",true,false,null,[],{}]`, `"a string on its own"`, ` 12345678901234567890 `, `{}`,
}

var pieces = []string{`{`, `}`, `[`, `]`, `,`, `:`, `"`, `\`, `\u12`, `\ud83d\ude00`, `null`, `true`, `1e5`, `-`, `0`, `"a"`, `"a":`, ` `, "\n", "\x00", "ä", "\xff", "\xc0", "."}

// documents are the seeds and what chance makes of them: pieces put in, taken out, put in another's place. Chance is the
// same every time.
func documents(n int) [][]byte {
	chance := rand.New(rand.NewPCG(7, 11))
	var list [][]byte
	for _, s := range seeds {
		list = append(list, []byte(s))
	}
	for len(list) < n {
		d := bytes.Clone(list[chance.IntN(len(list))])
		for range 1 + chance.IntN(2) {
			from := chance.IntN(len(d) + 1)
			to := min(len(d), from+chance.IntN(4))
			piece := pieces[chance.IntN(len(pieces))]
			if chance.IntN(3) == 0 {
				piece = string(list[chance.IntN(len(seeds))])
			}
			d = append(d[:from:from], append([]byte(piece), d[to:]...)...)
		}
		if _, ok := reference(d); len(d) < 4000 && (ok || chance.IntN(12) == 0) {
			list = append(list, d)
		}
	}
	return list
}
