//! What a Plugboard plugin is written with. A plugin is a library that hands functions of the author's to the gateway,
//! each in one line:
//!
//! ```no_run
//! use plugboard::{reject, Events, Request, Result};
//!
//! plugboard::receive!(read);
//!
//! fn read(r: &Request, out: &Events) -> Result {
//!     let doc = r.json().map_err(|e| reject(format!("body is not JSON: {e}")))?;
//!     let e = out.add("agent.state.changed");
//!     e.subject("agent", &doc.take("agent_id").str());
//!     e.data().str_from("state.name", doc.get("status"));
//!     Ok(())
//! }
//! ```
//!
//! Compiled for wasm32-unknown-unknown it runs in the gateway; compiled for anything else the same code runs in tests
//! (see [`testing`]). An instance of a plugin serves one call at a time and is used for many; what it keeps in a
//! [`Held`] lives until the gateway throws the instance away, as it may at any time. A panic ends the call and the
//! instance, its text is logged, and the gateway treats the call as failed.

mod base64;
mod config;
mod delivery;
mod escape;
mod events;
mod facts;
mod host;
pub mod json;
mod judge;
mod request;
mod run;
mod stop;
pub mod template;
#[cfg(not(target_arch = "wasm32"))]
pub mod testing;
mod text;
pub mod time;

pub use config::{config, decode_config, Decode, DecodeError, Held};
pub use delivery::{Incoming, Outgoing};
pub use events::{Event, Events, Reply};
pub use facts::{debug, error, fact, info, lookup, set_state, sign, state, warn, Algorithm};
pub use json::{Doc, Kind, Obj, Value};
pub use judge::{Answer, Retry, Verdict};
pub use request::Request;
#[doc(hidden)]
pub use run::{run_encode, run_format, run_init, run_judge, run_receive, run_transform};
pub use stop::{drop, fail, reject, retry, Result, Stop};
pub use text::{excerpt, same_name};

#[doc(hidden)]
#[macro_export]
macro_rules! export {
    ($name:ident, $run:ident, $f:path) => {
        const _: () = {
            #[cfg_attr(target_arch = "wasm32", no_mangle)]
            #[allow(dead_code)]
            pub extern "C" fn $name() -> i32 {
                $crate::$run($f)
            }
        };
    };
}

/// Exports `fn(&Request, &Events) -> Result` as `receive`: a vendor's request becomes events.
#[macro_export]
macro_rules! receive {
    ($f:path) => {
        $crate::export!(receive, run_receive, $f);
    };
}

/// Exports `fn(&Incoming, &Events) -> Result` as `transform`: an event becomes any number of events.
#[macro_export]
macro_rules! transform {
    ($f:path) => {
        $crate::export!(transform, run_transform, $f);
    };
}

/// Exports `fn(&Incoming, &Outgoing) -> Result` as `format`: an event becomes the request to send.
#[macro_export]
macro_rules! format_request {
    ($f:path) => {
        $crate::export!(format, run_format, $f);
    };
}

/// Exports `fn(&Answer, &Verdict) -> Result` as `judge`: what a response means.
#[macro_export]
macro_rules! judge {
    ($f:path) => {
        $crate::export!(judge, run_judge, $f);
    };
}

/// Exports `fn(&Incoming, &Outgoing) -> Result` as `encode`: an event becomes the request that its vendor would have sent.
#[macro_export]
macro_rules! encode {
    ($f:path) => {
        $crate::export!(encode, run_encode, $f);
    };
}

/// Exports `fn() -> Result` as `init`: once for each instance, before anything else; its error refuses the configuration.
#[macro_export]
macro_rules! init {
    ($f:path) => {
        $crate::export!(init, run_init, $f);
    };
}
