package queue

import "fmt"

var stateNames = [...]string{
	Pending: "pending", Delivered: "delivered", Dropped: "dropped",
	Superseded: "superseded", Dead: "dead", Cancelled: "cancelled",
}

// String gives the name that the API and the metrics use.
func (s State) String() string {
	if s < Pending || s > Cancelled {
		return fmt.Sprintf("state(%d)", uint8(s))
	}
	return stateNames[s]
}

// Ended says whether nothing more will happen to a delivery in this state.
func (s State) Ended() bool { return s > Pending && s <= Cancelled }

// ParseState reads a name as String writes it.
func ParseState(name string) (State, error) {
	for s := Pending; s <= Cancelled; s++ {
		if stateNames[s] == name {
			return s, nil
		}
	}
	return 0, fmt.Errorf("queue: no state %q; there are pending, delivered, dropped, superseded, dead, cancelled", name)
}
