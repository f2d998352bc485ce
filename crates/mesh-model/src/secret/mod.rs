//! Remote secrets as they were found, and the checks of each and of all of them together: for every verb that reads
//! secrets.
//!
//! Nothing is read here: `mesh_ops::secret` reads the clusters and uses the credentials.

mod checks;
mod client_certificate;
mod compare;
mod contexts;
mod duplicates;
mod facts;
mod found;
mod matrix;
mod meant;
mod meant_input;
mod missing;
mod origin;
mod placed;
mod pool;
mod probe;
mod probe_checks;
mod remedies;
mod replace;
mod report;
mod rights_checks;
mod salt;
mod secret_matrix;
mod skipped;
mod state;
mod token;
mod used;

pub use checks::{InspectOptions, check, day_and_time};
pub use compare::{Compared, compare};
pub use contexts::Contexts;
pub use facts::{SecretFacts, SecretValues, UnjudgedSecret};
pub use found::{FoundSecret, Holder, JudgedKey};
pub use matrix::{Credentials, MatrixCell};
pub use meant::{Meant, check_meant_for};
pub use meant_input::{CredentialCheck, CredentialChecks, MeantInput};
pub use origin::comes_back;
pub use pool::SecretPool;
pub use probe::{Acceptance, ConnectFailure, Connected, Probe, ProbeFacts, Unconnected};
pub use probe_checks::judge_probe;
pub use remedies::{delete, length, read_again};
pub use replace::take_away;
pub use report::{ClusterReport, Outcome, ProbeReport, SecretReport};
pub(crate) use salt::Salt;
pub use secret_matrix::{MatrixOptions, SecretMatrix};
pub use state::State;
pub use used::{KnownClusters, has_duplicates};
