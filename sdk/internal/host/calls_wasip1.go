//go:build wasip1

package host

import "unsafe"

func text(s string) (unsafe.Pointer, int32) {
	return unsafe.Pointer(unsafe.StringData(s)), int32(len(s))
}

func bytes(b []byte) (unsafe.Pointer, int32) {
	return unsafe.Pointer(unsafe.SliceData(b)), int32(len(b))
}

// InputSize is the size of the call's input.
func InputSize() int { return int(inputSize()) }

// InputRead copies input from offset on into dst and says how much.
func InputRead(dst []byte, offset int) int {
	p, n := bytes(dst)
	return int(inputRead(p, int32(offset), n))
}

// InputTape copies the input's tape, read by the gateway, into dst.
func InputTape(format int, dst []byte) int {
	p, n := bytes(dst)
	return int(inputTape(int32(format), p, n))
}

// JSONValid says whether src is JSON: 1 it is, 0 it is not, Absent for what the gateway does not read.
func JSONValid(src []byte) int {
	p, n := bytes(src)
	return int(jsonValid(p, n))
}

// OutputBuild hands over count steps of a document in the making (package jsondoc); the last ones write it.
func OutputBuild(format int, steps unsafe.Pointer, count int, last bool) {
	final := int32(0)
	if last {
		final = 1
	}
	outputBuild(int32(format), steps, int32(count), final)
}

// OutputHas says whether something is set at path in the object of that step.
func OutputHas(in int32, path string) bool {
	p, n := text(path)
	return outputHas(in, p, n) != 0
}

// OutputWrite appends to the call's output.
func OutputWrite(src []byte) { outputWrite(bytes(src)) }

// Fact copies the fact called name into dst.
func Fact(name string, dst []byte) int {
	s, sn := text(name)
	p, n := bytes(dst)
	return int(fact(s, sn, p, n))
}

// Lookup copies what a table has for key into dst.
func Lookup(table, key string, dst []byte) int {
	t, tn := text(table)
	k, kn := text(key)
	p, n := bytes(dst)
	return int(lookup(t, tn, k, kn, p, n))
}

// StateGet copies the state's value for key into dst.
func StateGet(key string, dst []byte) int {
	k, kn := text(key)
	p, n := bytes(dst)
	return int(stateGet(k, kn, p, n))
}

// StateSet sets the state's value for key.
func StateSet(key, value string, ttlSeconds int64) {
	k, kn := text(key)
	p, n := text(value)
	stateSet(k, kn, p, n, ttlSeconds)
}

// Sign copies the MAC of src into dst.
func Sign(secret string, algorithm int32, src, dst []byte) int {
	s, sn := text(secret)
	p, n := bytes(src)
	d, dn := bytes(dst)
	return int(sign(s, sn, algorithm, p, n, d, dn))
}

// Log writes a line to the gateway's log.
func Log(level int32, message string) {
	p, n := text(message)
	log(level, p, n)
}

// Stop ends the call's meaning.
func Stop(kind int32, reason string) {
	p, n := text(reason)
	stop(kind, p, n)
}

// Exit ends a command.
func Exit(status int32) { procExit(status) }
