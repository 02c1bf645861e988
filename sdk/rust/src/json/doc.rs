//! A parsed text.

use super::path::Follow;
use super::value::{Kind, Value};
use crate::host;
use std::cell::{Cell, RefCell};
use std::fmt;

/// Node is one value on the tape, laid out as the gateway's tape has it, so that one can be taken over as it is. Offsets are
/// bytes into the source; those of strings and names exclude the quotes.
#[repr(C)]
#[derive(Clone, Debug, Default)]
pub(crate) struct Node {
    pub kind: u8,
    pub flags: Cell<u8>,
    pub cursor: Cell<u16>, // how far behind an object the member stands that was found last
    pub start: u32,
    pub end: u32,
    pub name_at: i32, // -1: an array's element, or the root
    pub name_end: u32,
    pub next: u32, // the node after this one's subtree
    pub sign: u64, // of the name, escapes undone
}

pub(crate) const ESCAPED: u8 = 1; // the string holds a backslash
pub(crate) const NAME_ESCAPED: u8 = 2; // so does its name
pub(crate) const CARRIED: u8 = 4; // taken: left out of what remains
pub(super) const LOOKED: u8 = 8; // it is known whether its members' names differ
pub(super) const UNIQUE: u8 = 16; // they do

/// A parsed JSON text, which it borrows.
#[derive(Debug)]
pub struct Doc<'a> {
    pub(crate) src: &'a [u8],
    pub(crate) tape: Vec<Node>,
}

thread_local! {
    // Tapes of documents that are gone, for those that come: a call need not allocate.
    static TAPES: RefCell<Vec<Vec<Node>>> = const { RefCell::new(Vec::new()) };
}

impl<'a> Doc<'a> {
    /// Reads a text.
    pub fn parse(src: &'a [u8]) -> Result<Doc<'a>, SyntaxError> {
        let mut doc = Doc::empty(src);
        doc.read()?;
        Ok(doc)
    }

    /// Reads the call's input, which src must be: as the gateway has read it, or by itself where the gateway does not.
    pub(crate) fn input(src: &'a [u8]) -> Result<Doc<'a>, SyntaxError> {
        let mut doc = Doc::empty(src);
        if !doc.adopt() {
            doc.read()?;
        }
        Ok(doc)
    }

    fn empty(src: &'a [u8]) -> Doc<'a> {
        let mut tape = TAPES.with(|t| t.borrow_mut().pop()).unwrap_or_default();
        tape.clear();
        Doc { src, tape }
    }

    #[cfg(not(target_endian = "little"))]
    fn adopt(&mut self) -> bool {
        false
    }

    #[cfg(target_endian = "little")]
    fn adopt(&mut self) -> bool {
        const FORMAT: i32 = 1;
        const SIZE: usize = std::mem::size_of::<Node>();
        self.tape.reserve(48);
        loop {
            let cap = self.tape.capacity() * SIZE;
            // The capacity is the tape's own, and any bytes are a node.
            let room = unsafe { std::slice::from_raw_parts_mut(self.tape.as_mut_ptr().cast::<u8>(), cap) };
            let n = host::input_tape(FORMAT, room);
            if n <= 0 || n as usize % SIZE != 0 {
                return false;
            }
            if n as usize <= cap {
                unsafe { self.tape.set_len(n as usize / SIZE) }; // the host has filled so many
                return true;
            }
            self.tape.reserve(n as usize / SIZE);
        }
    }

    /// The outermost value.
    #[inline]
    pub fn root(&self) -> Value<'_> {
        Value { doc: Some(self), at: 0 }
    }

    /// `root().get(path)`.
    #[inline]
    pub fn get(&self, path: &str) -> Value<'_> {
        self.root().get(path)
    }

    /// `root().take(path)`.
    #[inline]
    pub fn take(&self, path: &str) -> Value<'_> {
        self.root().take(path)
    }

    #[inline(always)]
    pub(crate) fn node(&self, at: u32) -> &Node {
        &self.tape[at as usize]
    }

    pub(crate) fn slice(&self, from: u32, to: u32) -> &[u8] {
        &self.src[from as usize..to as usize]
    }

    pub(crate) fn kind(&self, at: u32) -> Kind {
        Kind::of(self.node(at).kind)
    }

    pub(crate) fn follow(&self, at: u32, path: &str, take: bool) -> Option<u32> {
        Follow { doc: self, take }.path(at, path.as_bytes())
    }
}

impl Drop for Doc<'_> {
    fn drop(&mut self) {
        let tape = std::mem::take(&mut self.tape);
        let _ = TAPES.try_with(|t| {
            if let Ok(mut tapes) = t.try_borrow_mut() {
                if tapes.len() < 4 {
                    tapes.push(tape);
                }
            }
        });
    }
}

/// Why a text is not JSON.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct SyntaxError {
    /// Without a full stop.
    pub reason: &'static str,
    /// Bytes before the fault.
    pub offset: usize,
}

impl fmt::Display for SyntaxError {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{} (byte {})", self.reason, self.offset)
    }
}

impl std::error::Error for SyntaxError {}
