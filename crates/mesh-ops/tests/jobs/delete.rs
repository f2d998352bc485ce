//! Deleting remote secrets and revoking their tokens.

use k8s_openapi::ByteString;
use mesh_client::{Kubeconfig, Overrides};
use mesh_model::Exit;
use mesh_model::change::{Action, ChangeSet, DryRun};
use mesh_model::command::{Knob, Knobs};
use mesh_model::error::{Error, Kind};
use mesh_ops::Job;
use mesh_ops::secret::delete::{self, Clusters, Holders, Request, Revocation, Selector};
use mesh_testkit::black_box::writes;
use mesh_testkit::embedded::{Cluster, Fault};
use mesh_testkit::kubeconfig::{self, User};
use serde_json::json;
use tempfile::TempDir;

use crate::support::{Collected, connector, lines, no_interrupt};

const NAMESPACE: &str = "istio-system";
const ACCOUNT: &str = "istio-reader-service-account";
const TOKEN_SECRET: &str = "istio-reader-service-account-istio-remote-secret-token";
const SECRET: &str = "istio-remote-secret-west";

/// East holds a secret with a token of west.
pub(crate) struct Mesh {
    pub(crate) east: Cluster,
    pub(crate) west: Cluster,
    folder: TempDir,
}

impl Mesh {
    pub(crate) fn new() -> Self {
        let (east, west) = (Cluster::start("east"), Cluster::start("west"));
        for cluster in [&east, &west] {
            cluster.create(json!({"apiVersion": "v1", "kind": "Namespace",
                "metadata": {"name": NAMESPACE}}));
        }
        west.create(json!({"apiVersion": "v1", "kind": "ServiceAccount",
                "metadata": {"name": ACCOUNT, "namespace": NAMESPACE}}));
        let token = west.service_account_with_token(NAMESPACE, ACCOUNT, TOKEN_SECRET);
        let mesh = Self {
            east,
            west,
            folder: TempDir::new().unwrap(),
        };
        mesh.give(&mesh.east, SECRET, &token);
        mesh
    }

    /// Puts a secret for west with this token into a cluster.
    fn give(&self, holder: &Cluster, name: &str, token: &str) {
        let user = User::new().token(token);
        let access = kubeconfig::Kubeconfig::single("c", self.west.kubeconfig_cluster(), user);
        holder.create(json!({"apiVersion": "v1", "kind": "Secret",
            "metadata": {"name": name, "namespace": NAMESPACE, "labels": {"istio/multiCluster": "true"}},
            "stringData": {"west": access.to_yaml()}}));
        for cluster in [&self.east, &self.west] {
            cluster.clear_recordings();
        }
    }

    /// The token that west's token Secret holds.
    fn token(&self) -> String {
        let secret = self.west.get("secrets", NAMESPACE, TOKEN_SECRET).unwrap();
        let token: ByteString = serde_json::from_value(secret["data"]["token"].clone()).unwrap();
        String::from_utf8(token.0).unwrap()
    }

    /// The clusters of a deletion in these contexts, or in all.
    fn clusters(&self, holders: &[&str], request: &Request) -> Result<Clusters, Error> {
        let entry = |config: kubeconfig::Kubeconfig, cluster: &Cluster| {
            let (name, user) = (cluster.name(), cluster.kubeconfig_user());
            config.entry(name, cluster.kubeconfig_cluster(), user)
        };
        let both = entry(entry(kubeconfig::Kubeconfig::new(), &self.east), &self.west);
        let path = self.folder.path().join("config");
        both.write(&path);
        let kubeconfig = Kubeconfig::load(None, Some(path.as_os_str()), None)?;
        let overrides = |context: Option<&str>| Overrides {
            context: context.map(str::to_owned),
            ..Overrides::default()
        };
        let named: Vec<_> = holders.iter().map(|one| Some((*one).to_owned())).collect();
        let holders = if named.is_empty() {
            Holders::All
        } else {
            Holders::Named(&named)
        };
        let clusters = Clusters::new(&kubeconfig, &holders, overrides)?;
        if request.revocation.is_none() {
            return Ok(clusters);
        }
        clusters.for_revocation(&kubeconfig, None, overrides)
    }

    /// Runs the whole job, and returns what it planned with how it ended.
    pub(crate) async fn run(
        &self,
        holders: &[&str],
        request: &Request,
        events: &Collected,
    ) -> Result<(ChangeSet, Exit), Error> {
        let (connector, interrupt) = (connector(), no_interrupt());
        let job = Job {
            connector: &connector,
            interrupt: &interrupt,
            events,
            applied_by: "jobs/1",
            now: "2026-11-21T00:00:00Z".parse().unwrap(),
        };
        let clusters = self.clusters(holders, request)?;
        let (state, lost) = delete::observe(clusters, request, &connector).await?;
        let deletion = delete::prepare(job, request, &state).await?;
        assert!(self.writes().is_empty(), "{:?}", self.writes());
        let changes = deletion.changes().clone();
        let exit = deletion.carry_out(job, lost).await?;
        Ok((changes, exit))
    }

    /// The requests by which something may be written. A review of our own token is none of them.
    fn writes(&self) -> Vec<String> {
        let all = writes(&self.east).into_iter().chain(writes(&self.west));
        all.filter(|one| !one.contains("selfsubjectreviews"))
            .collect()
    }
}

fn has(cluster: &Cluster, name: &str) -> bool {
    cluster.get("secrets", NAMESPACE, name).is_some()
}

pub(crate) fn request(selectors: &[&str]) -> Request {
    let selectors: Vec<String> = selectors.iter().map(|one| (*one).to_owned()).collect();
    Request {
        selectors: Selector::parse_all(&selectors).unwrap(),
        namespace: NAMESPACE.to_owned(),
        ignore_not_found: false,
        revocation: None,
        dry_run: DryRun::None,
    }
}

pub(crate) fn revoking() -> Request {
    Request {
        revocation: Some(Revocation {
            namespace: NAMESPACE.to_owned(),
            account: ACCOUNT.to_owned(),
        }),
        ..request(&["west"])
    }
}

fn actions(changes: &ChangeSet) -> Vec<(Action, &str, &str)> {
    let changes = changes.iter();
    changes
        .map(|one| (one.action, one.context.as_str(), one.object.name.as_str()))
        .collect()
}

#[tokio::test]
async fn a_secret_is_deleted_and_its_token_stays_valid() {
    let (mesh, events) = (Mesh::new(), Collected::default());
    let (changes, exit) = mesh
        .run(&["east"], &request(&["west"]), &events)
        .await
        .unwrap();
    assert_eq!(exit, Exit::Fine);
    assert_eq!(actions(&changes), [(Action::Delete, "east", SECRET)]);
    assert_eq!(
        lines(&events),
        [format!("done: secret/{SECRET} deleted in context east")]
    );
    assert!(!has(&mesh.east, SECRET) && has(&mesh.west, TOKEN_SECRET));
    // A second time there is nothing that the name selects.
    let again = mesh.clusters(&["east"], &request(&["west"])).unwrap();
    let (connector, interrupt) = (connector(), no_interrupt());
    let job = Job {
        connector: &connector,
        interrupt: &interrupt,
        events: &events,
        applied_by: "jobs/1",
        now: "2026-11-21T00:00:00Z".parse().unwrap(),
    };
    let error = delete::delete(job, &request(&["west"]), again).await;
    assert_eq!(error.unwrap_err().kind(), Kind::NotFound);
    assert_eq!(lines(&events), Vec::<String>::new());
}

#[tokio::test]
async fn a_token_is_revoked_after_the_secrets_and_never_before_all_of_them_are_deleted() {
    let (mesh, events) = (Mesh::new(), Collected::default());
    mesh.give(&mesh.west, SECRET, &mesh.token());
    mesh.east.inject(Fault::on("DELETE", "**").status(500));
    let both = mesh.run(&["east", "west"], &revoking(), &events).await;
    let (changes, exit) = both.unwrap();
    assert_eq!(exit, Exit::Partial);
    let (in_east, in_west, revoked) = (
        (Action::Delete, "east", SECRET),
        (Action::Delete, "west", SECRET),
        (Action::Revoke, "west", TOKEN_SECRET),
    );
    assert_eq!(actions(&changes), [in_east, in_west, revoked]);
    assert!(has(&mesh.east, SECRET) && !has(&mesh.west, SECRET));
    assert!(has(&mesh.west, TOKEN_SECRET));
    let text = lines(&events).join("\n");
    assert!(text.contains("warning: the token is not revoked"), "{text}");

    mesh.east.clear_faults();
    mesh.east.clear_recordings();
    mesh.west.clear_recordings();
    let (changes, exit) = mesh.run(&["east"], &revoking(), &events).await.unwrap();
    assert_eq!(
        (exit, actions(&changes)),
        (Exit::Fine, vec![in_east, revoked])
    );
    assert_eq!(
        lines(&events),
        [
            format!("done: secret/{SECRET} deleted in context east"),
            format!("done: token of secret/{TOKEN_SECRET} revoked in context west"),
        ]
    );
    assert!(!has(&mesh.east, SECRET) && !has(&mesh.west, TOKEN_SECRET));
}

#[tokio::test]
async fn a_dry_run_tells_the_change_set_and_writes_nothing() {
    for (dry_run, suffix, rehearsed) in [
        (DryRun::Client, " (dry run)", 0),
        (DryRun::Server, " (server dry run)", 2),
    ] {
        let (mesh, events) = (Mesh::new(), Collected::default());
        let request = Request {
            dry_run,
            ..revoking()
        };
        let (changes, exit) = mesh.run(&["east"], &request, &events).await.unwrap();
        assert_eq!(exit, Exit::Fine);
        let expected: Vec<String> = changes
            .iter()
            .map(|change| format!("done: {change}{suffix}"))
            .collect();
        assert_eq!(lines(&events), expected);
        let sent = mesh.writes();
        assert_eq!(sent.len(), rehearsed, "{sent:?}");
        assert!(has(&mesh.east, SECRET) && has(&mesh.west, TOKEN_SECRET));
        let text = serde_json::to_string(&changes).unwrap();
        assert_eq!(serde_json::from_str::<ChangeSet>(&text).unwrap(), changes);
        assert!(!text.contains("eyJ"), "{text}");
    }
}

/// A caller whose settings are in a file.
struct File;

impl Knobs for File {
    fn setting(&self, knob: Knob, _: Option<&str>) -> String {
        format!("{} (mesh.yaml:3)", knob.flag().trim_start_matches('-'))
    }
}

#[tokio::test]
async fn a_token_that_another_secret_holds_is_not_revoked_and_nothing_is_deleted() {
    let (mesh, events) = (Mesh::new(), Collected::default());
    mesh.give(&mesh.west, "copy", &mesh.token());
    let error = mesh.run(&["east"], &revoking(), &events).await.unwrap_err();
    assert_eq!(
        error.to_string(),
        "secret istio-system/copy in context west contains the token for west too"
    );
    let hints: Vec<String> = error.hints().iter().map(|one| one.shown(&File)).collect();
    assert!(
        hints.contains(
            &"omit revoke (mesh.yaml:3) to delete only the secrets and keep the token".to_owned()
        ),
        "{hints:?}"
    );
    assert!(mesh.writes().is_empty() && has(&mesh.east, SECRET));
}

#[tokio::test]
async fn a_cluster_that_is_not_reached_does_not_affect_the_others() {
    let (mut mesh, events) = (Mesh::new(), Collected::default());
    mesh.west.stop();
    let (changes, exit) = mesh.run(&[], &request(&["west"]), &events).await.unwrap();
    assert_eq!(exit, Exit::Partial);
    assert_eq!(changes.len(), 1);
    let lines = lines(&events);
    assert_eq!(
        lines[0],
        format!("done: secret/{SECRET} deleted in context east")
    );
    assert!(
        lines[1].starts_with("warning: ")
            && lines[1].ends_with("; the remote secrets there are not deleted"),
        "{lines:?}"
    );
    assert!(!has(&mesh.east, SECRET));
}
