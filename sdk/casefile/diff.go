package casefile

import (
	"fmt"
	"strings"
)

// Diff shows where two JSON documents differ, line by line, with what is wanted after a minus and what is there after a
// plus; "" when they say the same. It is an error when one of them is not JSON.
func Diff(want, got []byte) (string, error) {
	w, err := tree(want)
	if err != nil {
		return "", fmt.Errorf("what is expected is not JSON: %w\n%s", err, want)
	}
	g, err := tree(got)
	if err != nil {
		return "", fmt.Errorf("what came out is not JSON: %w\n%s", err, got)
	}
	return diffValues(w, g), nil
}

func diffValues(want, got any) string {
	return Lines(string(encodeIndented(want)), string(encodeIndented(got)))
}

// around is how many equal lines are shown beside those that differ.
const around = 2

// Lines is Diff for any two texts.
func Lines(want, got string) string {
	if want == got {
		return ""
	}
	script := edits(strings.Split(strings.TrimSuffix(want, "\n"), "\n"), strings.Split(strings.TrimSuffix(got, "\n"), "\n"))
	var out strings.Builder
	skipped := false
	for i, e := range script {
		if e[0] == ' ' && !near(script, i) {
			skipped = true
			continue
		}
		if skipped {
			out.WriteString("  …\n")
			skipped = false
		}
		out.WriteString(e + "\n")
	}
	return strings.TrimSuffix(out.String(), "\n")
}

func near(script []string, at int) bool {
	for i := max(0, at-around); i < min(len(script), at+around+1); i++ {
		if script[i][0] != ' ' {
			return true
		}
	}
	return false
}

// maxCells bounds the table that edits fills: beyond it, what differs is shown whole.
const maxCells = 4 << 20

// edits turns a into b: lines to take away and to add, and those that stay, in the order of a longest common
// subsequence.
func edits(a, b []string) []string {
	var head, tail []string
	for len(a) > 0 && len(b) > 0 && a[0] == b[0] {
		head, a, b = append(head, "  "+a[0]), a[1:], b[1:]
	}
	for len(a) > 0 && len(b) > 0 && a[len(a)-1] == b[len(b)-1] {
		tail = append([]string{"  " + a[len(a)-1]}, tail...)
		a, b = a[:len(a)-1], b[:len(b)-1]
	}
	var common [][]int32 // [i][j]: how many lines a[i:] and b[j:] have in common
	if (len(a)+1)*(len(b)+1) <= maxCells {
		common = table(a, b)
	}
	i, j := 0, 0
	for i < len(a) || j < len(b) {
		switch {
		case common != nil && i < len(a) && j < len(b) && a[i] == b[j]:
			head = append(head, "  "+a[i])
			i, j = i+1, j+1
		case j == len(b) || i < len(a) && (common == nil || common[i+1][j] >= common[i][j+1]):
			head = append(head, "- "+a[i])
			i++
		default:
			head = append(head, "+ "+b[j])
			j++
		}
	}
	return append(head, tail...)
}

func table(a, b []string) [][]int32 {
	common := make([][]int32, len(a)+1)
	for i := range common {
		common[i] = make([]int32, len(b)+1)
	}
	for i := len(a) - 1; i >= 0; i-- {
		for j := len(b) - 1; j >= 0; j-- {
			if a[i] == b[j] {
				common[i][j] = common[i+1][j+1] + 1
			} else {
				common[i][j] = max(common[i+1][j], common[i][j+1])
			}
		}
	}
	return common
}
