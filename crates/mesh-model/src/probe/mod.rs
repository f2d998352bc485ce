//! The questions to a gateway from outside the mesh, and the possible answers, as plain data.
//!
//! `cluster::probe` sends the questions. Outside the mesh there is no mesh certificate, so none of the questions needs
//! one: in TLS 1.3 a server presents its chain before it rejects the missing client certificate.

mod answer;
mod ask;
mod chain;
mod gateway_probe;

pub use answer::{Afterwards, Answer, Handshake};
pub use ask::{Ask, Question};
pub use chain::{Chain, Judgement, Roots, Shown};
pub use gateway_probe::GatewayProbe;
