package wasm

import (
	"bytes"
	"errors"
	"fmt"
	"math/rand/v2"
	"strings"
	"testing"
)

// TestGoGuestIsAlike calls a Go guest as it is compiled and rewritten, side by side: each of its functions becomes two there,
// jumps are sent straight on, conditions folded. What it does depends on its input alone, and must be the same, however it
// is taken up again in the middle of its functions.
func TestGoGuestIsAlike(t *testing.T) {
	var twins [2]Plugin
	for i, m := range []mode{unbounded, counted} {
		h := openHost(t, HostOptions{CacheDir: cacheDir(), Limits: patient}, m)
		twins[i] = openModule(t, load(t, h, "go", goGuest(t)), PluginOptions{Instances: 1, Ready: 1})
	}
	random := rand.New(rand.NewPCG(3, 14))
	differ := func(fn Function, body []byte) {
		t.Helper()
		var said [2]string
		for i, p := range twins {
			out, err := p.Call(t.Context(), fn, Input{Body: body})
			said[i] = fmt.Sprintf("%s %v", out.Body, out.Log)
			if e := (*Error)(nil); errors.As(err, &e) {
				said[i] = e.Reason
			}
		}
		if said[0] != said[1] {
			t.Errorf("%v of %q gives %s, and %s as it was", fn, body, said[1], said[0])
		}
	}
	answers := map[bool]int{}
	for range 150 {
		text := garbled(random, "twist "+words(random))
		if out, err := twins[1].Call(t.Context(), Format, Input{Body: text}); err == nil {
			answers[strings.Contains(string(out.Body), "fell")]++
		}
		differ(Format, text)
		doc := garbled(random, string(vendorEvent))
		differ(Receive, doc)
		differ(Transform, doc)
		differ(Judge, nil)
	}
	if answers[true] < 10 || answers[false] < 10 {
		t.Errorf("panicked and recovered: %v; both must come up", answers)
	}
}

func words(random *rand.Rand) string {
	var b strings.Builder
	for range 1 + random.IntN(12) {
		b.WriteString([]string{"ab ", "bc!", "cab", " d", "hhh", "x y ", "e\"f"}[random.IntN(7)])
	}
	return b.String()
}

// garbled changes a byte behind the first six, three times in four.
func garbled(random *rand.Rand, text string) []byte {
	b := bytes.Clone([]byte(text))
	if random.IntN(4) > 0 && len(b) > 6 {
		b[6+random.IntN(len(b)-6)] = "{}[]\",:0aZ \\\x00\xff!"[random.IntN(15)]
	}
	return b
}
