package event

import (
	"fmt"

	"github.com/plugboard/plugboard/sdk/jsondoc"
)

// known are the members of an event that are written in their own place.
var known = map[string]bool{
	"specversion": true, "id": true, "source": true, "type": true, "subject": true, "time": true,
	"datacontenttype": true, "ccvendor": true, "cctype": true, "ccaccount": true, "ccreceived": true,
	"partitionkey": true, "data": true, "data_base64": true, "id_from": true,
}

// appendExtensions writes the attributes that the gateway does not know, as they came, save those that other has too.
func appendExtensions(dst []byte, event, other jsondoc.Value) ([]byte, error) {
	count := 0
	for name, v := range event.Each {
		if known[name] || name == "echo" && v.Kind() == jsondoc.Object || v.Kind() == jsondoc.Null || event.Member(name) != v || // of two with one name the last counts
			other.Member(name).Exists() {
			continue
		}
		if count++; count > maxAttributes {
			return nil, fmt.Errorf("more than %d attributes", maxAttributes)
		}
		if !attributeName(name) {
			return nil, fmt.Errorf("attribute name %q; CloudEvents has lower-case letters and digits only, 64 at most", name)
		}
		if k := v.Kind(); k == jsondoc.Object || k == jsondoc.Array {
			return nil, fmt.Errorf("attribute %s is an object or a list; put it into data", name)
		}
		if err := checkAttribute(name, v.Str()); err != nil {
			return nil, err
		}
		dst = append(dst, ',', '"')
		dst = append(dst, name...)
		dst = append(dst, '"', ':')
		dst = append(dst, v.Raw()...)
	}
	return dst, nil
}

func attributeName(name string) bool {
	for i := range len(name) {
		if c := name[i]; (c < 'a' || c > 'z') && (c < '0' || c > '9') {
			return false
		}
	}
	return name != "" && len(name) <= 64
}

// appendData writes data byte for byte as it came, so that no number loses digits and no text its spelling. When the
// time was derived, and only then, data.derived says so.
func appendData(dst []byte, event jsondoc.Value, derived bool) []byte {
	if b := event.Member("data_base64"); b.Kind() == jsondoc.String {
		dst = append(dst, `,"data_base64":`...)
		return append(dst, b.Raw()...)
	}
	data := event.Member("data")
	switch {
	case derived && (data.Empty() && data.Kind() != jsondoc.String && data.Kind() != jsondoc.Array):
		return append(dst, `,"data":{"derived":["time"]}`...)
	case !data.Exists():
		return dst
	case derived && data.Kind() == jsondoc.Object:
		return appendDerived(append(dst, `,"data":`...), data)
	}
	return append(append(dst, `,"data":`...), data.Raw()...)
}

// appendDerived writes the object with "time" among its derived paths.
func appendDerived(dst []byte, data jsondoc.Value) []byte {
	raw, list := data.Raw(), data.Member("derived")
	if list.Kind() != jsondoc.Array {
		dst = append(dst, raw[:len(raw)-1]...)
		return append(dst, `,"derived":["time"]}`...)
	}
	for _, path := range list.Each {
		if path.Str() == "time" {
			return append(dst, raw...)
		}
	}
	listed := list.Raw()
	// Both slices end where their source's memory ends, so what the list has less room for is how far in it begins.
	end := cap(raw) - cap(listed) + len(listed) - 1
	dst = append(dst, raw[:end]...)
	if list.Len() > 0 {
		dst = append(dst, ',')
	}
	dst = append(dst, `"time"`...)
	return append(dst, raw[end:]...)
}
