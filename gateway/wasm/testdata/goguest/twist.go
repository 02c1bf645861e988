package main

import (
	"errors"
	"fmt"
	"runtime"
	"slices"
	"strings"
	"sync"
)

// twist does what makes a function be taken up again in the middle: it waits, in loops, in branches, in deferred functions,
// deep in a recursion, and while it panics. What comes of it depends on the text alone.
func twist(text string) string {
	var sums [8]uint32
	ring := make([]chan uint32, len(sums))
	for i := range ring {
		ring[i] = make(chan uint32)
	}
	var all sync.WaitGroup
	for i := range sums {
		all.Go(func() {
			next := ring[(i+1)%len(ring)]
			for round, c := range []byte(text) {
				if round == 0 && i == 0 {
					next <- uint32(c)
				}
				v := <-ring[i]
				sums[i] = walk(sums[i]+v, int(c)%9, &sums)
				if round < len(text)-1 || i > 0 {
					next <- sums[i]
				}
			}
		})
	}
	all.Wait()
	return fmt.Sprintf("%x %s %v", sums, fallen(text), sorted(text))
}

// walk goes deep and lets others run on the way down and on the way up.
func walk(v uint32, depth int, at *[8]uint32) (sum uint32) {
	defer func() {
		runtime.Gosched()
		sum ^= uint32(depth) << 7
	}()
	for i := range depth {
		switch {
		case i%3 == 2:
			runtime.Gosched()
			sum += walk(v*31+uint32(i), depth-2-i%2, at)
		case v&4 != 0:
			sum = sum<<3 | sum>>29
			if i&1 == 0 {
				continue
			}
			runtime.Gosched()
			fallthrough
		default:
			sum += v ^ uint32(i)
		}
	}
	return sum + v
}

var errOdd = errors.New("odd")

// fallen panics, waits while it does, and recovers.
func fallen(text string) (what string) {
	defer func() {
		runtime.Gosched()
		if r := recover(); r != nil {
			what = fmt.Sprint("fell: ", r)
		}
	}()
	for i, c := range []byte(text) {
		runtime.Gosched()
		if c%7 == 3 {
			panic(fmt.Errorf("%w at %d of %v", errOdd, i, []string{text}[i/len(text)]))
		}
		if c == '!' {
			_ = text[i+len(text)]
		}
	}
	return "stood"
}

func sorted(text string) []string {
	counts := map[string]int{}
	for _, w := range strings.FieldsFunc(text, func(r rune) bool { runtime.Gosched(); return r == ' ' || r == '"' }) {
		counts[w]++
	}
	var words []string
	for w, n := range counts {
		words = append(words, fmt.Sprint(w, n))
	}
	slices.SortFunc(words, func(a, b string) int { runtime.Gosched(); return strings.Compare(b, a) })
	return words
}
