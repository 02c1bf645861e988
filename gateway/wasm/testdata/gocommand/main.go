// A plugin as a command, for the tests of the host: it does as its input says and shows what it was given.
package main

import (
	"fmt"
	"io"
	"os"
	"sort"
	"strings"
)

func main() {
	in, err := io.ReadAll(os.Stdin)
	if err != nil {
		panic(err)
	}
	if os.Args[1] == "judge" {
		os.Exit(64)
	}
	fail := func(status int, why string) {
		fmt.Fprintln(os.Stderr, "first a remark")
		fmt.Fprintln(os.Stderr, why)
		os.Exit(status)
	}
	switch what := string(in); what {
	case "env":
		env := os.Environ()
		sort.Strings(env)
		fmt.Print(strings.Join(env, "\n"))
	case "reject":
		fail(65, "not what was agreed")
	case "drop":
		fail(69, "of no interest")
	case "retry":
		fail(75, "come back later")
	case "other":
		fail(3, "out of luck")
	case "panic":
		panic("in a command")
	case "loop":
		for {
		}
	case "flood":
		for {
			os.Stdout.Write(make([]byte, 10000))
		}
	default:
		fmt.Printf("%s got %d bytes: %s", strings.Join(os.Args[1:], " "), len(in), what)
	}
}
