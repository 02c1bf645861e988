// Package access is who may use the API: roles, bearer tokens with a role each, and what is refused before anybody asks
// for a token (a foreign Host or Origin, an address that guesses).
package access

import (
	"context"
	"fmt"
	"slices"
	"strings"
)

// Role is what a caller may do. Viewer, Operator and Admin contain one another; Sender stands beside them and may hand in
// events, which an operator may as well.
type Role uint8

// Roles. The zero Role may do nothing.
const (
	Sender   Role = iota + 1 // POST /v1/events, nothing else
	Viewer                   // read everything but secrets and tokens
	Operator                 // and steer: pause, retry, replay, endpoints
	Admin                    // and everything else: secrets, tokens
)

var roleNames = []string{"", "sender", "viewer", "operator", "admin"}

// Roles are the names of all roles, the least first.
func Roles() []string { return slices.Clone(roleNames[1:]) }

func (r Role) String() string {
	if int(r) < len(roleNames) {
		return roleNames[r]
	}
	return fmt.Sprintf("role %d", r)
}

// ParseRole is the role of that name.
func ParseRole(name string) (Role, error) {
	if i := slices.Index(roleNames, name); i > 0 {
		return Role(i), nil
	}
	return 0, fmt.Errorf("%q is no role; there are %s", name, strings.Join(roleNames[1:], ", "))
}

// May says whether a caller with this role may do what asks for the least role given. What a sender may do, a viewer,
// who only reads, may not.
func (r Role) May(least Role) bool {
	switch {
	case r > Admin:
		return false
	case least == Sender:
		return r == Sender || r >= Operator
	}
	return least >= Viewer && r >= least
}

// Caller is who makes a request.
type Caller struct {
	Token string // its ID; "" for the one of this machine
	Name  string
	Role  Role
}

type callerKey struct{}

// With notes in a context who calls.
func With(ctx context.Context, c Caller) context.Context {
	return context.WithValue(ctx, callerKey{}, c)
}

// From is who calls; nobody, who may do nothing, where no one was noted.
func From(ctx context.Context) Caller {
	c, _ := ctx.Value(callerKey{}).(Caller)
	return c
}
