// Package availability says how available a state makes an agent, for plugins of vendors whose names of states are known but
// not certain: a Table holds the plugin's own names, and the source's configuration (status_base) may add to it or overrule it.
package availability

import (
	"strings"

	"github.com/plugboard/plugboard/sdk"
	"github.com/plugboard/plugboard/sdk/jsondoc"
)

// Table has a vendor's names for states, each with the word of the canonical model for it. Names are compared as
// sdk.SameName does.
type Table [][2]string

// Base says how available a state makes an agent, by its name: the configuration's status_base first. custom means that it
// is none of the vendor's own; base is "unknown" for a name that neither knows.
func (t Table) Base(name string) (base string, custom bool) {
	base, custom = "unknown", true
	for i := range t {
		if sdk.SameName(name, t[i][0]) {
			base, custom = t[i][1], false
			break
		}
	}
	for key, v := range sdk.Config().Member("status_base").Each {
		if sdk.SameName(name, key) {
			base = v.Str()
		}
	}
	return base, custom
}

// Check refuses a configuration with what could never have an effect: keys other than account, types, status_base and the
// given ones, and tables whose words are none. It is for a plugin's init.
func Check(others ...string) error {
	for key, v := range sdk.Config().Each {
		switch {
		case key == "types" || key == "status_base":
			if err := checkNames(key, v); err != nil {
				return err
			}
		case key != "account" && !contains(others, key):
			keys := append(append([]string{"account"}, others...), "types")
			return sdk.Reject(key + ": unknown key; the keys are " + strings.Join(keys, ", ") + " and status_base")
		}
	}
	return nil
}

func checkNames(key string, table jsondoc.Value) error {
	if table.Kind() != jsondoc.Object {
		return sdk.Reject(key + ": want a table of names")
	}
	for name, word := range table.Each {
		if word.Kind() != jsondoc.String || key == "status_base" && !isBase(word.Str()) {
			return sdk.Reject(key + ": \"" + name + "\" is set to " + string(word.Raw()) +
				"; write a type, or in status_base available, limited, engaged, wrap_up, unavailable, offline or unknown")
		}
	}
	return nil
}

func contains(list []string, word string) bool {
	for _, w := range list {
		if w == word {
			return true
		}
	}
	return false
}

func isBase(word string) bool {
	switch word {
	case "available", "limited", "engaged", "wrap_up", "unavailable", "offline", "unknown":
		return true
	}
	return false
}
