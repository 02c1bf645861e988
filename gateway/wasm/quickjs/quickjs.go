// Package quickjs carries what runs scripts: QuickJS compiled to WebAssembly as a reactor of the plugin interface, and the
// module "plugboard" that scripts import. Package wasm puts the two together; README.md says where they come from.
package quickjs

import _ "embed"

// Wasm is the reactor that build.sh makes of QuickJS and the C files here: it compiles a script, and is its plugin.
//
//go:embed quickjs.wasm
var Wasm []byte

// Plugboard is the source of the module "plugboard", compiled beside each script.
//
//go:embed plugboard.js
var Plugboard []byte
