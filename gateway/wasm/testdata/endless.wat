;; A plugin whose start function never ends.
(module
  (func $start (loop $l (br $l)))
  (start $start)
  (func (export "receive") (result i32) (i32.const 0))
)
