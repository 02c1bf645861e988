package config

import "strings"

// nearest gives the known word that the given one was probably meant to be: the same but for case, "-" and "_", or at
// most a third of its letters away. ok is false when nothing is near.
func nearest(word string, known []string) (best string, ok bool) {
	plain := strings.NewReplacer("-", "", "_", "").Replace
	limit := max(1, len(word)/3) + 1
	for _, k := range known {
		d := distance(strings.ToLower(word), strings.ToLower(k))
		if strings.EqualFold(plain(word), plain(k)) {
			d = 0
		}
		if d < limit {
			best, ok, limit = k, true, d
		}
	}
	return best, ok
}

// distance counts the letters to add, drop, change or swap with their neighbour.
func distance(a, b string) int {
	x, y := []rune(a), []rune(b)
	rows := make([][]int, len(x)+1)
	for i := range rows {
		rows[i] = make([]int, len(y)+1)
		rows[i][0] = i
	}
	for j := range rows[0] {
		rows[0][j] = j
	}
	for i := 1; i <= len(x); i++ {
		for j := 1; j <= len(y); j++ {
			change := 1
			if x[i-1] == y[j-1] {
				change = 0
			}
			rows[i][j] = min(rows[i-1][j]+1, rows[i][j-1]+1, rows[i-1][j-1]+change)
			if i > 1 && j > 1 && x[i-1] == y[j-2] && x[i-2] == y[j-1] {
				rows[i][j] = min(rows[i][j], rows[i-2][j-2]+1)
			}
		}
	}
	return rows[len(x)][len(y)]
}
