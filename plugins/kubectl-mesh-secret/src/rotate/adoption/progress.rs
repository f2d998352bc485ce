//! How far an istiod is with a new token, by what its pages say. Pure.

use jiff::Timestamp;
use mesh_common::model::istiod_pages::{
    KnownCluster, RotationBug, SYNCED, SecretMetrics, rotation_bug,
};

/// The state of one istiod at one time, by its pages.
#[derive(Debug, Clone)]
pub(super) struct IstiodState {
    /// The time at which it started, where that is known.
    pub started_at: Option<Timestamp>,
    pub metrics: SecretMetrics,
    pub clusters: Vec<KnownCluster>,
}

/// The secret that was written.
#[derive(Debug, Clone, Copy)]
pub(super) struct WrittenSecret<'a> {
    /// The data key, which is the cluster's name to istiod.
    pub cluster: &'a str,
    /// `NAMESPACE/NAME`.
    pub secret: &'a str,
    /// The time at which it was written, by the holder's clock.
    pub at: Option<Timestamp>,
}

/// The progress of an istiod.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) enum Progress {
    /// It uses the new token.
    PickedUp,
    /// With what it said last.
    NotYet(String),
    /// The number of events before the secret was written is not known.
    NoBaseline,
    /// Its version may go on with the old token although it has heard of the new one.
    NeedsRestart(String),
}

/// Returns how far an istiod is; `baseline` is how many events it had counted before the secret was written.
///
/// An istiod that started later has read what was written. In another one, the counter says that it has heard of something
/// new, and its list that the connection made from it has read everything; the list alone still speaks of the old one.
pub(super) fn progress(
    state: &IstiodState,
    baseline: Option<u64>,
    written: WrittenSecret<'_>,
) -> Progress {
    // Clocks of nodes and API servers differ: one that was there before is not later, whatever its clock says.
    let is_later = match (baseline, state.started_at, written.at) {
        (None, Some(started), Some(at)) => started > at,
        (_, _, _) => false,
    };
    if !is_later {
        let version = state.metrics.version.as_deref();
        if let Some(version) = version.filter(|version| keeps_old_token(version)) {
            return Progress::NeedsRestart(version.to_owned());
        }
        match baseline {
            None => return Progress::NoBaseline,
            Some(baseline) if state.metrics.events <= baseline => {
                return Progress::NotYet("it has not processed the change yet".to_owned());
            }
            Some(_) => {}
        }
    }
    let of_cluster = state.clusters.iter().find(|one| one.id == written.cluster);
    match of_cluster {
        Some(one) if one.secret_name != written.secret => Progress::NotYet(format!(
            "it uses secret {:?} for cluster {}",
            one.secret_name, one.id
        )),
        Some(one) if one.sync_status == SYNCED => Progress::PickedUp,
        Some(one) => Progress::NotYet(format!("it reports sync status {}", one.sync_status)),
        None => Progress::NotYet(format!("it knows no cluster {}", written.cluster)),
    }
}

fn keeps_old_token(version: &str) -> bool {
    match rotation_bug(version) {
        Some(RotationBug::KeepsOldToken) => true,
        Some(RotationBug::LosesOthers) | None => false,
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    const WRITTEN: WrittenSecret<'_> = WrittenSecret {
        cluster: "west",
        secret: "istio-system/istio-remote-secret-west",
        at: Some(Timestamp::UNIX_EPOCH),
    };

    fn state(version: &str, started: i64, events: u64, status: &str) -> IstiodState {
        IstiodState {
            started_at: Timestamp::from_second(started).ok(),
            metrics: SecretMetrics {
                events,
                version: Some(version.to_owned()),
            },
            clusters: vec![KnownCluster {
                id: "west".to_owned(),
                secret_name: WRITTEN.secret.to_owned(),
                sync_status: status.to_owned(),
            }],
        }
    }

    fn not_yet(why: &str) -> Progress {
        Progress::NotYet(why.to_owned())
    }

    #[test]
    fn the_counter_and_the_list_are_both_needed() {
        for (events, baseline, status, expected) in [
            (3, Some(2), SYNCED, Progress::PickedUp),
            (
                2,
                Some(2),
                SYNCED,
                not_yet("it has not processed the change yet"),
            ),
            (
                3,
                Some(2),
                "syncing",
                not_yet("it reports sync status syncing"),
            ),
            (3, None, SYNCED, Progress::NoBaseline),
        ] {
            let state = state("1.31.0", -5, events, status);
            assert_eq!(progress(&state, baseline, WRITTEN), expected);
        }
    }

    #[test]
    fn who_started_later_has_read_it() {
        let at = |started, status| state("1.30.1", started, 1, status);
        assert_eq!(progress(&at(1, SYNCED), None, WRITTEN), Progress::PickedUp);
        assert_eq!(
            progress(&at(1, "timeout"), None, WRITTEN),
            not_yet("it reports sync status timeout")
        );
        let restart = Progress::NeedsRestart("1.30.1".to_owned());
        // One that was asked before is not later, whatever the clocks say.
        assert_eq!(progress(&at(1, SYNCED), Some(0), WRITTEN), restart);
        // Within the same second nobody knows which came first.
        for started in [-1, 0] {
            assert_eq!(progress(&at(started, SYNCED), None, WRITTEN), restart);
        }
    }

    #[test]
    fn a_cluster_from_another_secret_is_not_the_one_that_was_written() {
        let mut other = state("1.31.0", -5, 3, SYNCED);
        other.clusters[0].secret_name = "istio-system/other".to_owned();
        assert_eq!(
            progress(&other, Some(2), WRITTEN),
            not_yet("it uses secret \"istio-system/other\" for cluster west")
        );
        other.clusters.clear();
        assert_eq!(
            progress(&other, Some(2), WRITTEN),
            not_yet("it knows no cluster west")
        );
    }
}
