;; A plugin that makes one host call for its test. The input is ten i32: which import, and its arguments; then anything.
;; It lies in memory from 0 on. The output is the call's result (i32) and memory from 1024 to 2048.
(module
  (import "plugboard_v1" "input_size" (func $input_size (result i32)))
  (import "plugboard_v1" "input_read" (func $input_read (param i32 i32 i32) (result i32)))
  (import "plugboard_v1" "input_field" (func $input_field (param i32 i32 i32 i32 i32) (result i32)))
  (import "plugboard_v1" "output_write" (func $output_write (param i32 i32)))
  (import "plugboard_v1" "fact" (func $fact (param i32 i32 i32 i32) (result i32)))
  (import "plugboard_v1" "lookup" (func $lookup (param i32 i32 i32 i32 i32 i32) (result i32)))
  (import "plugboard_v1" "state_get" (func $state_get (param i32 i32 i32 i32) (result i32)))
  (import "plugboard_v1" "state_set" (func $state_set (param i32 i32 i32 i32 i64)))
  (import "plugboard_v1" "sign" (func $sign (param i32 i32 i32 i32 i32 i32 i32) (result i32)))
  (import "plugboard_v1" "log" (func $log (param i32 i32 i32)))
  (import "plugboard_v1" "stop" (func $stop (param i32 i32 i32)))
  (import "wasi_snapshot_preview1" "args_get" (func $args_get (param i32 i32) (result i32)))
  (import "wasi_snapshot_preview1" "args_sizes_get" (func $args_sizes_get (param i32 i32) (result i32)))
  (import "wasi_snapshot_preview1" "environ_get" (func $environ_get (param i32 i32) (result i32)))
  (import "wasi_snapshot_preview1" "environ_sizes_get" (func $environ_sizes_get (param i32 i32) (result i32)))
  (import "wasi_snapshot_preview1" "clock_res_get" (func $clock_res_get (param i32 i32) (result i32)))
  (import "wasi_snapshot_preview1" "clock_time_get" (func $clock_time_get (param i32 i64 i32) (result i32)))
  (import "wasi_snapshot_preview1" "fd_fdstat_get" (func $fd_fdstat_get (param i32 i32) (result i32)))
  (import "wasi_snapshot_preview1" "fd_filestat_get" (func $fd_filestat_get (param i32 i32) (result i32)))
  (import "wasi_snapshot_preview1" "fd_read" (func $fd_read (param i32 i32 i32 i32) (result i32)))
  (import "wasi_snapshot_preview1" "fd_write" (func $fd_write (param i32 i32 i32 i32) (result i32)))
  (import "wasi_snapshot_preview1" "poll_oneoff" (func $poll_oneoff (param i32 i32 i32 i32) (result i32)))
  (import "wasi_snapshot_preview1" "random_get" (func $random_get (param i32 i32) (result i32)))
  (import "wasi_snapshot_preview1" "fd_close" (func $fd_close (param i32) (result i32)))
  (import "wasi_snapshot_preview1" "fd_seek" (func $fd_seek (param i32 i64 i32 i32) (result i32)))
  (import "wasi_snapshot_preview1" "path_open" (func $path_open (param i32 i32 i32 i32 i32 i64 i64 i32 i32) (result i32)))
  (import "wasi_snapshot_preview1" "sched_yield" (func $sched_yield (result i32)))
  (import "plugboard_v1" "input_tape" (func $input_tape (param i32 i32 i32) (result i32)))
  (import "plugboard_v1" "json_valid" (func $json_valid (param i32 i32) (result i32)))
  (import "plugboard_v1" "output_build" (func $output_build (param i32 i32 i32 i32)))
  (import "plugboard_v1" "output_has" (func $output_has (param i32 i32 i32) (result i32)))
  (memory (export "memory") 1)
  (func $host (result i32)
    (if (i32.eq (i32.load (i32.const 0)) (i32.const 0)) (then (return (call $input_size)))) ;; input_size
    (if (i32.eq (i32.load (i32.const 0)) (i32.const 1)) (then (return (call $input_read (i32.load (i32.const 4)) (i32.load (i32.const 8)) (i32.load (i32.const 12)))))) ;; input_read
    (if (i32.eq (i32.load (i32.const 0)) (i32.const 2)) (then (return (call $input_field (i32.load (i32.const 4)) (i32.load (i32.const 8)) (i32.load (i32.const 12)) (i32.load (i32.const 16)) (i32.load (i32.const 20)))))) ;; input_field
    (if (i32.eq (i32.load (i32.const 0)) (i32.const 3)) (then (call $output_write (i32.load (i32.const 4)) (i32.load (i32.const 8))) (return (i32.const 0)))) ;; output_write
    (if (i32.eq (i32.load (i32.const 0)) (i32.const 4)) (then (return (call $fact (i32.load (i32.const 4)) (i32.load (i32.const 8)) (i32.load (i32.const 12)) (i32.load (i32.const 16)))))) ;; fact
    (if (i32.eq (i32.load (i32.const 0)) (i32.const 5)) (then (return (call $lookup (i32.load (i32.const 4)) (i32.load (i32.const 8)) (i32.load (i32.const 12)) (i32.load (i32.const 16)) (i32.load (i32.const 20)) (i32.load (i32.const 24)))))) ;; lookup
    (if (i32.eq (i32.load (i32.const 0)) (i32.const 6)) (then (return (call $state_get (i32.load (i32.const 4)) (i32.load (i32.const 8)) (i32.load (i32.const 12)) (i32.load (i32.const 16)))))) ;; state_get
    (if (i32.eq (i32.load (i32.const 0)) (i32.const 7)) (then (call $state_set (i32.load (i32.const 4)) (i32.load (i32.const 8)) (i32.load (i32.const 12)) (i32.load (i32.const 16)) (i64.load32_s (i32.const 20))) (return (i32.const 0)))) ;; state_set
    (if (i32.eq (i32.load (i32.const 0)) (i32.const 8)) (then (return (call $sign (i32.load (i32.const 4)) (i32.load (i32.const 8)) (i32.load (i32.const 12)) (i32.load (i32.const 16)) (i32.load (i32.const 20)) (i32.load (i32.const 24)) (i32.load (i32.const 28)))))) ;; sign
    (if (i32.eq (i32.load (i32.const 0)) (i32.const 9)) (then (call $log (i32.load (i32.const 4)) (i32.load (i32.const 8)) (i32.load (i32.const 12))) (return (i32.const 0)))) ;; log
    (if (i32.eq (i32.load (i32.const 0)) (i32.const 10)) (then (call $stop (i32.load (i32.const 4)) (i32.load (i32.const 8)) (i32.load (i32.const 12))) (return (i32.const 0)))) ;; stop
    (if (i32.eq (i32.load (i32.const 0)) (i32.const 11)) (then (return (call $args_get (i32.load (i32.const 4)) (i32.load (i32.const 8)))))) ;; args_get
    (if (i32.eq (i32.load (i32.const 0)) (i32.const 12)) (then (return (call $args_sizes_get (i32.load (i32.const 4)) (i32.load (i32.const 8)))))) ;; args_sizes_get
    (if (i32.eq (i32.load (i32.const 0)) (i32.const 13)) (then (return (call $environ_get (i32.load (i32.const 4)) (i32.load (i32.const 8)))))) ;; environ_get
    (if (i32.eq (i32.load (i32.const 0)) (i32.const 14)) (then (return (call $environ_sizes_get (i32.load (i32.const 4)) (i32.load (i32.const 8)))))) ;; environ_sizes_get
    (if (i32.eq (i32.load (i32.const 0)) (i32.const 15)) (then (return (call $clock_res_get (i32.load (i32.const 4)) (i32.load (i32.const 8)))))) ;; clock_res_get
    (if (i32.eq (i32.load (i32.const 0)) (i32.const 16)) (then (return (call $clock_time_get (i32.load (i32.const 4)) (i64.load32_s (i32.const 8)) (i32.load (i32.const 12)))))) ;; clock_time_get
    (if (i32.eq (i32.load (i32.const 0)) (i32.const 17)) (then (return (call $fd_fdstat_get (i32.load (i32.const 4)) (i32.load (i32.const 8)))))) ;; fd_fdstat_get
    (if (i32.eq (i32.load (i32.const 0)) (i32.const 18)) (then (return (call $fd_filestat_get (i32.load (i32.const 4)) (i32.load (i32.const 8)))))) ;; fd_filestat_get
    (if (i32.eq (i32.load (i32.const 0)) (i32.const 19)) (then (return (call $fd_read (i32.load (i32.const 4)) (i32.load (i32.const 8)) (i32.load (i32.const 12)) (i32.load (i32.const 16)))))) ;; fd_read
    (if (i32.eq (i32.load (i32.const 0)) (i32.const 20)) (then (return (call $fd_write (i32.load (i32.const 4)) (i32.load (i32.const 8)) (i32.load (i32.const 12)) (i32.load (i32.const 16)))))) ;; fd_write
    (if (i32.eq (i32.load (i32.const 0)) (i32.const 21)) (then (return (call $poll_oneoff (i32.load (i32.const 4)) (i32.load (i32.const 8)) (i32.load (i32.const 12)) (i32.load (i32.const 16)))))) ;; poll_oneoff
    (if (i32.eq (i32.load (i32.const 0)) (i32.const 22)) (then (return (call $random_get (i32.load (i32.const 4)) (i32.load (i32.const 8)))))) ;; random_get
    (if (i32.eq (i32.load (i32.const 0)) (i32.const 23)) (then (return (call $fd_close (i32.load (i32.const 4)))))) ;; fd_close
    (if (i32.eq (i32.load (i32.const 0)) (i32.const 24)) (then (return (call $fd_seek (i32.load (i32.const 4)) (i64.load32_s (i32.const 8)) (i32.load (i32.const 12)) (i32.load (i32.const 16)))))) ;; fd_seek
    (if (i32.eq (i32.load (i32.const 0)) (i32.const 25)) (then (return (call $path_open (i32.load (i32.const 4)) (i32.load (i32.const 8)) (i32.load (i32.const 12)) (i32.load (i32.const 16)) (i32.load (i32.const 20)) (i64.load32_s (i32.const 24)) (i64.load32_s (i32.const 28)) (i32.load (i32.const 32)) (i32.load (i32.const 36)))))) ;; path_open
    (if (i32.eq (i32.load (i32.const 0)) (i32.const 26)) (then (return (call $sched_yield)))) ;; sched_yield
    (if (i32.eq (i32.load (i32.const 0)) (i32.const 27)) (then (return (call $input_tape (i32.load (i32.const 4)) (i32.load (i32.const 8)) (i32.load (i32.const 12)))))) ;; input_tape
    (if (i32.eq (i32.load (i32.const 0)) (i32.const 28)) (then (return (call $json_valid (i32.load (i32.const 4)) (i32.load (i32.const 8)))))) ;; json_valid
    (if (i32.eq (i32.load (i32.const 0)) (i32.const 29)) (then (call $output_build (i32.load (i32.const 4)) (i32.load (i32.const 8)) (i32.load (i32.const 12)) (i32.load (i32.const 16))) (return (i32.const 0)))) ;; output_build
    (if (i32.eq (i32.load (i32.const 0)) (i32.const 30)) (then (return (call $output_has (i32.load (i32.const 4)) (i32.load (i32.const 8)) (i32.load (i32.const 12)))))) ;; output_has
    (unreachable))
  (func $drive (result i32)
    (drop (call $input_read (i32.const 0) (i32.const 0) (i32.const 1024)))
    (memory.fill (i32.const 1024) (i32.const 0) (i32.const 1024))
    (i32.store (i32.const 2044) (call $host))
    (call $output_write (i32.const 2044) (i32.const 4))
    (call $output_write (i32.const 1024) (i32.const 1024))
    (i32.const 0))
  (export "receive" (func $drive))
  (export "format" (func $drive))
)
