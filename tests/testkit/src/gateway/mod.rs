//! A fake gateway: a loopback address of its own, and on each of its ports the behaviour of a real one in some state.
//!
//! What real Envoys do in each state is tested on real Envoys (`tests/e2e`); this one is for the many states that a
//! report has to tell apart. It imports nothing of the suite.

mod door;
mod fake;
mod mesh_ca;

pub use door::{Door, Hello};
pub use fake::FakeGateway;
pub use mesh_ca::{Limit, MeshAuthority};
