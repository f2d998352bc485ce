//! Certificates, judged by the rules of Go's crypto/x509, because istiod and kubectl are written in Go.
//!
//! Certificates that Go accepts are accepted, and those that it refuses are refused, with the reason in words. Nothing
//! here connects: time and roots are parameters. Keys that ring does not support (P-521, P-224, RSA of unusual sizes)
//! are handled by the crates of `RustCrypto`.
//!
//! Source: `Verify` in Go's `src/crypto/x509/verify.go`, `parseCertificate` in `parser.go`.

mod constraints;
mod flaw;
mod hostname;
mod key;
mod limits;
mod pair;
mod parse;
mod policies;
mod private_key;
mod roots;
mod signature;
mod text;
mod verify;

#[cfg(test)]
mod tests;

pub use flaw::{Candidate, Flaw};
pub use limits::{TooMuch, too_much};
pub use pair::{ClientPair, PairFlaw, certificates};
pub use parse::Certificate;
pub use private_key::{KeyFlaw, signing_key};
pub use roots::{Roots, authorities, no_authority};
pub use signature::{SCHEMES, verify_tls12, verify_tls13};
pub use text::shown;
pub use verify::{Purpose, read_shown, verify};
