//! The supervisor: the process that owns every real process of a test run and ends them all when its standard input closes,
//! however the tests end.
//!
//! It owns processes, ports and the folders that they write to, and hands out clusters over a Unix socket, one JSON text a
//! line ([`protocol`]). It must not know any test. Tests speak to it through [`crate::real`].
//!
//! What holds, and by which means:
//! - its standard input closes (the test process ended, was killed, or crashed): it kills what it started, removes its
//!   folder and ends;
//! - it is itself killed, by whichever signal: on Linux the kernel kills what it started, since each process is started with a
//!   parent-death signal; its folder stays;
//! - elsewhere, where the kernel offers no such signal and handling one would need unsafe code, killed means that the
//!   processes live on until the next supervisor starts: that one ends what its dead forerunners left, known by process
//!   number and start time together, and removes their folders.

mod cluster;
mod ledger;
mod owner;
mod ports;
mod process_identity;
mod program;
pub mod protocol;
mod registry;
mod serve;
mod under_parent;

pub use program::run;
