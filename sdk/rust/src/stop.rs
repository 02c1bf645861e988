//! How a call ends.

/// What a plugin's functions return. Any error may be returned with `?`: one that is no [`Stop`] counts as [`fail`].
pub type Result<T = ()> = std::result::Result<T, Stop>;

/// An error that says how a call is to end.
#[derive(Debug)]
pub struct Stop {
    pub(crate) kind: i32,
    pub(crate) reason: String,
}

/// The input is bad: the sender of a webhook gets 400 and the reason.
pub fn reject(reason: impl Into<String>) -> Stop {
    Stop { kind: 1, reason: reason.into() }
}

/// There is nothing to do, and why: the event or delivery ends here, and counts as dropped.
pub fn drop(reason: impl Into<String>) -> Stop {
    Stop { kind: 2, reason: reason.into() }
}

/// It may work later: the delivery is tried again when the destination's policy says so.
pub fn retry(reason: impl Into<String>) -> Stop {
    Stop { kind: 3, reason: reason.into() }
}

/// Trying again cannot help: a webhook is put aside, a delivery becomes a dead letter.
pub fn fail(reason: impl Into<String>) -> Stop {
    Stop { kind: 4, reason: reason.into() }
}

impl<E: std::error::Error> From<E> for Stop {
    fn from(e: E) -> Stop {
        fail(e.to_string())
    }
}
