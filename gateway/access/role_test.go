package access_test

import (
	"testing"

	"github.com/plugboard/plugboard/gateway/access"
)

func TestWhatRolesMay(t *testing.T) {
	t.Parallel()
	roles := []access.Role{0, access.Sender, access.Viewer, access.Operator, access.Admin, 9}
	for least, may := range map[access.Role][]bool{
		access.Sender:   {false, true, false, true, true, false},
		access.Viewer:   {false, false, true, true, true, false},
		access.Operator: {false, false, false, true, true, false},
		access.Admin:    {false, false, false, false, true, false},
		0:               {false, false, false, false, false, false},
	} {
		for i, role := range roles {
			if got := role.May(least); got != may[i] {
				t.Errorf("%q may do what takes %q: %v", role, least, got)
			}
		}
	}
}

func TestRolesByName(t *testing.T) {
	t.Parallel()
	for _, name := range access.Roles() {
		if r, err := access.ParseRole(name); err != nil || r.String() != name {
			t.Errorf("%s: %v, %v", name, r, err)
		}
	}
	for _, name := range []string{"", "root", "Admin"} {
		if r, err := access.ParseRole(name); err == nil {
			t.Errorf("%q is %v", name, r)
		}
	}
}
