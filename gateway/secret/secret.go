// Package secret keeps secret values from leaving by accident. A Value prints as "[redacted]" whatever prints it; the
// one exit is Reveal. A plugin never sees a value but a placeholder that nobody outside this process can guess; the
// Vault of its destination puts the value in at the moment of sending.
//
// A Store finds values by name: the environment, a folder of files, or a Chain of them. A Vault holds what one part of
// the configuration names; it also does the reverse, putting names in place of values in whatever is logged or stored.
package secret

import "log/slog"

// Redacted is what stands for a value wherever one would be printed.
const Redacted = "[redacted]"

// Value is a secret. Its zero value is the empty secret.
type Value struct {
	// A pointer, because package fmt prints unexported fields without asking String: it then prints an address.
	text *string
}

// New makes a Value of the text.
func New(text string) Value {
	if text == "" {
		return Value{}
	}
	return Value{&text}
}

// Reveal gives the text: the one exit, for signing, comparing and sending.
func (v Value) Reveal() string {
	if v.text == nil {
		return ""
	}
	return *v.text
}

// Empty says whether there is nothing in it.
func (v Value) Empty() bool { return v.text == nil }

func (Value) String() string               { return Redacted }
func (Value) GoString() string             { return Redacted }
func (Value) LogValue() slog.Value         { return slog.StringValue(Redacted) }
func (Value) MarshalText() ([]byte, error) { return []byte(Redacted), nil }
