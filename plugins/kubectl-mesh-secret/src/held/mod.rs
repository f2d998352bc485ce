//! A remote secret as it was found, and what can be told of it without using it: for every verb that reads secrets.
//!
//! It writes nothing, and of the clusters it reads only a source that it is asked for, and what istiods say of twins.

mod certificate;
mod checks;
mod meant;
mod origin;
mod remedies;
mod replace;
mod report;
mod secret;
mod sources;
mod token;
mod twins;
mod used;

pub(crate) use checks::{OTHER_SERVER, View, check, day_and_time};
pub(crate) use meant::{Known, Meant, Trial, Trials, meant};
pub(crate) use origin::comes_back;
pub(crate) use remedies::{
    allowing_loopback, create, create_again, create_again_by_hand, create_again_with,
    create_beside, delete, length,
};
pub(crate) use report::{ClusterReport, Outcome, ProbeReport, SecretReport};
pub(crate) use secret::{Held, Place};
pub(crate) use sources::{Source, Sources, address};
pub(crate) use twins::read_again;
pub(crate) use used::Used;
