package jsondoc

// A Builder can leave its work to a host, which does it ten times faster than a guest: then it only notes what was set, in
// steps of a fixed form, and the host takes them in order (Player). In StepFormat 1 a step is 40 bytes, its numbers with the
// lowest byte first, texts as the place and the length of their bytes in the guest's memory, 8 bytes each:
//
//	0  path   16 text
//	32 the object that it is in: 0 the root, else the number, from 1, of the step that made it
//	36 what it does:
//	   1 sets a string             2 sets a value that is JSON already   3 makes an object, or finds it
//	   4 adds a string to a list   5 adds an object to a list            6 removes
//	   7 merges an object          8 sets a value where nothing is set by then

// StepFormat is the number of the format in which Steps are.
const StepFormat = 1

// StepSize is the length of a step in bytes, where an address has eight.
const StepSize = 40

// What a step does.
const (
	StepStr int32 = iota + 1
	StepEncoded
	StepObject
	StepAppendStr
	StepAppendObject
	StepRemove
	StepMerge
	StepDefault
	StepAppendEncoded
)

// Step is one thing that was done to a Builder. It refers to the texts that it was given.
type Step struct {
	Path, Text string
	In         int32
	Does       int32
}

// Record makes b note its steps instead of building. has answers for Has, after it has taken the steps so far (Steps and
// Handed). It is for guests whose host plays steps.
func (b *Builder) Record(has func(in int32, path string) bool) { b.has = has }

// Steps are those since Handed. They are void after the next Reset or Handed.
func (b *Builder) Steps() []Step { return b.steps }

// Handed says that the steps so far have been played.
func (b *Builder) Handed() {
	b.handed += int32(len(b.steps))
	b.steps = b.steps[:0]
}

// Begun says whether steps have been handed over.
func (b *Builder) Begun() bool { return b.handed > 0 }

func (b *Builder) step(in, does int32, path, text string) int32 {
	n := len(b.steps)
	if n == cap(b.steps) {
		b.steps = append(make([]Step, 0, 2*n+32), b.steps...)
	}
	b.steps = b.steps[:n+1]
	s := &b.steps[n]
	s.Path, s.Text, s.In, s.Does = path, text, in, does
	return b.handed + int32(n) + 1
}

// written is what was appended to buf from start on, which nothing will change before the next Reset.
func (b *Builder) written(start int) string { return view(b.buf[start:]) }
