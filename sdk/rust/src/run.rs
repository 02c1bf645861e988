//! What an export does around the author's function.

use crate::delivery::{Incoming, Outgoing};
use crate::events::Events;
use crate::host;
use crate::json::Doc;
use crate::judge::{Answer, Verdict};
use crate::request::Request;
use crate::stop::{fail, Result};
use std::cell::RefCell;

/// Buffers are kept from call to call, so that a call need not allocate.
#[derive(Default)]
struct Buffers {
    input: Vec<u8>,
    events: Events,
    output: Vec<u8>,
}

thread_local! {
    static KEPT: RefCell<Option<Buffers>> = const { RefCell::new(None) };
}

/// call reads the input, has something made of it, and ends the call: with its output, or with what the error says. An empty
/// output is not written at all.
#[inline]
fn call(make: impl FnOnce(&[u8], &Events) -> Result) -> i32 {
    let mut kept = KEPT.with(|k| k.borrow_mut().take()).unwrap_or_else(|| {
        log_panics();
        Buffers::default()
    });
    let n = read_input(&mut kept.input);
    kept.events.b.reset();
    let result = make(&kept.input[..n], &kept.events);
    let code = match result {
        Ok(()) => {
            kept.output.clear();
            kept.events.b.append_json(&mut kept.output);
            if kept.output != b"{}" {
                host::output_write(&kept.output);
            }
            0
        }
        Err(stop) => {
            host::stop(stop.kind, &stop.reason);
            stop.kind
        }
    };
    KEPT.with(|k| *k.borrow_mut() = Some(kept));
    code
}

/// read_input gives how much of the buffer is the call's input. The buffer keeps its length, so that nothing need be cleared.
fn read_input(input: &mut Vec<u8>) -> usize {
    if input.len() < 4096 {
        input.resize(4096, 0);
    }
    let n = host::input_read(input, 0) as usize;
    if n < input.len() {
        return n;
    }
    input.resize(host::input_size() as usize, 0); // there may be more
    host::input_read(input, 0) as usize
}

/// log_panics has a panic's text logged, before the trap that it ends in.
fn log_panics() {
    #[cfg(target_arch = "wasm32")]
    std::panic::set_hook(Box::new(|p| host::log(3, &p.to_string())));
}

pub fn run_receive(read: impl FnOnce(&Request, &Events) -> Result) -> i32 {
    call(|body, out| read(&Request { body }, out))
}

pub fn run_transform(change: impl FnOnce(&Incoming, &Events) -> Result) -> i32 {
    call(|event, out| {
        let doc = document(event, "event")?;
        change(&Incoming { root: doc.root() }, out)
    })
}

pub fn run_format(write: impl FnOnce(&Incoming, &Outgoing) -> Result) -> i32 {
    call(|event, out| {
        let doc = document(event, "event")?;
        let outer = out.b.root();
        write(&Incoming { root: doc.root() }, &Outgoing { outer, o: outer.object("request") })?;
        if !outer.has("request") {
            outer.raw("request", b"{}"); // all of it is the destination's
        }
        Ok(())
    })
}

/// run_encode is run_format: only what the request is for differs, and there is no destination whose it could be.
pub fn run_encode(rebuild: impl FnOnce(&Incoming, &Outgoing) -> Result) -> i32 {
    run_format(rebuild)
}

pub fn run_judge(decide: impl FnOnce(&Answer, &Verdict) -> Result) -> i32 {
    call(|answer, out| {
        let doc = document(answer, "answer")?;
        decide(&Answer::new(doc.root()), &Verdict { o: out.b.root() })
    })
}

pub fn run_init(configure: impl FnOnce() -> Result) -> i32 {
    call(|_, _| configure())
}

fn document<'d>(input: &'d [u8], what: &str) -> Result<Doc<'d>> {
    Doc::input(input).map_err(|e| fail(format!("{what} is not JSON: {e}")))
}
