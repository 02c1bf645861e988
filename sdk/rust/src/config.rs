//! The plugin's configuration, as written in the source's, destination's or route's config.

use crate::facts::fact;
use crate::json::{key, Doc, Kind, Value};
use std::collections::BTreeMap;
use std::fmt;
use std::sync::Mutex;

/// The configuration as a value; it lasts as long as the instance, which reads it once. Configuration that is not there
/// reads as an absent value.
pub fn config() -> Value<'static> {
    thread_local! {
        static CONFIG: std::cell::Cell<Option<&'static Doc<'static>>> = std::cell::Cell::new(None);
    }
    if cfg!(not(target_arch = "wasm32")) {
        CONFIG.with(|c| c.set(None)); // a test runs many configurations through what is one instance
    }
    let doc = CONFIG.with(|c| c.get()).or_else(|| {
        let text: &'static str = Box::leak(fact("config")?.into_boxed_str());
        let doc: &'static Doc = Box::leak(Box::new(Doc::parse(text.as_bytes()).ok()?));
        CONFIG.with(|c| c.set(Some(doc)));
        Some(doc)
    });
    doc.map_or(Value::ABSENT, Doc::root)
}

/// Reads the configuration into a struct that [`config!`](crate::config!) has made. Its error names the key: a wrong type,
/// or a key that the struct does not have. Call it in init.
pub fn decode_config<T: Decode + Default>() -> Result<T, DecodeError> {
    let mut t = T::default();
    t.decode(config())?;
    Ok(t)
}

/// Which value did not fit, by its path.
#[derive(Debug, PartialEq, Eq)]
pub struct DecodeError {
    /// `""` for the document itself.
    pub path: String,
    pub reason: &'static str,
}

impl fmt::Display for DecodeError {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        if self.path.is_empty() {
            return f.write_str(self.reason);
        }
        write!(f, "{}: {}", self.path, self.reason)
    }
}

impl std::error::Error for DecodeError {}

impl DecodeError {
    /// The error for a value that is not what was wanted.
    pub fn new(reason: &'static str) -> DecodeError {
        DecodeError { path: String::new(), reason }
    }

    /// The same error one level further up.
    pub fn under(mut self, name: &str) -> DecodeError {
        let dot = if self.path.is_empty() { "" } else { "." };
        self.path = format!("{}{}{}", key(name), dot, self.path);
        self
    }
}

/// What can be read from a configuration. Values that are absent or null leave it as it is.
pub trait Decode {
    fn decode(&mut self, v: Value<'static>) -> Result<(), DecodeError>;
}

fn there(v: Value) -> bool {
    v.kind() > Kind::Null
}

fn set<T>(
    to: &mut T,
    v: Value<'static>,
    read: impl Fn(Value<'static>) -> Option<T>,
    wanted: &'static str,
) -> Result<(), DecodeError> {
    if there(v) {
        *to = read(v).ok_or_else(|| DecodeError::new(wanted))?;
    }
    Ok(())
}

impl Decode for String {
    fn decode(&mut self, v: Value<'static>) -> Result<(), DecodeError> {
        set(self, v, |v| (v.kind() < Kind::Array).then(|| v.str().into_owned()), "want a text")
    }
}

impl Decode for bool {
    fn decode(&mut self, v: Value<'static>) -> Result<(), DecodeError> {
        set(self, v, Value::bool, "want true or false")
    }
}

impl Decode for f64 {
    fn decode(&mut self, v: Value<'static>) -> Result<(), DecodeError> {
        set(self, v, Value::float, "want a number")
    }
}

macro_rules! whole {
    ($($t:ty)*) => {$(
        impl Decode for $t {
            fn decode(&mut self, v: Value<'static>) -> Result<(), DecodeError> {
                set(self, v, |v| v.int().and_then(|n| n.try_into().ok()), "want a whole number that fits")
            }
        }
    )*};
}

whole!(i8 i16 i32 i64 u8 u16 u32 u64 usize);

/// A value is taken as it is, whatever it is.
impl Decode for Value<'static> {
    fn decode(&mut self, v: Value<'static>) -> Result<(), DecodeError> {
        set(self, v, Some, "")
    }
}

impl Default for Value<'_> {
    fn default() -> Self {
        Value { doc: None, at: 0 }
    }
}

impl<T: Decode + Default> Decode for Option<T> {
    fn decode(&mut self, v: Value<'static>) -> Result<(), DecodeError> {
        if !there(v) {
            return Ok(());
        }
        self.get_or_insert_with(T::default).decode(v)
    }
}

impl<T: Decode + Default> Decode for Vec<T> {
    fn decode(&mut self, v: Value<'static>) -> Result<(), DecodeError> {
        if !there(v) {
            return Ok(());
        }
        if v.kind() != Kind::Array {
            return Err(DecodeError::new("want a list"));
        }
        self.clear();
        for (i, (_, e)) in v.members().enumerate() {
            let mut t = T::default();
            t.decode(e).map_err(|err| err.under(&i.to_string()))?;
            self.push(t);
        }
        Ok(())
    }
}

impl<T: Decode + Default> Decode for BTreeMap<String, T> {
    fn decode(&mut self, v: Value<'static>) -> Result<(), DecodeError> {
        if there(v) && v.kind() != Kind::Object {
            return Err(DecodeError::new("want an object"));
        }
        for (name, m) in v.members() {
            let mut t = T::default();
            t.decode(m).map_err(|err| err.under(&name))?;
            self.insert(name.into_owned(), t);
        }
        Ok(())
    }
}

/// Makes a struct that [`decode_config`] can read. A field may have a value that stands where the configuration has none:
///
/// ```
/// plugboard::config! {
///     /// What the operator sets.
///     struct Config {
///         account: String,
///         limit: u32 = 10,
///     }
/// }
/// # fn main() {}
/// ```
#[macro_export]
macro_rules! config {
    ($(#[$meta:meta])* $vis:vis struct $name:ident { $($(#[$fmeta:meta])* $field:ident : $type:ty $(= $default:expr)?),* $(,)? }) => {
        $(#[$meta])*
        $vis struct $name { $($(#[$fmeta])* $field: $type),* }

        impl Default for $name {
            fn default() -> Self {
                $name { $($field: $crate::config!(@default $type $(, $default)?)),* }
            }
        }

        impl $crate::Decode for $name {
            fn decode(&mut self, v: $crate::Value<'static>) -> ::std::result::Result<(), $crate::DecodeError> {
                match v.kind() {
                    $crate::Kind::Absent | $crate::Kind::Null => return Ok(()),
                    $crate::Kind::Object => {}
                    _ => return Err($crate::DecodeError::new("want an object")),
                }
                for (name, m) in v.members() {
                    match name.as_ref() {
                        $(stringify!($field) => $crate::Decode::decode(&mut self.$field, m),)*
                        _ => Err($crate::DecodeError::new("unknown key")),
                    }
                    .map_err(|e| e.under(&name))?;
                }
                Ok(())
            }
        }
    };
    (@default $type:ty) => { <$type as Default>::default() };
    (@default $type:ty, $default:expr) => { $default.into() };
}

/// Something that init makes and the other functions use, for as long as the instance lives:
///
/// ```
/// static ACCOUNT: plugboard::Held<String> = plugboard::Held::new();
/// ACCOUNT.set("acme".to_string());
/// assert_eq!(ACCOUNT.get(), "acme");
/// ```
pub struct Held<T: 'static>(Mutex<Option<&'static T>>);

impl<T: Sync> Held<T> {
    #[allow(clippy::new_without_default)]
    pub const fn new() -> Held<T> {
        Held(Mutex::new(None))
    }

    /// Sets it. What was there before is never freed, since somebody may still look at it; init sets once.
    pub fn set(&self, value: T) {
        *self.0.lock().unwrap() = Some(Box::leak(Box::new(value)));
    }

    /// What was set; it panics if nothing was.
    pub fn get(&self) -> &'static T {
        self.0.lock().unwrap().expect("Held::get before Held::set: set it in init")
    }
}
