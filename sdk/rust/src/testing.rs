//! testing
pub(crate) mod imports {}
