package examples_test

// What the examples of further vendors ask for.
func init() {
	for name, value := range map[string]string{
		"AGENTS_URL":                     "https://agents.example.com/events",
		"PLUGBOARD_SECRET_AIRCALL_TOKEN": "0123456789abcdef",
		"PLUGBOARD_SECRET_CONNECT_KEY":   "not-a-real-key",
		"PLUGBOARD_SECRET_GENESYS_KEY":   "not-a-real-key",
		"PLUGBOARD_SECRET_TWILIO_TOKEN":  "twilio-test-token",
	} {
		environment[name] = value
	}
}
