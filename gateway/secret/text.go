package secret

// Text is a string from the configuration that may name secrets, as "https://host/bot{{secret.telegram}}/send".
type Text struct {
	// Placeholder is the text with a placeholder for each secret, as a plugin may see it and a Vault reveals it.
	Placeholder string
	// Display is the text with {{secret.NAME}}, as people may see it.
	Display string
}

// String gives the form for people, so that a Text that is printed by accident shows nothing.
func (t Text) String() string { return t.Display }

// Empty says whether there is nothing in it.
func (t Text) Empty() bool { return t.Placeholder == "" }
