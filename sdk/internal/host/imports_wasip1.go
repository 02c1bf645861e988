//go:build wasip1

package host

import "unsafe"

//go:wasmimport plugboard_v1 input_size
//go:noescape
func inputSize() int32

//go:wasmimport plugboard_v1 input_read
//go:noescape
func inputRead(dst unsafe.Pointer, offset, n int32) int32

//go:wasmimport plugboard_v1 input_tape
//go:noescape
func inputTape(format int32, dst unsafe.Pointer, capacity int32) int32

//go:wasmimport plugboard_v1 json_valid
//go:noescape
func jsonValid(src unsafe.Pointer, n int32) int32

//go:wasmimport plugboard_v1 output_build
//go:noescape
func outputBuild(format int32, steps unsafe.Pointer, count, last int32)

//go:wasmimport plugboard_v1 output_has
//go:noescape
func outputHas(in int32, path unsafe.Pointer, pathLen int32) int32

//go:wasmimport plugboard_v1 output_write
//go:noescape
func outputWrite(src unsafe.Pointer, n int32)

//go:wasmimport plugboard_v1 fact
//go:noescape
func fact(name unsafe.Pointer, nameLen int32, dst unsafe.Pointer, capacity int32) int32

//go:wasmimport plugboard_v1 lookup
//go:noescape
func lookup(table unsafe.Pointer, tableLen int32, key unsafe.Pointer, keyLen int32, dst unsafe.Pointer, capacity int32) int32

//go:wasmimport plugboard_v1 state_get
//go:noescape
func stateGet(key unsafe.Pointer, keyLen int32, dst unsafe.Pointer, capacity int32) int32

//go:wasmimport plugboard_v1 state_set
//go:noescape
func stateSet(key unsafe.Pointer, keyLen int32, src unsafe.Pointer, n int32, ttlSeconds int64)

//go:wasmimport plugboard_v1 sign
//go:noescape
func sign(secret unsafe.Pointer, secretLen, algorithm int32, src unsafe.Pointer, n int32, dst unsafe.Pointer, capacity int32) int32

//go:wasmimport plugboard_v1 log
//go:noescape
func log(level int32, src unsafe.Pointer, n int32)

//go:wasmimport plugboard_v1 stop
//go:noescape
func stop(kind int32, src unsafe.Pointer, n int32)

//go:wasmimport wasi_snapshot_preview1 proc_exit
//go:noescape
func procExit(status int32)
