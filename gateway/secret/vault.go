package secret

// Text is a string from the configuration that may name secrets, as "https://host/bot{{secret.telegram}}/send".
type Text struct {
	// Placeholder is the text with a placeholder for each secret, as a plugin may see it and a Vault reveals it.
	Placeholder string
	// Display is the text with {{secret.NAME}}, as people may see it.
	Display string
}

// Vault holds the secrets that one destination's configuration names.
type Vault struct{}
