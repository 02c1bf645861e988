// Package vendors holds the tests that all bundled vendors' plugins stand together, each with one entry in a table:
//
//   - roundtrip_test.go: what a plugin receives, it can encode, and receives the same again, over all of its fixtures and
//     over fixtures that were changed at random.
//   - pairs_test.go: each vendor's own webhook, signed, to a gateway that runs, and from there to each target that takes it;
//     what arrived makes the table in plugins/PAIRS.md, and is rebuilt, posted again and recognised.
//
// It has no code of its own.
package vendors
