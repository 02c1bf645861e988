package jsondoc

// Valid says whether src is one JSON value by the rules of this package.
func Valid(src []byte) bool {
	var d Doc
	return d.Reset(src) == nil
}
