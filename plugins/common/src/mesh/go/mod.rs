//! How Go programs, istiod among them, read the texts in a kubeconfig: YAML, base64 and URLs.
//!
//! Only for judging what istiod would make of a text; what the suite itself reads and writes goes by `yaml` and `http`.

mod bytes;
mod document;
mod url;

pub(super) use bytes::bytes;
pub(super) use document::{decode, first_document};
pub(super) use url::Url;
