//! Checks of the remote clusters that istiods know: their page `/debug/clusterz` beside the remote secrets.

use super::istiod_view::{Remote, Status, View};
use crate::change::ObjectRef;
use crate::finding::{CheckId, Finding, Severity};
use crate::read::Read;
use crate::snapshot::{AskedIstiod, ClusterSnapshot};

/// Reports the istiods that should answer and do not. One that may not be asked, or hides its pages, is no problem of the mesh.
pub(super) fn silent(holder: &ClusterSnapshot) -> Vec<Finding> {
    let pods = holder.istiod_pages.items().iter();
    let finding = |asked: &AskedIstiod| {
        let reason = failure(&asked.clusters).or_else(|| failure(&asked.gateways))?;
        let message = format!(
            "istiod pod {} does not say which clusters and gateways it knows: {reason}",
            asked.pod
        );
        let finding = Finding::new(CheckId::ClusterzUnavailable, Severity::Warning, message)
            .in_cluster(&holder.context)
            .about(ObjectRef::new("pod", &asked.pod).within(&holder.istio_namespace));
        Some(finding.fix(View::logs(holder, asked)))
    };
    pods.filter_map(finding).collect()
}

fn failure<T>(read: &Read<T>) -> Option<&str> {
    match read {
        Read::Failed(unread) | Read::Late(unread) => Some(unread.reason()),
        Read::Seen(_) | Read::Absent(_) | Read::Denied(_) | Read::NotAsked => None,
    }
}

/// Reports the remote clusters that istiods should have read and have not.
pub(super) fn unread(view: &View<'_>) -> Vec<Finding> {
    let remotes = view.remotes.iter();
    remotes
        .filter_map(|(name, remote)| of_remote(view, name, *remote))
        .collect()
}

fn of_remote(view: &View<'_>, name: &str, remote: Remote<'_>) -> Option<Finding> {
    let each = view.settled.iter().filter_map(|asked| {
        let status = view.status(asked, name)?;
        Some((*asked, status))
    });
    let each: Vec<(&AskedIstiod, Status)> = each.collect();
    let (worst_in, worst) = each.iter().max_by_key(|(_, status)| *status)?;
    let is_read_by_some = each.iter().any(|(_, status)| *status == Status::Synced);
    let called = called(name, remote);
    let (check, severity, message) = match worst {
        Status::Synced => return None,
        _ if is_read_by_some => (
            CheckId::ClusterzReplicasDisagree,
            Severity::Warning,
            format!("the istiods do not agree about {called}: {}", listed(&each)),
        ),
        Status::Absent => (
            CheckId::ClusterzAbsent,
            Severity::Error,
            format!("istiod does not know {called}"),
        ),
        Status::Closed => (
            CheckId::ClusterzClosed,
            Severity::Error,
            format!("istiod does not read {called} any more"),
        ),
        Status::TimedOut => (
            CheckId::ClusterzTimeout,
            Severity::Error,
            format!("istiod could not read {called} in time"),
        ),
        Status::Syncing => (
            CheckId::ClusterzSyncing,
            Severity::Error,
            format!("istiod has been reading {called} for more than a minute"),
        ),
    };
    let evidence = each.iter().map(|(asked, status)| {
        format!("/debug/clusterz of {}: {name} {}", asked.pod, status.word())
    });
    let finding = Finding::new(check, severity, message)
        .in_cluster(&view.holder.context)
        .shown_by(evidence)
        .fix(match check {
            CheckId::ClusterzClosed | CheckId::ClusterzReplicasDisagree => view.restart(),
            _ => View::logs(view.holder, worst_in),
        });
    Some(placed(finding, remote))
}

/// Returns the finding beside the peer and the secret that it is about.
fn placed(finding: Finding, remote: Remote<'_>) -> Finding {
    let finding = match remote.context {
        Some(context) => finding.with_peer(context),
        None => finding,
    };
    let secret = remote
        .secret
        .and_then(|cell| Some((&cell.namespace, cell.name.as_ref()?)));
    match secret {
        Some((namespace, name)) => finding.about(ObjectRef::secret(namespace, name)),
        None => finding,
    }
}

fn called(name: &str, remote: Remote<'_>) -> String {
    match remote.secret.and_then(|cell| cell.name.as_deref()) {
        Some(secret) => format!("cluster {name} of secret {secret}"),
        None => format!("cluster {name}"),
    }
}

fn listed(each: &[(&AskedIstiod, Status)]) -> String {
    let each = each
        .iter()
        .map(|(asked, status)| format!("{} in {}", status.word(), asked.pod));
    each.collect::<Vec<_>>().join(", ")
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::istiod_pages::{CLOSED, SYNCED, SYNCING, TIMEOUT};
    use crate::read::Read;
    use crate::verify::checks::istiod_view::tests::{Scene, asked, secret};

    const WEST: &str = "istio-system/istio-remote-secret-west";

    fn told(scene: &Scene) -> Vec<(&'static str, String)> {
        let found = scene.found().into_iter();
        found.map(|one| (one.id.as_str(), one.message)).collect()
    }

    /// Returns the ids of the findings where each istiod has west like this; `None` where it does not have it.
    fn ids(statuses: &[Option<&str>]) -> Vec<&'static str> {
        let pods = statuses.iter().enumerate().map(|(number, status)| {
            let west = status.map(|status| ("west", WEST, status));
            asked(&format!("istiod-{number}"), west.as_slice())
        });
        let scene = Scene::of(
            pods.collect(),
            vec![secret("west", "istio-remote-secret-west")],
        );
        let found = told(&scene).into_iter();
        found.map(|(id, _)| id).collect()
    }

    #[test]
    fn each_status_but_synced_is_a_finding() {
        let nothing: [&str; 0] = [];
        assert_eq!(ids(&[Some(SYNCED)]), nothing);
        assert_eq!(ids(&[Some("a newer word")]), nothing);
        assert_eq!(ids(&[None]), ["clusterz-absent"]);
        assert_eq!(ids(&[Some(TIMEOUT)]), ["clusterz-timeout"]);
        assert_eq!(ids(&[Some(SYNCING)]), ["clusterz-syncing"]);
        assert_eq!(ids(&[Some(CLOSED)]), ["clusterz-closed"]);
        assert_eq!(ids(&[Some(TIMEOUT), None]), ["clusterz-absent"]);
        for other in [None, Some(TIMEOUT), Some(SYNCING), Some(CLOSED)] {
            for pods in [[Some(SYNCED), other], [other, Some(SYNCED)]] {
                assert_eq!(ids(&pods), ["clusterz-replicas-disagree"]);
            }
        }
    }

    #[test]
    fn a_finding_says_where_it_was_seen_and_of_which_secret() {
        let scene = Scene::of(
            vec![asked("istiod-1", &[("west", WEST, TIMEOUT)])],
            vec![secret("west", "istio-remote-secret-west")],
        );
        let [found] = scene.found().try_into().expect("it is one finding");
        assert_eq!(
            found.message,
            "istiod could not read cluster west of secret istio-remote-secret-west in time"
        );
        let place = found.details().expect("it has a place").clone();
        assert_eq!(
            (place.cluster.as_deref(), place.peer.as_deref()),
            (Some("east"), Some("west"))
        );
        assert_eq!(
            place.evidence,
            ["/debug/clusterz of istiod-1: west timeout"]
        );
        let fix = found.fix.expect("there is something to do").to_string();
        assert_eq!(fix, "kubectl --context east -n istio-system logs istiod-1");
    }

    #[test]
    fn an_istiod_is_judged_when_it_had_the_time_to_read() {
        let absent = || Scene::of(vec![asked("istiod-1", &[])], vec![secret("west", "s")]);
        assert_eq!(told(&absent()).len(), 1);
        let mut started = absent();
        started.start("2026-11-27T23:59:30Z");
        assert_eq!(told(&started), []);
        let mut created = absent();
        created.cells[0].age_seconds = Some(3);
        assert_eq!(told(&created), []);
        let of = |changed: &str| {
            let pods = vec![asked("istiod-1", &[("west", WEST, SYNCING)])];
            let mut scene = Scene::of(pods, vec![secret("west", "istio-remote-secret-west")]);
            let place = ("east".to_owned(), WEST.to_owned());
            scene
                .changes
                .insert(place, changed.parse().expect("it is a moment"));
            told(&scene).len()
        };
        assert_eq!(
            (of("2026-11-27T23:59:30Z"), of("2026-11-27T23:58:00Z")),
            (0, 1)
        );
    }

    #[test]
    fn what_an_istiod_has_no_secret_for_is_no_fault() {
        // Its own cluster, also where a secret has that name, and where its Deployment alone tells the name.
        let own = Scene::of(vec![asked("istiod-1", &[])], vec![secret("east", "s")]);
        assert_eq!(told(&own), []);
        // Clusters of files: no Secret is looked at.
        let file = vec![asked("istiod-1", &[("north", "/north", SYNCED)])];
        assert_eq!(told(&Scene::of(file, vec![secret("west", "s")])), []);
        let mut empty = Scene::of(vec![asked("istiod-1", &[])], vec![secret("west", "s")]);
        empty.read_files();
        assert_eq!(told(&empty), []);
        // The istiod of an external control plane uses the secrets of another cluster.
        let external = vec![secret("config", "istio-kubeconfig"), secret("west", "s")];
        assert_eq!(told(&Scene::of(vec![asked("istiod-1", &[])], external)), []);
        // A secret of a namespace that istiod does not read has a finding of its own.
        let mut elsewhere = Scene::of(vec![asked("istiod-1", &[])], vec![secret("west", "s")]);
        elsewhere.cells[0].namespace = "default".to_owned();
        assert_eq!(told(&elsewhere), []);
        // A pair without a secret.
        let mut missing = Scene::of(vec![asked("istiod-1", &[])], vec![secret("west", "s")]);
        missing.cells[0].name = None;
        assert_eq!(told(&missing), []);
        // No istiod runs here.
        assert_eq!(told(&Scene::of(Vec::new(), vec![secret("west", "s")])), []);
    }

    #[test]
    fn an_istiod_that_does_not_answer_is_a_warning_and_one_that_may_not_be_asked_is_none() {
        for (read, expected) in [
            (Read::Failed("it hung up".into()), 1),
            (Read::Late("no answer".into()), 1),
            (Read::Denied("not allowed".into()), 0),
            (Read::Absent("hidden".into()), 0),
        ] {
            let pod = AskedIstiod {
                clusters: read.clone(),
                ..asked("istiod-1", &[])
            };
            let scene = Scene::of(vec![pod], vec![secret("west", "s")]);
            let found = told(&scene);
            assert_eq!(found.len(), expected, "{read:?}");
            let ids = found.iter().map(|(id, _)| *id);
            assert!(ids.into_iter().all(|id| id == "clusterz-unavailable"));
        }
    }
}
