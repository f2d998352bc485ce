//! What came of watching the istiods of one holder, in words. Pure.

use std::time::Duration;

use mesh_common::model::command::{Kubectl, Remedy};
use mesh_common::model::istiod;
use mesh_common::model::istiod_pages::RotationBug;
use mesh_common::model::{Error, Exit};

use super::plan::Obstacle;

/// What came of it.
#[derive(Debug, Default, PartialEq, Eq)]
pub(super) struct Verdict {
    /// What stands in the way of revoking the old token.
    pub obstacles: Vec<Obstacle>,
    pub warnings: Vec<Warning>,
}

/// What is to be known besides, and what to do about it.
#[derive(Debug, PartialEq, Eq)]
pub(super) struct Warning {
    pub what: String,
    pub way: Option<Remedy>,
}

/// The holder's secret, and where its istiods are.
#[derive(Clone, Copy)]
pub(super) struct Whose<'a> {
    pub secret: &'a str,
    pub context: &'a str,
    pub namespace: &'a str,
    /// How kubectl is called for this cluster.
    pub kubectl: &'a Kubectl,
}

impl Whose<'_> {
    /// Some istiods, or all, could not be asked.
    pub(super) fn cannot_be_asked(&self, errors: &[&Error]) -> Obstacle {
        let why: Vec<String> = errors.iter().map(|error| error.in_one_line()).collect();
        let hints = errors.iter().flat_map(|error| error.hints().to_vec());
        let way = Remedy::from("add --revoke-unseen, to revoke without having seen it");
        Obstacle {
            what: format!(
                "{self}: whether its istiods have taken the new token cannot be seen: {}",
                why.join("; ")
            ),
            ways: hints.chain([way]).collect(),
            exit: Exit::Partial,
        }
    }

    /// Some istiods did not take it in time; each pod with what it said last.
    pub(super) fn too_late(&self, limit: Duration, late: &[(String, String)]) -> Obstacle {
        let last: Vec<String> = late
            .iter()
            .map(|(pod, why)| format!("istiod pod {pod}: {why}"))
            .collect();
        let logs = late.iter().map(|(pod, _)| {
            let kubectl = self.kubectl.in_namespace(self.namespace);
            Remedy::from(kubectl.words("logs").arg(pod))
        });
        let way = Remedy::from("add --wait 5m, if they need longer");
        Obstacle {
            what: format!(
                "{self}: the new token was not taken within {}; {}",
                in_words(limit),
                last.join("; ")
            ),
            ways: logs.chain([way]).collect(),
            exit: Exit::WaitRanOut,
        }
    }

    /// An istiod is of a version that may go on with the old token whatever it says.
    pub(super) fn needs_restart(&self, pod: &str, version: &str) -> Obstacle {
        let bug = RotationBug::KeepsOldToken;
        Obstacle {
            what: self.is_known_for(pod, version, bug),
            ways: vec![self.restart()],
            exit: Exit::Partial,
        }
    }

    /// An istiod has taken it, and is of a version that may have lost others by that.
    pub(super) fn loses_others(&self, pod: &str, version: &str) -> Warning {
        let bug = RotationBug::LosesOthers;
        Warning {
            what: self.is_known_for(pod, version, bug),
            way: Some(self.restart()),
        }
    }

    fn is_known_for(&self, pod: &str, version: &str, bug: RotationBug) -> String {
        format!(
            "istiod pod {pod} in context {} is of version {version}, which {} (fixed in {})",
            self.context,
            bug.what(),
            bug.fixed_in()
        )
    }

    fn restart(&self) -> Remedy {
        self.kubectl
            .in_namespace(self.namespace)
            .words("rollout restart deployment")
            .flag("-l", istiod::SELECTOR)
            .into()
    }
}

impl std::fmt::Display for Whose<'_> {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        write!(f, "secret {} in context {}", self.secret, self.context)
    }
}

/// `90 s`, or milliseconds where seconds would hide what was asked for.
fn in_words(limit: Duration) -> String {
    match limit.subsec_millis() {
        0 => format!("{} s", limit.as_secs()),
        _ => format!("{} ms", limit.as_millis()),
    }
}
