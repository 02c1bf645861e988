package jsondoc

import "strconv"

// Float reads a number, also one written as a string. It stands in a file of its own, since it is the only one to need
// strconv.
func (v Value) Float() (f float64, ok bool) {
	if k := v.Kind(); k != Number && k != String {
		return 0, false
	}
	s := v.Str()
	if !Valid([]byte(s)) { // ParseFloat takes more than JSON has: inf, 0x1p-2
		return 0, false
	}
	f, err := strconv.ParseFloat(s, 64)
	return f, err == nil
}
