//! The check of the API servers' clocks.

use crate::finding::{CheckId, Finding, Severity};
use crate::snapshot::ClusterSnapshot;

/// The seconds that two clocks may be apart. Certificates are valid from two minutes before they are issued: `ClockSkewGracePeriod` in
/// Istio's `security/pkg/pki/util/generate_cert.go`.
const GRACE: i64 = 120;
/// Half of that: a clock that goes wrong reaches the other half soon.
const SOON: i64 = 60;

/// Reports API servers with another time than this machine. Where two or more have the same time and this machine another one, it is
/// this machine's clock that is wrong, and that is reported of the first one alone.
pub(in crate::verify) fn clocks(clusters: &[&ClusterSnapshot]) -> Vec<Finding> {
    let known = clusters
        .iter()
        .filter_map(|cluster| Some((*cluster, cluster.clock_ahead?)));
    let known: Vec<(&ClusterSnapshot, i64)> = known.collect();
    let ahead = known.iter().map(|(_, ahead)| *ahead);
    let (Some(least), Some(most)) = (ahead.clone().min(), ahead.max()) else {
        return Vec::new();
    };
    let agree = known.len() > 1 && most - least <= SOON;
    let wrong = known.iter().filter(|(_, ahead)| ahead.abs() > SOON);
    if agree && wrong.clone().count() == known.len() {
        let (first, ahead) = known[0];
        let message = format!(
            "the clock of this machine is {} that of all {} API servers: what is said of expiry times may be wrong",
            apart(-ahead),
            known.len()
        );
        let finding = Finding::new(CheckId::ApiClockSkew, Severity::Warning, message);
        let fix = "set the clock of this machine by NTP, then verify again";
        return vec![finding.in_cluster(&first.context).fix(fix)];
    }
    let of_cluster = |(cluster, ahead): &(&ClusterSnapshot, i64)| {
        let severity = if ahead.abs() > GRACE {
            Severity::Error
        } else {
            Severity::Warning
        };
        let message = format!(
            "the clock of its API server is {} that of this machine",
            apart(*ahead)
        );
        Finding::new(CheckId::ApiClockSkew, severity, message)
            .in_cluster(&cluster.context)
            .fix("set the clocks of its nodes by NTP")
    };
    wrong.map(of_cluster).collect()
}

fn apart(ahead: i64) -> String {
    let way = if ahead < 0 { "behind" } else { "ahead of" };
    format!("{} s {way}", ahead.abs())
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::verify::samples::cluster;

    fn found(ahead: &[Option<i64>]) -> Vec<String> {
        let clusters = ahead
            .iter()
            .enumerate()
            .map(|(number, ahead)| ClusterSnapshot {
                clock_ahead: *ahead,
                ..cluster(&format!("c{number}"), Vec::new())
            });
        let clusters: Vec<ClusterSnapshot> = clusters.collect();
        let clusters: Vec<&ClusterSnapshot> = clusters.iter().collect();
        let said = |finding: Finding| {
            let place = finding.details().and_then(|place| place.cluster.clone());
            format!(
                "{:?} {} {}",
                finding.severity,
                place.unwrap_or_default(),
                finding.message
            )
        };
        clocks(&clusters).into_iter().map(said).collect()
    }

    #[test]
    fn a_clock_that_is_apart_from_this_machines_is_reported() {
        assert_eq!(found(&[Some(60), None, Some(-60)]), [""; 0]);
        assert_eq!(
            found(&[Some(61), Some(0), Some(-121)]),
            [
                "Warning c0 the clock of its API server is 61 s ahead of that of this machine",
                "Error c2 the clock of its API server is 121 s behind that of this machine"
            ]
        );
        let alone = found(&[Some(600), None]);
        assert!(
            alone[0].starts_with("Error c0 the clock of its"),
            "{alone:?}"
        );
    }

    #[test]
    fn the_clock_of_this_machine_is_reported_where_the_servers_agree() {
        assert_eq!(
            found(&[Some(-300), Some(-290), None]),
            [
                "Warning c0 the clock of this machine is 300 s ahead of that of all 2 API servers: what is said of expiry times may be wrong"
            ]
        );
        assert_eq!(found(&[Some(-300), Some(-200)]).len(), 2);
    }
}
