//! How Go programs, istiod and kubectl among them, read the texts in a kubeconfig: YAML, base64, PEM and URLs.
//!
//! Only for judging what they would make of a text; what the suite itself reads and writes goes by `yaml` and `http`.

mod bytes;
mod document;
mod pem;
mod url;

pub(super) use bytes::bytes;
pub(super) use document::{decode, first_document};
pub(super) use pem::{Block, blocks};
pub(super) use url::Url;
