//! The corpus of meshes: data of `tests/corpus`, whose README.md describes it, loaded into embedded clusters.
//!
//! | file | owns |
//! |---|---|
//! | `data` | the files: meshes, cases, and the objects that meshes are made of |
//! | `objects` | the objects of each cluster of a case, with placeholders left for what only running clusters know |
//! | `patch` | changes of objects |
//! | `placeholder` | the texts in place of `${…}` |
//! | `token` | tokens of readers, with the age and lifetime that a case asks for |
//! | `load` | embedded clusters, istiods and gateways with these objects |
//! | `materials` | certificates, addresses and times in place of placeholders, and what listens at gateways |
//! | `settle` | what controllers and istiods do after a change |
//! | `real` | real API servers with these objects |
//! | `requests` | requests for objects of real API servers |
//! | `known` | the gateways that each istiod has on its page |
//! | `found` | the findings of a report, as cases have them |

mod data;
mod found;
mod known;
mod load;
mod materials;
mod objects;
mod patch;
mod placeholder;
mod real;
mod requests;
mod settle;
mod token;

pub use data::{Case, case_files};
pub use found::{Found, findings};
pub use load::Loaded;
pub use real::OnRealServers;
