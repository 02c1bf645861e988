package condition

import (
	"fmt"
	"reflect"

	"github.com/expr-lang/expr/checker"
	"github.com/expr-lang/expr/checker/nature"
	"github.com/expr-lang/expr/compiler"
	"github.com/expr-lang/expr/conf"
	"github.com/expr-lang/expr/optimizer"
	"github.com/expr-lang/expr/parser"
	"github.com/expr-lang/expr/types"
)

// maxNodes bounds an expression. One with forty comparisons has about 200.
const maxNodes = 200

// allowed are the functions an expression may call: none makes more than it is given, none looks at the world outside
// the event.
var allowed = map[string]bool{
	"len": true, "lower": true, "upper": true, "trim": true, "trimPrefix": true, "trimSuffix": true, "hasPrefix": true,
	"hasSuffix": true, "indexOf": true, "lastIndexOf": true, "int": true, "float": true, "string": true, "abs": true,
	"min": true, "max": true, "all": true, "any": true, "none": true, "one": true, "count": true,
}

// compile checks an expression against the canonical event and compiles it. Its steps are those of expr.Compile, with
// the resolving of names between parsing and checking, so that faults in names are told in the configuration's words.
func compile(source string, condition bool) (program, error) {
	if len(source) > maxSource {
		return program{}, newError(source, 0, fmt.Sprintf("the expression has %d bytes, more than %d", len(source), maxSource), "split it over several routes")
	}
	config := conf.CreateNew()
	config.MaxNodes = maxNodes
	for name := range config.Builtins {
		if !allowed[name] {
			config.Disabled[name] = true
			delete(config.Builtins, name)
		}
	}
	tree, err := parser.ParseWithConfig(source, config)
	if err != nil {
		return program{}, translate(source, err)
	}
	r := resolver{source: source}
	if r.walk(&tree.Node); r.err != nil {
		return program{}, r.err
	}
	env := types.Map{}
	for _, s := range r.slots {
		env[s.name] = s.exprType()
	}
	config.WithEnv(env)
	if condition {
		config.Expect = reflect.Bool
		config.ExpectAny = true // told apart below, in better words
	}
	if _, err := checker.Check(tree, config); err != nil {
		if result := tree.Node.Nature(); condition && result.Type != nil && result.Kind != reflect.Bool {
			return program{}, newError(source, 0, "the condition is "+describe(result)+", not true or false", `compare it with something, as in type == "call.ended"`)
		}
		return program{}, translate(source, err)
	}
	if fault := r.checkResult(tree.Node.Nature(), condition); fault != nil {
		return program{}, fault
	}
	if !condition && len(r.slots) == 1 && r.single(tree.Node) {
		return program{source: source, slots: r.slots}, nil
	}
	if err := optimizer.Optimize(&tree.Node, config); err != nil { //nolint:misspell // its name
		return program{}, translate(source, err)
	}
	code, err := compiler.Compile(tree, config)
	if err != nil {
		return program{}, translate(source, err)
	}
	return program{source: source, code: code, slots: r.slots}, nil
}

// checkResult refuses a condition that is no condition and a key that is no key.
func (r *resolver) checkResult(result *nature.Nature, condition bool) *Error {
	unknown := result.Type == nil || result.Kind == reflect.Interface
	switch {
	case condition && unknown:
		return newError(r.source, 0, "the condition may be of any type, not only true or false", "compare it with something, as in … == true")
	case condition && result.Kind != reflect.Bool:
		return newError(r.source, 0, "the condition is "+describe(result)+", not true or false", `compare it with something, as in type == "call.ended"`)
	case !condition && !unknown && !scalar[result.Kind]:
		return newError(r.source, 0, "the key is "+describe(result)+", not a text", "name one field, as subject or data.call.id")
	}
	return nil
}

var scalar = map[reflect.Kind]bool{reflect.String: true, reflect.Int: true, reflect.Float64: true, reflect.Bool: true}

func describe(n *nature.Nature) string {
	switch n.Kind {
	case reflect.String:
		return kindNames[text_]
	case reflect.Int, reflect.Float64:
		return kindNames[number]
	case reflect.Bool:
		return kindNames[boolean]
	case reflect.Slice, reflect.Array:
		return "a list"
	case reflect.Map:
		return kindNames[object]
	}
	return "nothing"
}
