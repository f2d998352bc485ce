//! A Kubernetes API server in memory, for what real ones cannot do: counting, failing, and being there by the hundred.
//!
//! It needs nothing but Rust. What it answers is held against a real API server by the behaviour suite of `tests/e2e`; where
//! the two differ, this one is wrong, and what is outside of that suite is answered with 501. It must not be used to
//! prove what Kubernetes does, and it imports nothing of the suite.
//!
//! | file | owns |
//! |---|---|
//! | `cluster`, `contents` | the handle for tests |
//! | `server`, `line`, `tls` | sockets, certificates |
//! | `request`, `api`, `failure` | reading a request, routing it, refusing it |
//! | `user`, `authz`, `tokens`, `reviews` | who asks and what is allowed |
//! | `read`, `watch`, `call`, `create`, `change`, `apply`, `delete`, `scale`, `discovery` | the verbs |
//! | `port_forward`, `frames` | connections to ports of pods |
//! | `kinds`, `resources`, `definitions`, `schema` | which kinds there are |
//! | `defaults`, `pods`, `services`, `quantity`, `validate` | what is filled in and what is refused |
//! | `fields`, `field_set`, `owners`, `merge`, `patch`, `selectors` | how objects merge and are found |
//! | `store`, `state`, `clock`, `random` | what is kept |
//! | `faults`, `recording`, `follow` | what tests add to it |

mod api;
mod apply;
mod authz;
mod call;
mod change;
mod clock;
mod cluster;
mod contents;
mod create;
mod defaults;
mod definitions;
mod delete;
mod discovery;
mod failure;
mod faults;
mod field_set;
mod fields;
mod follow;
mod frames;
mod kinds;
mod line;
mod merge;
mod owners;
mod patch;
mod pods;
mod port_forward;
mod quantity;
mod random;
mod read;
mod recording;
mod request;
mod resources;
mod reviews;
mod scale;
mod schema;
mod selectors;
mod server;
mod services;
mod state;
mod store;
mod tls;
mod tokens;
mod user;
mod validate;
mod watch;

pub use cluster::{Builder, Cluster};
pub use faults::Fault;
pub(crate) use follow::Follower;
pub use recording::{Connection, Recorded, most_at_once, render, waves};
pub use state::TokenController;
pub(crate) use tls::server_config;
