//! Real clusters are what they say: several at a time, with filled tokens, running pods, and a real istiod, and nothing of
//! them outlives the tests.

#![expect(
    clippy::print_stdout,
    reason = "the child test process tells its parent where its cluster is"
)]

use std::io::{BufRead as _, BufReader};
use std::path::{Path, PathBuf};
use std::process::{Command, Stdio};
use std::time::Duration;

use mesh_testkit::command::Run;
use mesh_testkit::condition::wait_until;
use mesh_testkit::environment;
use mesh_testkit::http::Endpoint;
use mesh_testkit::parts::{self, Module, Part, module_dir};
use mesh_testkit::real::{Kind, Lab, Options, Supervisor};
use rustix::process::{Pid, Signal, kill_process};
use serde_json::Value;

#[test]
fn two_bare_clusters_answer_at_once() {
    let lab = Lab::get().unwrap();
    let clusters = lab.clusters(["east", "west"], Kind::Bare).unwrap();
    let mut identities = Vec::new();
    for cluster in &clusters {
        let output = cluster
            .kubectl(["get", "namespaces", "-o", "name"])
            .unwrap()
            .output()
            .expect_success();
        assert!(
            output.stdout.contains("namespace/kube-system\n"),
            "{}",
            output.golden()
        );
        let system = cluster.get("/api/v1/namespaces/kube-system").unwrap();
        identities.push(system["metadata"]["uid"].as_str().unwrap().to_owned());
    }
    assert_ne!(identities[0], identities[1]);
    let [east, _] = &clusters;
    let again = lab.cluster("east", Kind::Bare).unwrap();
    assert_eq!(again.server(), east.server());
}

#[test]
fn version_is_the_pinned_one() {
    let east = Lab::get().unwrap().cluster("east", Kind::Bare).unwrap();
    let version = east.get("/version").unwrap();
    let pinned = Module::Kubernetes.version("k8s.io/kubernetes").unwrap();
    assert_eq!(version["gitVersion"], Value::from(pinned));
}

#[test]
fn token_secret_is_filled() {
    let east = Lab::get().unwrap().cluster("east", Kind::Bare).unwrap();
    east.apply(
        "
apiVersion: v1
kind: ServiceAccount
metadata: {name: reader, namespace: default}
---
apiVersion: v1
kind: Secret
type: kubernetes.io/service-account-token
metadata:
  name: reader-token
  namespace: default
  annotations: {kubernetes.io/service-account.name: reader}
",
    )
    .unwrap();
    let path = "/api/v1/namespaces/default/secrets/reader-token";
    east.wait_for(path, |secret| {
        secret["data"]["token"].is_string() && secret["data"]["ca.crt"].is_string()
    })
    .unwrap();
}

#[test]
fn client_certificates_are_taken() {
    let east = Lab::get().unwrap().cluster("east", Kind::Bare).unwrap();
    let somebody = east.client("somebody", &["somewhere"]).unwrap();
    let api = Endpoint::tls(east.authority(), east.ca_pem(), &somebody).unwrap();
    let response = api.request("GET", "/api/v1/secrets", None).unwrap();
    assert_eq!(response.status, 403, "{}", response.body);
    assert!(response.body.contains("somebody"));
}

#[test]
fn dead_cluster_refuses_and_comes_back() {
    let lab = Lab::get().unwrap();
    let mortal = lab.cluster("mortal", Kind::Bare).unwrap();
    let before = mortal.get("/api/v1/namespaces/kube-system").unwrap();
    mortal.stop_api_server().unwrap();
    let refused = mortal.get("/api/v1/namespaces/kube-system").unwrap_err();
    assert!(format!("{refused:#}").contains("refused"), "{refused:#}");
    mortal.start_api_server().unwrap();
    let after = mortal.get("/api/v1/namespaces/kube-system").unwrap();
    assert_eq!(before["metadata"]["uid"], after["metadata"]["uid"]);
    mortal.remove().unwrap();
}

#[test]
fn other_options_want_another_name() {
    let lab = Lab::get().unwrap();
    let options = Options {
        server_names: vec!["east.example.com".to_owned()],
        ..Options::default()
    };
    lab.cluster("east", Kind::Bare).unwrap();
    let error = lab.cluster_with("east", Kind::Bare, options).unwrap_err();
    assert!(error.to_string().contains("other options"), "{error:#}");
}

#[test]
fn failed_start_shows_the_log() {
    let lab = Lab::get().unwrap();
    let options = Options {
        api_server_flags: vec!["--no-such-flag".to_owned()],
        ..Options::default()
    };
    let error = lab.cluster_with("broken", Kind::Bare, options).unwrap_err();
    let text = format!("{error:#}");
    assert!(
        text.contains("cannot start cluster broken (bare)"),
        "{text}"
    );
    assert!(text.contains("unknown flag: --no-such-flag"), "{text}");
}

#[test]
fn deployment_becomes_ready_where_there_are_nodes() {
    let nodes = Lab::get().unwrap().cluster("nodes", Kind::Nodes).unwrap();
    for args in [
        &["create", "deployment", "web", "--image=web", "--replicas=2"][..],
        &["rollout", "status", "deployment/web", "--timeout=50s"],
    ] {
        nodes.kubectl(args).unwrap().output().expect_success();
    }
}

/// With its real wait for readiness, and with the real chart's objects around the istiod that works.
#[test]
fn istioctl_install_ends_and_istiod_is_started_after_it() {
    let lab = Lab::get().unwrap();
    let south = lab.cluster("south", Kind::Nodes).unwrap();
    let module = module_dir(Module::Istio, "istio.io/istio").unwrap();
    let charts = module.join("manifests");
    let istioctl = Run::new(parts::path(Part::Istioctl).unwrap())
        .env("KUBECONFIG", south.kubeconfig())
        .args(["install", "--skip-confirmation", "--set", "profile=minimal"])
        .args(["--set", "values.global.multiCluster.clusterName=south"])
        .arg(format!("--manifests={}", charts.display()));
    let output = istioctl.output().expect_success();
    assert!(
        output.stderr.contains("Installation complete"),
        "{}",
        output.golden()
    );
    south.start_istiod(&[]).unwrap();
    assert_eq!(
        south.sync_status("south").unwrap().as_deref(),
        Some("synced")
    );
}

#[test]
fn helm_install_ends() {
    let lab = Lab::get().unwrap();
    let helmed = lab.cluster("helmed", Kind::Nodes).unwrap();
    let module = module_dir(Module::Istio, "istio.io/istio").unwrap();
    let charts = module.join("manifests/charts");
    for (release, chart) in [
        ("istio-base", "base"),
        ("istiod", "istio-control/istio-discovery"),
    ] {
        Run::new(parts::path(Part::Helm).unwrap())
            .env("KUBECONFIG", helmed.kubeconfig())
            .args(["install", release, "--namespace=istio-system"])
            .args(["--create-namespace", "--wait"])
            .arg(charts.join(chart))
            .output()
            .expect_success();
    }
    helmed.remove().unwrap();
}

#[test]
fn istiod_is_reached_directly_and_through_its_pod() {
    let lab = Lab::get().unwrap();
    let north = lab.cluster("north", Kind::Istiod).unwrap();
    assert_eq!(
        north.sync_status("north").unwrap().as_deref(),
        Some("synced")
    );
    assert_eq!(north.sync_status("nowhere").unwrap(), None);

    let arguments = "port-forward -n istio-system deployment/istiod :15014 :8080";
    let forward = north.kubectl(arguments.split(' ')).unwrap().spawn();
    forward.wait_for_stdout("-> 8080");
    let output = forward.stdout();
    let ports: Vec<_> = output
        .lines()
        .filter_map(|line| line.strip_prefix("Forwarding from 127.0.0.1:"))
        .filter_map(|line| line.split_once(" -> "))
        .map(|(port, _)| port)
        .collect();
    assert_eq!(ports.len(), 2, "{output}");
    for port in ports {
        let endpoint = Endpoint::plain(&format!("127.0.0.1:{port}"));
        let page = endpoint.request("GET", "/debug/clusterz", None).unwrap();
        assert_eq!(page.status, 200, "{}", page.body);
        assert_eq!(page.json()[0]["id"], "north");
    }
}

/// Does what today's guides do, with the tools that they use: the measure of what the suite does later.
#[test]
fn istiod_takes_a_secret_that_istioctl_made() {
    let lab = Lab::get().unwrap();
    let north = lab.cluster("north", Kind::Istiod).unwrap();
    let west = lab.cluster("west", Kind::Bare).unwrap();
    let istioctl = |kubeconfig: &Path, arguments: &str| {
        Run::new(parts::path(Part::Istioctl).unwrap())
            .env("KUBECONFIG", kubeconfig)
            .args(arguments.split(' '))
            .output()
            .expect_success()
            .stdout
    };
    let secret = istioctl(west.kubeconfig(), "create-remote-secret --name=west");
    north.apply(&secret).unwrap();

    let synced = wait_until(Duration::from_mins(1), || {
        let status = north.sync_status("west").unwrap();
        (status.as_deref() == Some("synced")).then_some(())
    });
    assert!(
        synced.is_some(),
        "{}",
        north.debug("/debug/clusterz").unwrap()
    );
    let table = istioctl(north.kubeconfig(), "remote-clusters");
    assert!(table.contains("istio-remote-secret-west"), "{table}");
}

#[test]
fn istiod_can_be_started_later_with_other_variables() {
    let lab = Lab::get().unwrap();
    let late = lab.cluster("late", Kind::Bare).unwrap();
    assert!(late.debug("/debug/clusterz").is_err());
    late.start_istiod(&[("PILOT_REMOTE_CLUSTER_TIMEOUT", "1s")])
        .unwrap();
    assert_eq!(late.sync_status("late").unwrap().as_deref(), Some("synced"));
    late.stop_istiod().unwrap();
    assert!(late.debug("/debug/clusterz").is_err());
    late.remove().unwrap();
}

/// A test process with a cluster that never ends by itself; the test below runs and kills it.
#[test]
#[ignore = "runs as the child of nothing_outlives_a_killed_test_process"]
fn child_that_is_killed() {
    let cluster = Lab::get().unwrap().cluster("doomed", Kind::Bare).unwrap();
    let dir = cluster.kubeconfig().parent().unwrap().display();
    println!("\nfolder {dir}");
    let mut nothing = String::new();
    std::io::stdin().read_line(&mut nothing).unwrap();
}

#[test]
fn nothing_outlives_a_killed_test_process() {
    let mut child = Command::new(std::env::current_exe().unwrap())
        .args(["--exact", "child_that_is_killed"])
        .args(["--ignored", "--nocapture"])
        .env_remove(environment::SUPERVISOR)
        .stdin(Stdio::piped())
        .stdout(Stdio::piped())
        .spawn()
        .unwrap();
    let dir = BufReader::new(child.stdout.take().unwrap())
        .lines()
        .map(Result::unwrap)
        .find_map(|line| line.strip_prefix("folder ").map(PathBuf::from))
        .expect("the child says where its cluster is");
    assert!(!processes_naming(&dir).is_empty());

    child.kill().unwrap();
    child.wait().unwrap();

    ends(&dir);
}

/// So that a run of many test programs never holds the clusters of all of them.
#[test]
fn a_cluster_ends_with_the_last_who_asked_for_it() {
    let supervisor = Supervisor::start().unwrap();
    let (first, second) = (Lab::of(&supervisor).unwrap(), Lab::of(&supervisor).unwrap());
    let dirs = [(&first, "alone"), (&first, "shared"), (&second, "shared")].map(|(lab, name)| {
        let cluster = lab.cluster(name, Kind::Bare).unwrap();
        cluster.kubeconfig().parent().unwrap().to_owned()
    });
    let [alone, shared, same] = dirs;
    assert_eq!(shared, same);

    drop(first);
    ends(&alone);
    assert!(!processes_naming(&shared).is_empty());

    drop(second);
    ends(&shared);
}

/// On Linux whatever ends the supervisor ends what it owns; elsewhere the next supervisor does.
#[test]
fn nothing_outlives_a_killed_supervisor() {
    let supervisor = Supervisor::start().unwrap();
    let lab = Lab::of(&supervisor).unwrap();
    let orphan = lab.cluster("orphan", Kind::Bare).unwrap();
    let dir = orphan.kubeconfig().parent().unwrap().to_owned();
    assert!(!processes_naming(&dir).is_empty());

    let pid = i32::try_from(supervisor.id()).unwrap();
    kill_process(Pid::from_raw(pid).unwrap(), Signal::KILL).unwrap();
    drop(supervisor);
    if cfg!(target_os = "linux") {
        let gone = wait_until(Duration::from_secs(30), || {
            processes_naming(&dir).is_empty().then_some(())
        });
        assert!(gone.is_some(), "still there: {:?}", processes_naming(&dir));
    }

    let next = Supervisor::start().unwrap();
    assert!(processes_naming(&dir).is_empty());
    assert!(!dir.exists());
    drop(next);
}

/// Waits until no process and nothing else is left of a cluster.
fn ends(dir: &Path) {
    let gone = wait_until(Duration::from_secs(30), || {
        (processes_naming(dir).is_empty() && !dir.exists()).then_some(())
    });
    assert!(gone.is_some(), "still there: {:?}", processes_naming(dir));
}

/// The command lines of all processes that name a folder.
fn processes_naming(dir: &Path) -> Vec<String> {
    let output = Command::new("ps")
        .args(["-eww", "-o", "args="])
        .output()
        .expect("the system can list processes");
    assert!(output.status.success());
    let dir = dir.display().to_string();
    String::from_utf8_lossy(&output.stdout)
        .lines()
        .filter(|line| line.contains(&dir))
        .map(str::to_owned)
        .collect()
}
