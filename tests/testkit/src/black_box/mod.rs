//! Plugins as black boxes beside two embedded clusters: the world they are run in, and the rows of faults, spellings and
//! secrets that each of them has to pass. It knows a plugin by its path and its command lines only.
//!
//! | file | owns |
//! |---|---|
//! | `world` | two clusters, a kubeconfig for both, runs of the plugin beside them |
//! | `reads` | every read of a verb failing alone, and what is skipped for it |
//! | `narrow` | the same for verbs that write, each run in a world of its own |
//! | `steady` | taking out of a text what varies from run to run |
//! | `check` | one case: output and exit code, and once more with `-vvv` |
//! | `alone` | a cluster that cannot be worked with, beside one that can |
//! | `hostile` | the same with hostile names everywhere, and what is printed then pasted |
//! | `meshed` | the objects of a cluster with a control plane, a gateway and a workload |
//! | `faults` | the rows on kubeconfigs, credentials, proxies and servers |
//! | `rights` | a verification with the rights that it asks for, and without each of them |
//! | `harmless` | what text of a cluster must not become in what is said |
//! | `spellings` | the ways in which kubectl's users spell flags |

mod alone;
mod check;
mod faults;
mod harmless;
mod hostile;
mod meshed;
mod narrow;
mod reads;
mod rights;
mod spellings;
mod steady;
mod world;

pub use alone::{Over, costs_itself_alone, costs_itself_alone_over};
pub use check::{Ends, check, check_as_it_is, strays};
pub use faults::{
    behind, interrupted, through_proxies, to_server, with_auth_provider, with_kubeconfig, with_user,
};
pub use harmless::{
    HOSTILE, MARKER, all_text_is_hostile, says_nothing_hidden, says_nothing_hostile,
};
pub use hostile::{hostile, pasted, turn_hostile};
pub use meshed::{expose, fill, gateway_service};
pub use narrow::{Narrowed, Stage, each_read_of_a_write_alone};
pub use reads::{Asked, each_read_alone};
pub use rights::{Rule, each_rule_alone, rules};
pub use spellings::{Spelled, check_spellings};
pub use world::{World, writes, written_objects};
