;; A plugin that does, on request, what a hostile one would: the first byte of the input is a letter that says what.
;; Every letter but e and the last few must end the call and leave the host and the next call well.
(module
  (import "plugboard_v1" "input_size" (func $input_size (result i32)))
  (import "plugboard_v1" "input_read" (func $input_read (param i32 i32 i32) (result i32)))
  (import "plugboard_v1" "output_write" (func $output_write (param i32 i32)))
  (import "plugboard_v1" "log" (func $log (param i32 i32 i32)))
  (import "plugboard_v1" "stop" (func $stop (param i32 i32 i32)))
  (import "wasi_snapshot_preview1" "random_get" (func $random_get (param i32 i32) (result i32)))
  (import "wasi_snapshot_preview1" "fd_write" (func $fd_write (param i32 i32 i32 i32) (result i32)))
  (import "wasi_snapshot_preview1" "poll_oneoff" (func $poll (param i32 i32 i32 i32) (result i32)))
  (import "wasi_snapshot_preview1" "proc_exit" (func $exit (param i32)))
  (memory (export "memory") 2)
  (table $t 4 funcref)
  (type $v (func))
  (elem (i32.const 0) $indirect)
  (global $calls (mut i32) (i32.const 0))
  (data (i32.const 512) "so says the plugin")
  (data (i32.const 600) "panic: out of cheese\0a\0agoroutine 1 [running]:\0amain.main()\0a")

  (func $recurse (param i64) (result i64)
    (i64.add (local.get 0) (call $recurse (i64.add (local.get 0) (i64.const 1)))))
  (func $indirect (call_indirect $t (type $v) (i32.const 0)))
  (func $even (param i32) (call $odd (local.get 0)) (drop (i32.load (local.get 0))))
  (func $odd (param i32) (call $even (local.get 0)) (drop (i32.load (local.get 0))))
  ;; a large frame: eight vectors live across the call
  (func $wide (param i32) (local v128 v128 v128 v128 v128 v128 v128 v128)
    (local.set 1 (i32x4.splat (local.get 0))) (local.set 2 (i32x4.add (local.get 1) (local.get 1)))
    (local.set 3 (i32x4.add (local.get 2) (local.get 1))) (local.set 4 (i32x4.add (local.get 3) (local.get 1)))
    (local.set 5 (i32x4.add (local.get 4) (local.get 1))) (local.set 6 (i32x4.add (local.get 5) (local.get 1)))
    (local.set 7 (i32x4.add (local.get 6) (local.get 1))) (local.set 8 (i32x4.add (local.get 7) (local.get 1)))
    (call $wide (i32.add (local.get 0) (i32.const 1)))
    (v128.store (i32.const 0) (i32x4.add (local.get 1) (i32x4.add (local.get 2) (i32x4.add (local.get 3) (i32x4.add (local.get 4)
      (i32x4.add (local.get 5) (i32x4.add (local.get 6) (i32x4.add (local.get 7) (local.get 8))))))))))

  (func $echo
    (local $n i32)
    (local.set $n (call $input_read (i32.const 1024) (i32.const 0) (i32.const 65536)))
    (call $output_write (i32.const 1024) (local.get $n)))
  (func $vector (param $at i32) (param $n i32)
    (i32.store (i32.const 0) (local.get $at)) (i32.store (i32.const 4) (local.get $n)))

  (func (export "receive") (result i32)
    (global.set $calls (i32.add (global.get $calls) (i32.const 1)))
    (drop (call $input_read (i32.const 16) (i32.const 0) (i32.const 1)))
    (call $do (i32.load8_u (i32.const 16))))

  (func $do (param $what i32) (result i32)
    (if (i32.eq (local.get $what) (i32.const 0x65)) (then (call $echo)))                                    ;; e cho
    (if (i32.eq (local.get $what) (i32.const 0x6c)) (then (loop $l (br $l))))                               ;; l oop
    (if (i32.eq (local.get $what) (i32.const 0x72)) (then (drop (call $recurse (i64.const 1)))))            ;; r ecursion
    (if (i32.eq (local.get $what) (i32.const 0x69)) (then (call $indirect)))                                ;; i ndirect recursion
    (if (i32.eq (local.get $what) (i32.const 0x32)) (then (call $even (i32.const 0))))                      ;; 2 functions
    (if (i32.eq (local.get $what) (i32.const 0x77)) (then (call $wide (i32.const 0))))                      ;; w ide frames
    (if (i32.eq (local.get $what) (i32.const 0x6d))                                                         ;; m emory, touched
      (then (loop $l
        (if (i32.ne (memory.grow (i32.const 1)) (i32.const -1))
          (then (i32.store (i32.sub (i32.mul (memory.size) (i32.const 65536)) (i32.const 4)) (i32.const 1)) (br $l))))
        (unreachable)))
    (if (i32.eq (local.get $what) (i32.const 0x4d)) (then (loop $l (drop (memory.grow (i32.const 0))) (br $l)))) ;; M
    (if (i32.eq (local.get $what) (i32.const 0x74))                                                         ;; t able
      (then (loop $l (br_if $l (i32.ne (table.grow $t (ref.null func) (i32.const 1000)) (i32.const -1)))) (unreachable)))
    (if (i32.eq (local.get $what) (i32.const 0x66))                                                         ;; f ill
      (then (drop (memory.grow (i32.const 400)))
        (loop $l (memory.fill (i32.const 0) (i32.const 1) (i32.const 26000000)) (br $l))))
    (if (i32.eq (local.get $what) (i32.const 0x63))                                                         ;; c opy
      (then (drop (memory.grow (i32.const 400)))
        (loop $l (memory.copy (i32.const 0) (i32.const 13000000) (i32.const 13000000)) (br $l))))
    (if (i32.eq (local.get $what) (i32.const 0x6f))                                                         ;; o utput
      (then (loop $l (call $output_write (i32.const 0) (i32.const 65536)) (br $l))))
    (if (i32.eq (local.get $what) (i32.const 0x68)) (then (loop $l (drop (call $input_size)) (br $l))))      ;; h ost calls
    (if (i32.eq (local.get $what) (i32.const 0x67))                                                         ;; log, lo g
      (then (loop $l (call $log (i32.const 1) (i32.const 512) (i32.const 18)) (br $l))))
    (if (i32.eq (local.get $what) (i32.const 0x45))                                                         ;; standard E rror
      (then (call $vector (i32.const 512) (i32.const 18))
        (loop $l (drop (call $fd_write (i32.const 2) (i32.const 0) (i32.const 1) (i32.const 8))) (br $l))))
    (if (i32.eq (local.get $what) (i32.const 0x52))                                                         ;; R andom numbers
      (then (drop (memory.grow (i32.const 400)))
        (loop $l (drop (call $random_get (i32.const 0) (i32.const 26000000))) (br $l))))
    (if (i32.eq (local.get $what) (i32.const 0x73))                                                         ;; s leep an hour
      (then (i64.store (i32.const 2072) (i64.const 3600000000000))
        (drop (call $poll (i32.const 2048) (i32.const 3072) (i32.const 1) (i32.const 4096)))))
    (if (i32.eq (local.get $what) (i32.const 0x75)) (then (unreachable)))                                   ;; u nreachable
    (if (i32.eq (local.get $what) (i32.const 0x64))                                                         ;; d ivision by zero
      (then (drop (i32.div_u (i32.const 1) (i32.load (i32.const 60000))))))
    (if (i32.eq (local.get $what) (i32.const 0x62)) (then (drop (i32.load (i32.const -8)))))                 ;; b ounds
    (if (i32.eq (local.get $what) (i32.const 0x6e)) (then (call_indirect $t (type $v) (i32.const 3))))       ;; n ull function
    (if (i32.eq (local.get $what) (i32.const 0x78)) (then (call $exit (i32.const 3))))                       ;; x it
    (if (i32.eq (local.get $what) (i32.const 0x70))                                                         ;; p anic, as Go's
      (then (call $vector (i32.const 600) (i32.const 56))
        (drop (call $fd_write (i32.const 2) (i32.const 0) (i32.const 1) (i32.const 8))) (unreachable)))
    (if (i32.eq (local.get $what) (i32.const 0x39)) (then (return (i32.const 9))))                          ;; 9: a status
    (if (i32.eq (local.get $what) (i32.const 0x53)) (then (call $stop (i32.const 7) (i32.const 0) (i32.const 0)))) ;; S top, wrong
    (if (i32.eq (local.get $what) (i32.const 0x23))                                                         ;; # calls of this instance
      (then (i32.store (i32.const 0) (global.get $calls)) (call $output_write (i32.const 0) (i32.const 4))))
    (if (i32.and (i32.ge_u (local.get $what) (i32.const 0x01)) (i32.le_u (local.get $what) (i32.const 4)))   ;; 1 to 4: stop
      (then (call $stop (local.get $what) (i32.const 512) (i32.const 18))))
    (i32.const 0))
)
