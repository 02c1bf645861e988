//go:build wasip1

package host

import "unsafe"

//go:wasmimport plugboard_v1 input_size
func inputSize() int32

//go:wasmimport plugboard_v1 input_read
func inputRead(dst unsafe.Pointer, offset, n int32) int32

//go:wasmimport plugboard_v1 input_tape
func inputTape(format int32, dst unsafe.Pointer, capacity int32) int32

//go:wasmimport plugboard_v1 output_write
func outputWrite(src unsafe.Pointer, n int32)

//go:wasmimport plugboard_v1 fact
func fact(name unsafe.Pointer, nameLen int32, dst unsafe.Pointer, capacity int32) int32

//go:wasmimport plugboard_v1 lookup
func lookup(table unsafe.Pointer, tableLen int32, key unsafe.Pointer, keyLen int32, dst unsafe.Pointer, capacity int32) int32

//go:wasmimport plugboard_v1 state_get
func stateGet(key unsafe.Pointer, keyLen int32, dst unsafe.Pointer, capacity int32) int32

//go:wasmimport plugboard_v1 state_set
func stateSet(key unsafe.Pointer, keyLen int32, src unsafe.Pointer, n int32, ttlSeconds int64)

//go:wasmimport plugboard_v1 sign
func sign(secret unsafe.Pointer, secretLen, algorithm int32, src unsafe.Pointer, n int32, dst unsafe.Pointer, capacity int32) int32

//go:wasmimport plugboard_v1 log
func log(level int32, src unsafe.Pointer, n int32)

//go:wasmimport plugboard_v1 stop
func stop(kind int32, src unsafe.Pointer, n int32)

//go:wasmimport wasi_snapshot_preview1 proc_exit
func procExit(status int32)
