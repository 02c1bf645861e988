//! The gateway as a plugin sees it: the imports of plugboard_v1. In a build for anything but WebAssembly they go to the
//! host that a test has put in their place.
//!
//! Sizes are those of the interface: the whole size even where the buffer was too small, in which case nothing is
//! copied, and -1 for what is absent.

#[cfg(not(target_arch = "wasm32"))]
pub use crate::testing::imports::*;

#[cfg(target_arch = "wasm32")]
pub use imports::*;

#[cfg(target_arch = "wasm32")]
mod imports {
    mod raw {
        #[link(wasm_import_module = "plugboard_v1")]
        extern "C" {
            pub fn input_size() -> i32;
            pub fn input_read(dst: *mut u8, offset: i32, n: usize) -> i32;
            pub fn input_tape(format: i32, dst: *mut u8, cap: usize) -> i32;
            pub fn output_write(src: *const u8, n: usize);
            pub fn fact(name: *const u8, name_n: usize, dst: *mut u8, cap: usize) -> i32;
            pub fn lookup(table: *const u8, table_n: usize, key: *const u8, key_n: usize, dst: *mut u8, cap: usize) -> i32;
            pub fn state_get(key: *const u8, key_n: usize, dst: *mut u8, cap: usize) -> i32;
            pub fn state_set(key: *const u8, key_n: usize, src: *const u8, n: usize, ttl_seconds: i64);
            pub fn sign(
                secret: *const u8,
                secret_n: usize,
                algorithm: i32,
                src: *const u8,
                n: usize,
                dst: *mut u8,
                cap: usize,
            ) -> i32;
            pub fn log(level: i32, src: *const u8, n: usize);
            pub fn stop(kind: i32, src: *const u8, n: usize);
        }
    }

    // Each buffer is a slice that outlives the call, and the host writes no further than the capacity it is told.

    pub fn input_size() -> i32 {
        unsafe { raw::input_size() }
    }

    pub fn input_read(dst: &mut [u8], offset: usize) -> i32 {
        unsafe { raw::input_read(dst.as_mut_ptr(), offset as i32, dst.len()) }
    }

    pub fn input_tape(format: i32, dst: &mut [u8]) -> i32 {
        unsafe { raw::input_tape(format, dst.as_mut_ptr(), dst.len()) }
    }

    pub fn output_write(src: &[u8]) {
        unsafe { raw::output_write(src.as_ptr(), src.len()) }
    }

    pub fn fact(name: &str, dst: &mut [u8]) -> i32 {
        unsafe { raw::fact(name.as_ptr(), name.len(), dst.as_mut_ptr(), dst.len()) }
    }

    pub fn lookup(table: &str, key: &str, dst: &mut [u8]) -> i32 {
        unsafe { raw::lookup(table.as_ptr(), table.len(), key.as_ptr(), key.len(), dst.as_mut_ptr(), dst.len()) }
    }

    pub fn state_get(key: &str, dst: &mut [u8]) -> i32 {
        unsafe { raw::state_get(key.as_ptr(), key.len(), dst.as_mut_ptr(), dst.len()) }
    }

    pub fn state_set(key: &str, value: &[u8], ttl_seconds: i64) {
        unsafe { raw::state_set(key.as_ptr(), key.len(), value.as_ptr(), value.len(), ttl_seconds) }
    }

    pub fn sign(secret: &str, algorithm: i32, data: &[u8], dst: &mut [u8]) -> i32 {
        unsafe { raw::sign(secret.as_ptr(), secret.len(), algorithm, data.as_ptr(), data.len(), dst.as_mut_ptr(), dst.len()) }
    }

    pub fn log(level: i32, message: &str) {
        unsafe { raw::log(level, message.as_ptr(), message.len()) }
    }

    pub fn stop(kind: i32, reason: &str) {
        unsafe { raw::stop(kind, reason.as_ptr(), reason.len()) }
    }
}
