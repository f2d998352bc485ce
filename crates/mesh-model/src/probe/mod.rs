//! What a gateway is asked from outside the mesh, and what it may answer, as plain data.
//!
//! The asking is `cluster::probe`'s. Nobody outside the mesh holds a mesh certificate, so none of these questions needs
//! one: in TLS 1.3 a server shows its chain before it misses ours.

mod answer;
mod ask;
mod chain;

pub use answer::{Afterwards, Answer, Handshake};
pub use ask::{Ask, Question};
pub use chain::{Chain, Judgement, Roots, Shown};
