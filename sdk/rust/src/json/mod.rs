//! JSON in and out, fit for the hot path.
//!
//! A [`Doc`] is a text read once into a flat tape, one node for each value, and a [`Value`] a place on it. Nothing is copied
//! or converted until it is asked for. Numbers stay the text they are, so that identifiers past 2^53 come through
//! unharmed. What is not there is an absent value, and all methods work on it.
//!
//! A path is names joined by dots, a number for an array's element: `items.0.id`. A backslash in front of a dot or of a
//! backslash makes it part of the name; [`key`] writes it. The empty path is the value itself.
//!
//! The reader is strict (RFC 8259): one value, no trailing commas, no comments, no control characters in strings, valid
//! UTF-8, nesting of at most 512. Of members with the same name the last one wins; a lone surrogate written as `\ud800`
//! reads as U+FFFD.
//!
//! An [`Obj`] is the way out: values are set by path in any order, absent ones leave no trace, and members stand in the
//! order in which their names first came up.

mod builder;
mod doc;
mod from;
mod object;
mod parse;
mod path;
mod rest;
mod text;
mod value;
mod word;

pub use builder::Builder;
pub use doc::{Doc, SyntaxError};
pub use object::Obj;
pub use path::key;
pub use text::{append_escaped, append_string};
pub use value::{Kind, Members, Value};
