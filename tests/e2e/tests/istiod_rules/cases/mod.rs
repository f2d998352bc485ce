//! The kinds of secrets, one case a line of data. What is expected is not written down: istiod decides.

mod case;
mod clusters;
mod documents;
mod shapes;
mod table;
mod users;
mod wiring;

pub(crate) use case::{Case, Wiring, good};
pub(crate) use table::all;
