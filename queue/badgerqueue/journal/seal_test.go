package journal

import (
	"bytes"
	"errors"
	"os"
	"testing"
)

// testKey is what the tests of this package seal with; nil: nothing is sealed.
var testKey []byte

func newCommit() *Commit {
	c := new(Commit)
	if testKey != nil {
		c.Seal()
	}
	return c
}

// bodySize makes a commit as long sealed as it is in the clear.
func bodySize() int {
	if testKey != nil {
		return 450 - 2*overhead
	}
	return 450
}

// sealing seals for the rest of a test.
func sealing(t testing.TB) {
	testKey = bytes.Repeat([]byte{7}, 32)
	t.Cleanup(func() { testKey = nil })
}

// TestSealed holds a sealed journal to everything that one in the clear is held to.
func TestSealed(t *testing.T) {
	sealing(t)
	for name, test := range map[string]func(*testing.T){
		"CommitsComeBack":        TestCommitsComeBack,
		"TornTail":               TestTornTail,
		"DamageIsTold":           TestDamageIsTold,
		"UnfinishedSegment":      TestUnfinishedSegment,
		"PayloadIsNoRecord":      TestPayloadIsNoRecord,
		"NumbersAreNotUsedAgain": TestNumbersAreNotUsedAgain,
		"Remove":                 TestRemove,
		"Read":                   TestRead,
		"FailedWriteIsFinal":     TestFailedWriteIsFinal,
	} {
		t.Run(name, test)
	}
}

func TestSealedSaysNothing(t *testing.T) {
	canary := []byte("a canary of the mine, long enough to be told from chance")
	file := func(t *testing.T) []byte {
		dir := t.TempDir()
		j, _ := open(t, dir, Follow{})
		write(t, j, 1, string(canary), canary)
		content, err := os.ReadFile(fileName(dir, 1))
		if err != nil {
			t.Fatal(err)
		}
		return content
	}
	if !bytes.Contains(file(t), canary) {
		t.Error("the control: in the clear it is not found")
	}
	sealing(t)
	if bytes.Contains(file(t), canary[:8]) {
		t.Error("it stands in the file")
	}
}

func TestSealedOpensWithItsKeyInItsPlaceAlone(t *testing.T) {
	sealing(t)
	dir := t.TempDir()
	j, _ := open(t, dir, Follow{})
	a, b := write(t, j, 1, "x", []byte("payload a")), write(t, j, 2, "y", []byte("payload b"))
	if got, err := j.Read(a); err != nil || string(got) != "payload a" {
		t.Fatalf("%q, %v", got, err)
	}
	content, err := os.ReadFile(fileName(dir, 1))
	if err != nil {
		t.Fatal(err)
	}
	copy(content[b.Offset:], content[a.Offset:a.Offset+a.Length]) // a in the place of b
	swapped := b
	swapped.Sum = a.Sum
	if err := os.WriteFile(fileName(dir, 1), content, 0o600); err != nil {
		t.Fatal(err)
	}
	if got, err := j.Read(swapped); !errors.Is(err, ErrDamaged) {
		t.Errorf("a payload in another's place is read: %q, %v", got, err)
	}
	if got, err := j.Read(a); err != nil || string(got) != "payload a" {
		t.Errorf("the control, in its own place: %q, %v", got, err)
	}
	if _, err := (Follow{}).Read(dir, nil); !errors.Is(err, ErrSealed) {
		t.Errorf("without a key: %v", err)
	}
	another := bytes.Repeat([]byte{8}, 32)
	if _, err := (Follow{Key: another}).Read(dir, func(*Record) error { return nil }); !errors.Is(err, ErrDamaged) {
		t.Errorf("with another key: %v", err)
	}
}

// A journal that was begun in the clear goes on sealed, and the other way round.
func TestSegmentsOfBothKinds(t *testing.T) {
	dir := t.TempDir()
	j, _ := open(t, dir, Follow{})
	plain := write(t, j, 1, "one", []byte("in the clear"))
	if err := j.Close(); err != nil {
		t.Fatal(err)
	}
	sealing(t)
	j, _ = open(t, dir, Follow{})
	sealed := write(t, j, 2, "two", []byte("sealed"))
	if plain.Segment == sealed.Segment {
		t.Error("one segment holds both")
	}
	for p, want := range map[Place]string{plain: "in the clear", sealed: "sealed"} {
		if got, err := j.Read(p); err != nil || string(got) != want {
			t.Errorf("%q, %v; want %q", got, err, want)
		}
	}
	if err := j.Close(); err != nil {
		t.Fatal(err)
	}
	if _, got := open(t, dir, Follow{}); len(got) != 2 || got[0] != "1:one" || got[1] != "2:two" {
		t.Errorf("%q", got)
	}
}
