package wasm

import (
	"encoding/binary"
	"math"
	"unsafe"

	"github.com/plugboard/plugboard/sdk/jsondoc"
)

// A Go guest takes ten times as long as the host to search a document that it is making for a name, and to write it out. So
// it may note what it sets, as package jsondoc records it, and hand that over: with output_build, as often as it likes, the
// last time at the end. What is nested too deep or made of too much is refused there, and the time that it takes is the
// guest's. Between two calls texts are kept as copies, since the guest may use their memory again; the last time nothing is.

// outputBuild plays steps. With last it writes what has come of all of them, which is nothing if nothing was set.
func outputBuild(c *call, s []uint64) {
	format, at, count, last := arg(s, 0), arg(s, 1), arg(s, 2), arg(s, 3) != 0
	if format != jsondoc.StepFormat {
		c.fail(Trapped, "output_build: format %d is not known; build the plugin with the SDK of this gateway's version", format)
	}
	if count > maxSteps {
		c.fail(Limited, "output_build: more than %d steps at once", maxSteps)
	}
	if c.made.Look == nil {
		c.made.Look = func() { c.look() }
	}
	steps := c.view("output_build", at, count*jsondoc.StepSize)
	for ; len(steps) > 0; steps = steps[jsondoc.StepSize:] {
		path := c.text(binary.LittleEndian.Uint64(steps), binary.LittleEndian.Uint64(steps[8:]), last)
		text := c.text(binary.LittleEndian.Uint64(steps[16:]), binary.LittleEndian.Uint64(steps[24:]), last)
		fault := c.made.Play(jsondoc.Step{Path: path, Text: text,
			In: int32(binary.LittleEndian.Uint32(steps[32:])), Does: int32(binary.LittleEndian.Uint32(steps[36:]))})
		if fault != "" {
			c.fail(Limited, "output_build: %s", fault)
		}
	}
	if last && !c.made.Empty() {
		c.scratch = c.made.AppendJSON(c.scratch[:0])
		c.write(c.scratch)
	}
}

const maxSteps = 1 << 16

// text is a text of a step. All of them together are no longer than the output may be: none is there twice.
func (c *call) text(at, n uint64, borrow bool) string {
	if at > math.MaxUint32 || n > math.MaxUint32 {
		at, n = math.MaxUint32, math.MaxUint32 // which is outside
	}
	if c.building += int64(n); c.building > c.plugin.limits.Output {
		c.fail(Limited, "it wrote more than %s of output", size(c.plugin.limits.Output))
	}
	if n == 0 {
		return ""
	}
	b := c.view("output_build", uint32(at), uint32(n))
	if borrow {
		return unsafe.String(unsafe.SliceData(b), len(b))
	}
	return string(b)
}

// outputHas says whether something is set by now in the object that a step made.
func outputHas(c *call, s []uint64) {
	has := c.made.Has(int32(arg(s, 0)), c.name("output_has", arg(s, 1), arg(s, 2)))
	if s[0] = 0; has {
		s[0] = 1
	}
}

// jsonValid says whether a text is JSON. Of one that is long it does not say: that is the guest's to read.
func jsonValid(c *call, s []uint64) {
	text := c.view("json_valid", arg(s, 0), arg(s, 1))
	switch {
	case len(text) > pageSize:
		s[0] = absent
	case c.check.Reset(text) == nil:
		s[0] = 1
	default:
		s[0] = 0
	}
}

// endBuilding forgets what was built, and what it has made grow.
func (c *call) endBuilding() {
	if c.made.Large() {
		c.made = jsondoc.Player{Look: c.made.Look}
	}
	c.made.Reset()
	c.building = 0
	_ = c.check.Reset(noDocument)
}
