package verify_test

import (
	"go/ast"
	"go/parser"
	"go/token"
	"os"
	"path/filepath"
	"regexp"
	"strings"
	"testing"
)

func sourceFiles(t *testing.T) map[string]string {
	t.Helper()
	files, err := filepath.Glob("*.go")
	if err != nil || len(files) < 10 {
		t.Fatalf("%d files: %v", len(files), err)
	}
	texts := map[string]string{}
	for _, name := range files {
		if strings.HasSuffix(name, "_test.go") {
			continue
		}
		text, err := os.ReadFile(name)
		if err != nil {
			t.Fatal(err)
		}
		texts[name] = string(text)
	}
	return texts
}

// confidential are the names that this package gives to what an attacker might guess byte by byte.
var confidential = regexp.MustCompile(`(?i)^(sum|sums|given|want|mac|token|secret|password|first|accepted|signature)$`)

// hasty lists the comparisons that end at the first difference: of bytes, and of anything with a confidential name with
// something that is not a constant.
func hasty(t *testing.T, name, text string) (places []string) {
	t.Helper()
	files := token.NewFileSet()
	parsed, err := parser.ParseFile(files, name, text, 0)
	if err != nil {
		t.Fatal(err)
	}
	blame := func(n ast.Node) { places = append(places, files.Position(n.Pos()).String()) }
	ast.Inspect(parsed, func(n ast.Node) bool {
		switch n := n.(type) {
		case *ast.CallExpr:
			if f, ok := n.Fun.(*ast.SelectorExpr); ok && (f.Sel.Name == "Equal" || f.Sel.Name == "Compare" || f.Sel.Name == "DeepEqual") {
				blame(n)
			}
		case *ast.BinaryExpr:
			if (n.Op == token.EQL || n.Op == token.NEQ) && !constant(n.X) && !constant(n.Y) && (secretName(n.X) || secretName(n.Y)) {
				blame(n)
			}
		}
		return true
	})
	return places
}

func constant(e ast.Expr) bool {
	_, literal := e.(*ast.BasicLit)
	id, name := e.(*ast.Ident)
	return literal || name && id.Name == "nil"
}

func secretName(e ast.Expr) bool {
	switch e := e.(type) {
	case *ast.Ident:
		return confidential.MatchString(e.Name)
	case *ast.SelectorExpr:
		return confidential.MatchString(e.Sel.Name)
	case *ast.IndexExpr:
		return secretName(e.X)
	}
	return false
}
