package jsondoc

// A Player does what a Builder has recorded elsewhere. What it is given need not be right: a step that refers to nothing, or
// would nest too deep or make too much, is refused. The zero Player is empty and ready; one that is Reset keeps its memory.
type Player struct {
	// Look is called now and then while long work goes on, at least every 200 µs. It may panic to end it; the Player must be
	// Reset then.
	Look func()

	b      Builder
	places []place // of the steps so far
	doc    Doc     // what Merge reads
	work   int
}

// place is what a step made: the part, and how deep it lies; part 0 is no object of its own.
type place struct{ part, depth int32 }

// Bounds of what is played.
const (
	maxParts = 1 << 16 // values, and steps
	maxMerge = 1 << 16 // bytes of an object to be merged
	turn     = 1 << 14 // parts that may be gone through between two looks
)

// Reset empties p.
func (p *Player) Reset() {
	p.b.Reset()
	p.places, p.work = p.places[:0], 0
}

// Large says whether p has grown so much that it is better thrown away than kept.
func (p *Player) Large() bool {
	return cap(p.b.parts) > 1<<10 || cap(p.b.buf) > 1<<16 || cap(p.doc.tape) > 1<<10
}

// Play does one step and gives "", or why it cannot be done. Its texts are kept until the next Reset.
func (p *Player) Play(s Step) (fault string) {
	o, depth := p.b.Root(), int32(0)
	if s.In != 0 {
		if s.In < 0 || int(s.In) > len(p.places) || p.places[s.In-1].part == 0 {
			return "a step is in an object that no step has made"
		}
		o.at, depth = p.places[s.In-1].part, p.places[s.In-1].depth
	}
	depth += depthOf(s.Path)
	if depth > MaxDepth {
		return "it is nested deeper than 512"
	}
	if len(p.b.parts) >= maxParts || len(p.places) >= maxParts {
		return "it has more than 65,536 values"
	}
	made := place{depth: depth}
	switch s.Does {
	case StepStr:
		o.Str(s.Path, s.Text)
	case StepEncoded:
		p.encoded(o, s.Path, s.Text)
	case StepObject:
		made.part = o.Object(s.Path).at
	case StepAppendStr:
		o.Append(s.Path, s.Text)
	case StepAppendObject:
		made.part = o.AppendObject(s.Path).at
		made.depth++
	case StepRemove:
		o.Remove(s.Path)
	case StepMerge:
		fault = p.merge(o, s.Text, depth)
	case StepDefault:
		if !o.Has(s.Path) {
			p.encoded(o, s.Path, s.Text)
		}
	case StepAppendEncoded:
		p.append(o, s.Path, s.Text)
	default:
		return "a step does what is not known"
	}
	p.places = append(p.places, made)
	p.look()
	return fault
}

func (p *Player) encoded(o Obj, path, text string) {
	if text != "" {
		start := len(p.b.buf)
		p.b.buf = append(p.b.buf, text...)
		o.encoded(path, start)
	}
}

func (p *Player) append(o Obj, path, text string) {
	start := len(p.b.buf)
	p.b.buf = append(p.b.buf, text...)
	p.b.seal(p.b.add(p.b.place(o.at, path, Array), "", 0, encoded), start)
}

// look comes after each search for a name, which may go through all parts.
func (p *Player) look() {
	if p.work += len(p.b.parts); p.work > turn && p.Look != nil {
		p.work = 0
		p.Look()
	}
}

// merge is Obj.Merge, one member at a time.
func (p *Player) merge(o Obj, text string, depth int32) string {
	if len(text) > maxMerge {
		return "it merges more than 64 KiB at once"
	}
	if err := p.doc.Reset(bytesOf(text)); err != nil {
		return "it merges what is no JSON: " + err.Error()
	}
	return p.members(o, p.doc.Root(), depth)
}

func (p *Player) members(o Obj, v Value, depth int32) string {
	if depth > MaxDepth {
		return "it is nested deeper than 512"
	}
	for name, m := range v.Each {
		if v.Kind() != Object {
			return ""
		}
		p.look()
		if m.Kind() != Object {
			o.member(name, m)
		} else if fault := p.members(Obj{o.b, o.b.child(o.at, bytesOf(name), Object)}, m, depth+1); fault != "" {
			return fault
		}
	}
	return ""
}

// depthOf is how many objects a path may lead through.
func depthOf(path string) int32 {
	n := int32(1)
	for i := range len(path) {
		if path[i] == '.' {
			n++
		}
	}
	return n
}

// Has is Obj.Has, of the object of that step.
func (p *Player) Has(in int32, path string) bool {
	o := p.b.Root()
	if in > 0 && int(in) <= len(p.places) {
		o.at = p.places[in-1].part
	}
	return o.Has(path)
}

// Empty says whether nothing was set.
func (p *Player) Empty() bool { return p.b.Empty() }

// AppendJSON appends the object to dst; {} when nothing was set.
func (p *Player) AppendJSON(dst []byte) []byte { return p.b.AppendJSON(dst) }
