//! A fake istiod: a pod of an embedded cluster whose monitoring port answers as a real istiod's does, hears of
//! remote secrets as they are written there, and fails as a test says.
//!
//! What a real istiod's pages look like, and when it has taken a secret, is tested on real ones (`tests/e2e/tests/istiod_pages.rs`,
//! `tests/e2e/tests/rotate`); where this one differs, it is wrong. It connects to no cluster, so that it takes whatever a secret
//! holds, and it imports nothing of the suite.

mod fake;
mod pages;

pub use fake::{FakeIstiod, Left};
pub use pages::Page;
