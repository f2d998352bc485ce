//! Certificates as Go's crypto/x509 judges them, since istiod and kubectl are written in Go.
//!
//! What Go accepts is accepted, and what it refuses is refused, with the reason in words. Nothing here connects: the time is
//! given, and so are the roots. Keys that ring does not know (P-521, P-224, RSA of unusual sizes) are left to the crates of `RustCrypto`.
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
