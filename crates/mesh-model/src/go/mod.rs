//! The rules by which Go programs such as istiod and kubectl read the texts in a kubeconfig: YAML, base64, PEM and
//! URLs.
//!
//! Only for predicting how they read a text; the suite itself reads and writes through `yaml` and `http`.

mod bytes;
mod document;
mod pem;
mod url;

pub(super) use bytes::bytes;
pub(super) use document::{decode, first_document};
pub(super) use pem::{Block, blocks};
pub(super) use url::Url;
