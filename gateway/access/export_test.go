package access

// Remembered is how many addresses a Throttle keeps.
func (t *Throttle) Remembered() int { return len(t.failed) }
