package config

import (
	"fmt"
	"regexp"
	"strings"

	"github.com/plugboard/plugboard/gateway/secret"
)

// text is a string of the file with its {{…}} filled in, in each of the forms it is needed in.
type text struct {
	plain       string // with the secrets' values: for what the gateway itself reads
	placeholder string // with placeholders: for plugins
	shown       string // with {{secret.NAME}}: for people
}

// usage says what a string is for, and so which braces may stand in it and whether a plugin sees it.
type usage struct {
	braces bool // other braces stay: a template or an expression
	plugin bool // its secrets get placeholders
}

// braced finds what may be a reference. The kind tells: {{data.agent.name}} is a template's own, {{env.X}} ours.
var braced = regexp.MustCompile(`\{\{\s*([A-Za-z_][A-Za-z0-9_]*)\.([^{}]*?)\s*\}\}`)

var envName = regexp.MustCompile(`^[A-Za-z_][A-Za-z0-9_]*$`)

// expand fills in a string's references; false when one of them could not be, which is then a fault.
func (r *reader) expand(n node, raw string, use usage) (text, bool) {
	return r.expandIn(n, raw, use, false)
}

func (r *reader) expandIn(n node, raw string, use usage, inFile bool) (out text, ok bool) {
	ok = true
	done := 0
	for _, m := range braced.FindAllStringSubmatchIndex(raw, -1) {
		form, name := raw[m[2]:m[3]], raw[m[4]:m[5]]
		if form != "env" && form != "secret" && form != "file" {
			if !use.braces {
				r.unknownForm(n, raw[m[0]:m[1]])
				ok = false
			}
			continue
		}
		if strings.HasSuffix(raw[:m[0]], "{") {
			r.fault(n, fmt.Sprintf("%s has three braces around %s.%s", n.path.last(), form, name), fmt.Sprintf("write {{%s.%s}}", form, name))
			ok = false
			continue
		}
		value, found := r.resolve(n, form, name, use, inFile)
		ok = ok && found
		out.add(raw[done:m[0]])
		out.plain += value.plain
		out.placeholder += value.placeholder
		out.shown += value.shown
		done = m[1]
	}
	out.add(raw[done:])
	if ok && !inFile {
		ok = r.leftovers(n, raw, use)
	}
	return out, ok
}

func (t *text) add(s string) {
	t.plain += s
	t.placeholder += s
	t.shown += s
}

var (
	anyOpen    = regexp.MustCompile(`\{\{`)
	brokenForm = regexp.MustCompile(`\{\{\s*(env|secret|file)\.`)
)

// leftovers blames braces that begin a reference and are none: without an end, or around something else.
func (r *reader) leftovers(n node, raw string, use usage) bool {
	rest := braced.ReplaceAllString(raw, "")
	if brokenForm.MatchString(rest) || !use.braces && anyOpen.MatchString(rest) {
		r.fault(n, n.path.last()+" has {{ that begins no reference", "write {{env.NAME}}, {{secret.NAME}} or {{file.PATH}}, with both pairs of braces")
		return false
	}
	return true
}

func (r *reader) unknownForm(n node, form string) {
	r.fault(n, fmt.Sprintf("%s is not known in %s", form, n.path.last()),
		"write {{env.NAME}}, {{secret.NAME}} or {{file.PATH}}; fields of an event can stand in a plugin's config alone")
}

func (r *reader) resolve(n node, form, name string, use usage, inFile bool) (text, bool) {
	if r.endpoint != nil && form != "secret" {
		r.fault(n, "an endpoint cannot name what is on the gateway's machine: {{"+form+"."+name+"}}", "write the value itself, or {{secret.NAME}}")
		return text{}, false
	}
	switch form {
	case "env":
		return r.env(n, name)
	case "secret":
		return r.secret(n, name, use)
	}
	if name == "" {
		r.fault(n, n.path.last()+" has {{file.}}, which names no file", "write {{file.PATH}}")
		return text{}, false
	}
	if inFile {
		r.fault(n, fmt.Sprintf("a file that %s names has {{file.%s}} in it", n.path.last(), name), "put the text itself there: files bring in no files")
		return text{}, false
	}
	return r.fileText(n, name, use)
}

func (r *reader) env(n node, name string) (text, bool) {
	if !envName.MatchString(name) {
		r.fault(n, fmt.Sprintf("{{env.%s}} is not an environment variable's name", name), "use letters, digits and _")
		return text{}, false
	}
	value, ok := r.opts.Getenv(name)
	if !ok {
		r.missing(n, fmt.Sprintf("the environment variable %s is not set", name), "set it before starting, or write the value here in place of {{env."+name+"}}")
	}
	return text{value, value, value}, ok
}

func (r *reader) secret(n node, name string, use usage) (text, bool) {
	shown := "{{secret." + name + "}}"
	value, from, err := r.lookUp(name)
	switch {
	case err != nil:
		r.missingSecret(n, shown+": "+strings.TrimPrefix(withoutRemedy(err), "secret: "), remedyOf(err))
		return text{}, false
	case from == "":
		r.missingSecret(n, "the secret "+name+" is not set", r.whereSecrets(name))
		return text{}, false
	case value.Empty():
		r.missingSecret(n, "the secret "+name+" is empty", r.whereSecrets(name))
		return text{}, false
	}
	if _, known := r.config.Named[name]; !known {
		r.config.Named[name] = Named{from, r.valueAt(n.path)}
	}
	r.all.Hide(name, value)
	r.secretly[n.path] = true
	placeholder := ""
	switch {
	case use.plugin && r.vault != nil:
		placeholder = r.vault.Grant(name, value)
		if r.grants != nil {
			r.grants[name] = true
		}
	case r.vault != nil:
		r.vault.Hide(name, value)
	}
	return text{value.Reveal(), placeholder, shown}, true
}

// secretPlace is one place in which secrets are looked for.
type secretPlace struct {
	origin Origin
	store  secret.Store
}

// lookUp asks the places in their order; the first that has the secret, or fails, answers.
func (r *reader) lookUp(name string) (secret.Value, Origin, error) {
	if r.endpoint != nil && r.dir == nil && r.secrets != "" {
		r.dir, _ = secret.OpenDir(r.secrets) // the file's configuration has it open, and complained if it could not
	}
	places := make([]secretPlace, 0, 4)
	if r.opts.Store != nil {
		places = append(places, secretPlace{fromTest, r.opts.Store})
	}
	places = append(places, secretPlace{FromEnv, secret.Env(r.opts.Getenv)})
	if r.dir != nil {
		places = append(places, secretPlace{FromFile, r.dir})
	}
	for _, p := range append(places, secretPlace{FromStore, storedSecrets{r}}) {
		if value, ok, err := p.store.Secret(name); ok || err != nil {
			return value, p.origin, err
		}
	}
	return secret.Value{}, "", nil
}

// storedSecrets are those of the store, which is opened when the first of them is looked for.
type storedSecrets struct{ r *reader }

func (s storedSecrets) Secret(name string) (secret.Value, bool, error) {
	r := s.r
	if r.opts.Stored == nil || !r.storable || r.broken != nil {
		return secret.Value{}, false, nil
	}
	if r.stored == nil {
		if r.stored, r.broken = r.opts.Stored(r.config); r.broken != nil {
			return secret.Value{}, false, nil // said once, by Parse
		}
	}
	return r.stored.Secret(name)
}

func (r *reader) whereSecrets(name string) string {
	do := "set the environment variable " + secret.EnvName(name)
	if r.secrets != "" {
		do += fmt.Sprintf(", or write it to the file %s/%s with mode 600", strings.TrimSuffix(r.secrets, "/"), name)
	}
	if r.storable {
		do += ", or run plugboard secrets set " + name
	}
	return do
}

// withoutRemedy and remedyOf part an error of package secret, "what; what to do".
func withoutRemedy(err error) string {
	what, _, _ := strings.Cut(err.Error(), "; ")
	return what
}

func remedyOf(err error) string {
	if _, do, ok := strings.Cut(err.Error(), "; "); ok {
		return do
	}
	return "make it readable for this user"
}
