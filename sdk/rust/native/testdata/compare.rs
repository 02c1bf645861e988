//! Reads documents from standard input, each with its length in four bytes before it, and writes about each, with a NUL
//! behind it, the fault or an object made of it. The Go SDK's reader and builder must say the same.

use plugboard::{json::Builder, Doc};
use std::io::{Read, Write};

fn main() {
    let mut input = Vec::new();
    std::io::stdin().read_to_end(&mut input).unwrap();
    let (mut at, b) = (0, Builder::new());
    let mut out = Vec::new();
    while at < input.len() {
        let n = u32::from_le_bytes(input[at..at + 4].try_into().unwrap()) as usize;
        let text = &input[at + 4..at + 4 + n];
        at += 4 + n;
        match Doc::parse(text) {
            Err(e) => out.extend_from_slice(e.to_string().as_bytes()),
            Ok(doc) => {
                b.reset();
                let o = b.root();
                o.object("all").merge(doc.root());
                o.str_from("s", doc.get("a.b"));
                o.int_from("i", doc.get("x"));
                o.bool_from("b", doc.get("long name"));
                o.time_from("t.t", doc.get("t"));
                o.strs_from("l", doc.get("l"));
                o.copy_from("c", doc.get("c.0.d"));
                o.copy_from("dot", doc.get("c.0."));
                o.copy_from("noughts", doc.get("l.001"));
                o.copy_from("minus", doc.get("l.-0"));
                o.copy_from("before", doc.get("l.-1"));
                o.copy_from("long", doc.get("l.00000000000000000000"));
                o.rest("rest", doc.root());
                b.append_json(&mut out);
            }
        }
        out.push(0);
    }
    std::io::stdout().write_all(&out).unwrap();
}
