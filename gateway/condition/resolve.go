package condition

import (
	"fmt"
	"slices"
	"strconv"
	"strings"

	"github.com/expr-lang/expr/ast"

	"github.com/plugboard/plugboard/sdk/jsondoc"
)

// resolver replaces each chain of names by a variable of its own, and refuses what the language has and a condition must
// not have. The first fault ends it.
type resolver struct {
	source string
	slots  []slot
	loop   bool // inside the predicate of any, all, none, one, count
	err    *Error
	cost
}

func (r *resolver) fail(n ast.Node, do, what string, args ...any) {
	if r.err == nil {
		r.err = newError(r.source, n.Location().From, fmt.Sprintf(what, args...), do)
	}
}

func (r *resolver) walk(n *ast.Node) {
	if r.err != nil || *n == nil {
		return
	}
	switch node := (*n).(type) {
	case *ast.IdentifierNode, *ast.MemberNode, *ast.ChainNode:
		r.chain(n, anything)
	case *ast.UnaryNode:
		r.operand(&node.Node, unary[node.Operator])
	case *ast.BinaryNode:
		r.binary(node)
	case *ast.ConditionalNode:
		r.walk(&node.Cond)
		r.walk(&node.Exp1)
		r.walk(&node.Exp2)
	case *ast.ArrayNode:
		for i := range node.Nodes {
			r.walk(&node.Nodes[i])
		}
	case *ast.BuiltinNode:
		r.builtin(node)
	case *ast.PredicateNode:
		r.walk(&node.Node)
	case *ast.CallNode:
		r.fail(node, "use one of "+functionNames, "no function %s", callee(node))
	case *ast.PointerNode:
		r.element()
	case *ast.NilNode, *ast.IntegerNode, *ast.FloatNode, *ast.BoolNode, *ast.StringNode:
	default:
		r.fail(node, "write one expression without it", "variables, slices, maps and sequences are not part of a condition")
	}
}

const functionNames = "len, lower, upper, trim, trimPrefix, trimSuffix, hasPrefix, hasSuffix, indexOf, int, float, string, abs, min, max, any, all, none, one, count"

func callee(node *ast.CallNode) string {
	switch c := node.Callee.(type) {
	case *ast.IdentifierNode:
		return c.Value
	case *ast.MemberNode:
		if name, ok := c.Property.(*ast.StringNode); ok {
			return name.Value
		}
	}
	return "of that kind"
}

func (r *resolver) builtin(node *ast.BuiltinNode) {
	if !allowed[node.Name] {
		r.fail(node, "use one of "+functionNames, "no function %s", node.Name)
		return
	}
	if r.loop && slices.ContainsFunc(node.Arguments, isPredicate) {
		// Each level would multiply the cost by the length of a list that the sender chose.
		r.fail(node, "test the lists one after the other", "a loop within a loop")
		return
	}
	first := len(r.read)
	for i := range node.Arguments {
		if !isPredicate(node.Arguments[i]) {
			r.working(func() { r.operand(&node.Arguments[i], arguments[node.Name]) })
			continue
		}
		r.loop, r.list, r.work = true, r.read[first:len(r.read):len(r.read)], false
		r.walk(&node.Arguments[i])
		r.loop, r.list = false, nil
	}
}

func isPredicate(n ast.Node) bool {
	_, ok := n.(*ast.PredicateNode)
	return ok
}

// What an operator or function works on: a field without a type of its own reads as the "", 0, false or empty list of that
// where it is absent. The zero kind, object, stands for none.
var (
	unary     = map[string]kind{"!": decided, "not": decided, "-": counted, "+": counted}
	operators = map[string]kind{"&&": decided, "and": decided, "||": decided, "or": decided, "-": counted, "*": counted, "/": counted, "%": counted,
		"contains": text_, "startsWith": text_, "endsWith": text_}
	arguments = map[string]kind{"lower": text_, "upper": text_, "trim": text_, "trimPrefix": text_, "trimSuffix": text_, "hasPrefix": text_,
		"hasSuffix": text_, "indexOf": text_, "lastIndexOf": text_, "int": counted, "float": counted, "abs": counted,
		"len": several, "any": several, "all": several, "none": several, "one": several, "count": several}
)

// binary resolves both sides, each of which takes the type of what it is compared with.
func (r *resolver) binary(node *ast.BinaryNode) {
	left, right := operators[node.Operator], operators[node.Operator]
	onLeft, onRight := plainly, plainly
	switch node.Operator {
	case "==", "!=", "<", "<=", ">", ">=":
		left, right = literal(node.Right), literal(node.Left)
	case "contains":
		onLeft = r.working
	case "matches":
		pattern, ok := node.Right.(*ast.StringNode)
		if !ok {
			r.fail(node.Right, "write the pattern out in quotes", "matches needs a pattern that is known beforehand")
			return
		}
		left, onLeft = text_, func(walk func()) { r.matching(pattern.Value, walk) }
	case "in":
		left, onRight = elements(node.Right), r.working
	case "+":
		left, right = summand(node.Right), summand(node.Left)
		onLeft, onRight = r.joining, r.joining
	case "..":
		r.fail(node, "compare with < and >", "ranges are not part of a condition")
		return
	}
	onLeft(func() { r.operand(&node.Left, left) })
	onRight(func() { r.operand(&node.Right, right) })
}

func (r *resolver) operand(n *ast.Node, like kind) {
	switch (*n).(type) {
	case *ast.IdentifierNode, *ast.MemberNode, *ast.ChainNode:
		if r.err == nil {
			r.chain(n, like)
		}
	default:
		r.walk(n)
	}
}

func literal(n ast.Node) kind {
	switch n := n.(type) {
	case *ast.StringNode:
		return text_
	case *ast.IntegerNode, *ast.FloatNode:
		return number
	case *ast.BoolNode:
		return boolean
	case *ast.UnaryNode:
		if n.Operator == "-" || n.Operator == "+" {
			return literal(n.Node)
		}
	}
	return anything
}

// summand is what is added to n.
func summand(n ast.Node) kind {
	if k := literal(n); k != number {
		return k
	}
	return counted
}

// elements is the kind of a list that is written out, if all in it are of one.
func elements(n ast.Node) kind {
	list, ok := n.(*ast.ArrayNode)
	if !ok || len(list.Nodes) == 0 {
		return anything
	}
	first := literal(list.Nodes[0])
	if slices.ContainsFunc(list.Nodes, func(n ast.Node) bool { return literal(n) != first }) {
		return anything
	}
	return first
}

// link is one name of a chain. Brackets around it say that the writer vouches for it.
type link struct {
	name     string
	brackets bool
	index    bool
	node     ast.Node
}

// chain resolves names that begin at the event; those that begin at a list's element (#.name) stay as they are.
func (r *resolver) chain(n *ast.Node, like kind) {
	links, rooted := r.unwind(*n, nil)
	if r.err != nil {
		return
	}
	if !rooted {
		if m, ok := (*n).(*ast.MemberNode); ok {
			r.walk(&m.Node)
		} else if c, ok := (*n).(*ast.ChainNode); ok {
			r.walk(&c.Node)
		}
		return
	}
	k, ok := r.lookup(links)
	if !ok {
		return
	}
	if k == anything && like != object {
		k = like
	}
	if r.loop && r.work {
		r.fail(links[0].node, "work on # alone there, and compare other fields with == or <", "%s would be worked through for every element of the list", path(links))
		return
	}
	ast.Patch(n, &ast.IdentifierNode{Value: r.slot(links, k)})
}

// unwind lists the names of a chain, outermost last.
func (r *resolver) unwind(n ast.Node, links []link) ([]link, bool) {
	switch n := n.(type) {
	case *ast.ChainNode:
		return r.unwind(n.Node, links)
	case *ast.IdentifierNode:
		return append(links, link{name: n.Value, node: n}), true
	case *ast.MemberNode:
		links, rooted := r.unwind(n.Node, links)
		switch p := n.Property.(type) {
		case *ast.StringNode:
			return append(links, link{name: p.Value, brackets: r.quoted(p), node: p}), rooted
		case *ast.IntegerNode:
			return append(links, link{name: strconv.Itoa(p.Value), index: true, node: p}), rooted
		}
		if rooted {
			r.fail(n.Property, `write it as in data["name"] or data.agent.tags[0]`, "what stands in brackets must be a text or a number")
		}
		return links, rooted
	}
	return links, false
}

// quoted says whether a name was written in brackets: then its place in the source holds a quote.
func (r *resolver) quoted(n ast.Node) bool {
	at := newError(r.source, n.Location().From, "", "").Offset
	return at < len(r.source) && strings.ContainsRune("\"'`", rune(r.source[at]))
}

// lookup finds the kind of what a chain names.
func (r *resolver) lookup(links []link) (kind, bool) {
	at := canonical
	for i, l := range links {
		switch {
		case at.kind == anything:
			return anything, true
		case at.kind == texts && l.index && i == len(links)-1:
			return text_, true
		case at.kind != object && l.brackets:
			return anything, true
		case at.kind != object:
			r.fail(l.node, "leave the rest out", "%s is %s; it has no field %s", path(links[:i]), kindNames[at.kind], l.name)
			return 0, false
		}
		next := at.fields[l.name]
		if next == nil {
			if l.brackets && i > 0 {
				return anything, true
			}
			r.unknown(links[:i], l, at)
			return 0, false
		}
		at = next
	}
	if at.kind == object {
		last := links[len(links)-1]
		if last.brackets {
			return anything, true
		}
		r.fail(last.node, "name one of its fields: "+strings.Join(at.names(), ", "), "%s is an object, not a value", path(links))
		return 0, false
	}
	return at.kind, true
}

func (r *resolver) unknown(before []link, l link, at *field) {
	prefix := path(before)
	if prefix != "" {
		prefix += "."
	}
	do := ""
	if len(before) == 0 && canonical.fields["data"].fields[l.name] != nil {
		do = "did you mean data." + l.name + "? "
	} else if near := nearest(l.name, at.names()); near != "" {
		do = "did you mean " + prefix + near + "? "
	} else {
		do = "there are " + strings.Join(at.names(), ", ") + "; "
	}
	if len(before) > 0 {
		do += fmt.Sprintf("%s[%q] takes a field that the canonical event does not have", path(before), l.name)
	} else {
		do += "what a vendor sends is under data"
	}
	r.fail(l.node, do, "no field %s%s in an event", prefix, l.name)
}

func path(links []link) string {
	names := make([]string, len(links))
	for i, l := range links {
		names[i] = l.name
	}
	return strings.Join(names, ".")
}

// slot gives the name of the variable for a chain read as k, the same one for the same chain.
func (r *resolver) slot(links []link, k kind) string {
	steps := make([]string, len(links))
	for i, l := range links {
		steps[i] = jsondoc.Key(l.name)
	}
	s := slot{path: strings.Join(steps, "."), kind: k}
	s.name = s.path + "\x00" + strconv.Itoa(int(k)) // no expression can spell that
	for i := range r.slots {
		if r.slots[i].name == s.name {
			r.charge(i)
			return s.name
		}
	}
	s.attribute = attributes[s.path]
	r.slots = append(r.slots, s)
	r.charge(len(r.slots) - 1)
	return s.name
}

// single says whether the expression is one variable and nothing else.
func (r *resolver) single(n ast.Node) bool {
	id, ok := n.(*ast.IdentifierNode)
	return ok && len(r.slots) == 1 && id.Value == r.slots[0].name
}
