//! What a vendor sent.

use crate::escape::pairs;
use crate::facts::fact;
use crate::json::{Builder, Doc, SyntaxError};

/// What a vendor sent. Its parts are fetched when they are asked for.
pub struct Request<'c> {
    pub(crate) body: &'c [u8],
}

impl<'c> Request<'c> {
    /// The body as it came.
    pub fn body(&self) -> &'c [u8] {
        self.body
    }

    /// The body as JSON.
    pub fn json(&self) -> Result<Doc<'c>, SyntaxError> {
        Doc::input(self.body)
    }

    /// A body of the type application/x-www-form-urlencoded as an object of strings, to be used like JSON: get, take and
    /// rest work the same ([`Fields::doc`]). Of a name that comes twice the last one counts. Malformed escapes stay as
    /// they are.
    pub fn form(&self) -> Fields {
        Fields::read(self.body)
    }

    /// The query string, read as [`Request::form`] reads the body.
    pub fn query_fields(&self) -> Fields {
        Fields::read(self.query().as_bytes())
    }

    /// The request's method: POST.
    pub fn method(&self) -> String {
        fact("method").unwrap_or_default()
    }

    /// The request's path, as it came.
    pub fn path(&self) -> String {
        fact("path").unwrap_or_default()
    }

    /// What stands behind the question mark, as it came.
    pub fn query(&self) -> String {
        fact("query").unwrap_or_default()
    }

    /// The value of a header line; its name is in lower case. `""` when there is none, or it is kept from plugins.
    pub fn header(&self, name: &str) -> String {
        fact(&["header.", name].concat()).unwrap_or_default()
    }

    /// The time of receipt, in canonical form.
    pub fn received_at(&self) -> String {
        fact("received_at").unwrap_or_default()
    }

    /// The sender's address, without port.
    pub fn remote_addr(&self) -> String {
        fact("remote_addr").unwrap_or_default()
    }

    /// The name of the source in the configuration.
    pub fn source(&self) -> String {
        fact("source").unwrap_or_default()
    }
}

/// The fields of a form or query string.
pub struct Fields {
    json: Vec<u8>,
}

impl Fields {
    fn read(s: &[u8]) -> Fields {
        let b = Builder::new();
        let mut json = Vec::new();
        for (name, value) in pairs(s) {
            b.root().field(&name, &value);
        }
        b.append_json(&mut json);
        Fields { json }
    }

    /// The fields as a document.
    pub fn doc(&self) -> Doc<'_> {
        Doc::parse(&self.json).expect("pairs can always be written as an object")
    }
}
