//! What came of asking the istiods of one holder, in words. Pure.

use std::time::Duration;

use mesh_common::model::command::{Kubectl, Remedy};
use mesh_common::model::istiod;
use mesh_common::model::istiod_pages::RotationBug;
use mesh_common::model::{Error, Exit};

use crate::rotate::model::Obstacle;

/// The result of asking them.
#[derive(Debug, Default, PartialEq, Eq)]
pub(crate) struct Verdict {
    /// The obstacles to revoking the old token.
    pub obstacles: Vec<Obstacle>,
    pub notices: Vec<Notice>,
}

/// A warning that stands in the way of nothing, and what can be done about it.
#[derive(Debug, PartialEq, Eq)]
pub(crate) struct Notice {
    pub text: String,
    pub fix: Option<Remedy>,
}

/// The holder's secret, and where its istiods are.
#[derive(Clone, Copy)]
pub(super) struct SecretRef<'a> {
    pub secret: &'a str,
    pub context: &'a str,
    pub namespace: &'a str,
    /// The way kubectl is called for this cluster.
    pub kubectl: &'a Kubectl,
}

impl SecretRef<'_> {
    /// Returns the obstacle that some istiods, or all, did not answer.
    pub(super) fn unanswered(&self, errors: &[&Error]) -> Obstacle {
        let why: Vec<String> = errors.iter().map(|error| error.in_one_line()).collect();
        let hints = errors.iter().flat_map(|error| error.hints().to_vec());
        let way = Remedy::from(
            "add --revoke-unseen to revoke the old token without this check, although an istiod that still uses it loses access to the cluster",
        );
        Obstacle {
            reason: format!(
                "{self}: cannot check whether istiod has picked up the new token: {}",
                why.join("; ")
            ),
            fixes: hints.chain([way]).collect(),
            exit: Exit::Partial,
        }
    }

    /// Returns the obstacle that some istiods did not pick it up in time; each pod with what it said last.
    pub(super) fn timed_out(&self, limit: Duration, pending: &[(String, String)]) -> Obstacle {
        let last: Vec<String> = pending
            .iter()
            .map(|(pod, why)| format!("istiod pod {pod}: {why}"))
            .collect();
        let logs = pending.iter().map(|(pod, _)| {
            let kubectl = self.kubectl.in_namespace(self.namespace);
            Remedy::from(kubectl.words("logs").arg(pod))
        });
        let way = Remedy::from("add --wait 5m to wait longer");
        Obstacle {
            reason: format!(
                "{self}: the new token was not picked up within {}; {}",
                in_words(limit),
                last.join("; ")
            ),
            fixes: logs.chain([way]).collect(),
            exit: Exit::WaitRanOut,
        }
    }

    /// Returns the obstacle that an istiod is of a version that may go on with the old token whatever it says.
    pub(super) fn needs_restart(&self, pod: &str, version: &str) -> Obstacle {
        let bug = RotationBug::KeepsOldToken;
        Obstacle {
            reason: self.has_bug(pod, version, bug),
            fixes: vec![self.restart()],
            exit: Exit::Partial,
        }
    }

    /// Returns the warning that an istiod has picked it up, and is of a version that may have lost other clusters by that.
    pub(super) fn loses_others(&self, pod: &str, version: &str) -> Notice {
        let bug = RotationBug::LosesOthers;
        Notice {
            text: self.has_bug(pod, version, bug),
            fix: Some(self.restart()),
        }
    }

    fn has_bug(&self, pod: &str, version: &str, bug: RotationBug) -> String {
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

impl std::fmt::Display for SecretRef<'_> {
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
