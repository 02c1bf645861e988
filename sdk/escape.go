package sdk

import "github.com/plugboard/plugboard/sdk/form"

// appendSegment appends s as one segment of a path: everything but RFC 3986's unreserved characters is percent-encoded.
// The segments . and .. mean directories even when encoded, so their dots cannot stand; they get the encoding that a
// strict server refuses rather than one that climbs.
func appendSegment(dst []byte, s string) []byte {
	switch s {
	case ".":
		return append(dst, "%2E"...)
	case "..":
		return append(dst, "%2E%2E"...)
	}
	return form.AppendPercent(dst, s)
}

// The standard library's base64 would bring fmt and strconv along.
const base64Digits = "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789+/"

func appendBase64(dst, src []byte) []byte {
	const digits = base64Digits
	for ; len(src) >= 3; src = src[3:] {
		n := uint(src[0])<<16 | uint(src[1])<<8 | uint(src[2])
		dst = append(dst, digits[n>>18], digits[n>>12&63], digits[n>>6&63], digits[n&63])
	}
	switch len(src) {
	case 1:
		n := uint(src[0]) << 4
		dst = append(dst, digits[n>>6], digits[n&63], '=', '=')
	case 2:
		n := uint(src[0])<<10 | uint(src[1])<<2
		dst = append(dst, digits[n>>12], digits[n>>6&63], digits[n&63], '=')
	}
	return dst
}

// appendFromBase64 undoes appendBase64; it stops at the first character that is none of its digits.
func appendFromBase64(dst []byte, s string) []byte {
	bits, n := uint32(0), 0
	for i := range len(s) {
		digit := index(base64Digits, s[i])
		if digit < 0 {
			break
		}
		bits = bits<<6 | uint32(digit)
		if n += 6; n >= 8 {
			n -= 8
			dst = append(dst, byte(bits>>n))
		}
	}
	return dst
}
