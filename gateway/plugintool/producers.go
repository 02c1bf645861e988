package plugintool

import "bytes"

// producers reads the custom section of that name, in which compilers say who they are: language, compiler, SDK, each as
// "name version". It is nil for what has none, or is no module.
func producers(code []byte) []string {
	rest, ok := bytes.CutPrefix(code, []byte("\x00asm\x01\x00\x00\x00"))
	for ok && len(rest) > 0 {
		id := rest[0]
		r := &leb{b: rest[1:]}
		section := &leb{b: r.sized()}
		if r.bad {
			return nil
		}
		if id == 0 && string(section.sized()) == "producers" {
			return section.producers()
		}
		rest = r.b
	}
	return nil
}

// leb reads lengths and what stands behind them. Once something is cut off it is bad and gives nothing more.
type leb struct {
	b   []byte
	bad bool
}

func (r *leb) number() int {
	n := 0
	for i := range min(5, len(r.b)) {
		n |= int(r.b[i]&0x7f) << (7 * i)
		if r.b[i] < 0x80 {
			r.b = r.b[i+1:]
			return n
		}
	}
	r.b, r.bad = nil, true
	return 0
}

func (r *leb) sized() []byte {
	n := r.number()
	if n > len(r.b) {
		r.b, r.bad = nil, true
		return nil
	}
	out := r.b[:n]
	r.b = r.b[n:]
	return out
}

// producers reads the section's content: fields, each with values, each with a version.
func (r *leb) producers() (all []string) {
	for range r.number() {
		r.sized() // language, processed-by or sdk: the values say enough
		for range r.number() {
			name, version := string(r.sized()), string(r.sized())
			if r.bad {
				return all
			}
			if version != "" {
				name += " " + version
			}
			all = append(all, name)
		}
		if r.bad {
			return all
		}
	}
	return all
}
