package likeness

// Names are pairs of names, and whether every language's SameName takes them for the same one.
var Names = []struct {
	A, B string
	Same bool
}{
	{"", "", true},
	{"online", "ONLINE", true},
	{"Transfers Only", "transfers_only", true},
	{"Überstunden", "überSTUNDEN", true},
	{"ОБЕД", "обед", true},
	{"ΔΙΆΛΕΙΜΜΑΣ", "διάλειμμασ", true}, // the last letter by itself, not as at a word's end
	{"昼休み", "昼休み", true},
	{"𐐀 x", "𐐨_X", true}, // beyond 16 bits
	{"@", "`", false},    // one bit apart, as a and A are
	{"online", "online ", false},
	{"online", "", false},
	{"away", "awry", false},
	{"a b", "a-b", false},
}
