//go:build wasip1 && !tinygo

package sdk

import (
	"unsafe"

	"github.com/plugboard/plugboard/sdk/internal/host"
	"github.com/plugboard/plugboard/sdk/jsondoc"
)

// In the gateway what a plugin sets is only noted, and the gateway makes the document: a guest takes ten times as long. With
// TinyGo texts are laid out otherwise than steps have them, and it makes its documents itself.
func init() {
	jsondoc.ValidBy(host.JSONValid)
	for _, b := range [...]*jsondoc.Builder{&theBuilder, &theEvents.b} {
		b.Record(func(in int32, path string) bool {
			hand(b, false)
			return host.OutputHas(in, path)
		})
	}
	warm()
}

// warm takes and touches the memory that a call needs, while the gateway makes the instance: the first event does not wait
// for pages.
func warm() {
	const page = 4 << 10
	arena = make([]byte, arenaSize)
	for i := 0; i < len(arena); i += page {
		arena[i] = 0
	}
	for _, doc := range [...]*jsondoc.Doc{&theRequest.doc, &theIncoming.doc, &theAnswer.doc} {
		room := doc.Room(fewNodes)
		for i := 0; i < len(room); i += page / 2 {
			room[i] = 0
		}
	}
	for _, b := range [...]*jsondoc.Builder{&theBuilder, &theEvents.b} {
		root := b.Root()
		for range fewNodes / 2 {
			root.Bool("", true)
		}
		b.Reset()
	}
}

var _ [jsondoc.StepSize]byte = [unsafe.Sizeof(jsondoc.Step{})]byte{}

// hand gives the gateway the steps so far.
func hand(b *jsondoc.Builder, last bool) {
	steps := b.Steps()
	host.OutputBuild(jsondoc.StepFormat, unsafe.Pointer(unsafe.SliceData(steps)), len(steps), last)
	b.Handed()
}

// write hands a call's output over; an empty one is not written at all.
func write(out *jsondoc.Builder) {
	if len(out.Steps()) > 0 || out.Begun() {
		hand(out, true)
	}
}
