package jsondoc

// Valid says whether src is one JSON value by the rules of this package.
func Valid(src []byte) bool {
	var d Doc
	return d.valid(src)
}

// ValidBy has a guest's host say whether a text is JSON: 1 it is, 0 it is not, anything else leaves it to the guest.
func ValidBy(ask func(src []byte) int) { host = ask }

var host func(src []byte) int

// valid is Valid with the memory of d, whose content is void then.
func (d *Doc) valid(src []byte) bool {
	if host != nil {
		if n := host(src); n == 0 || n == 1 {
			return n == 1
		}
	}
	return d.Reset(src) == nil
}
