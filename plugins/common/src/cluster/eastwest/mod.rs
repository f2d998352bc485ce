//! East-west gateways: reading what a cluster has of them, and asking their ports.
//!
//! The only reader of what `mesh::eastwest` judges. Nothing is judged and nothing is written here.

mod dependents;
mod observe;
mod probe;

pub use observe::observe;
pub use probe::probe;
