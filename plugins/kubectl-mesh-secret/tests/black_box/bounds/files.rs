//! A kubeconfig in a secret is of another machine: no command in it is run and no file that it names is read, by any verb.

use std::fs::{self, File};
use std::os::unix::fs::PermissionsExt as _;
use std::path::{Path, PathBuf};
use std::process::Command;
use std::thread;
use std::time::Duration;

use mesh_testkit::command::Run;
use mesh_testkit::kubeconfig::{Cluster, Exec, Kubeconfig, User};
use serde_json::json;

use crate::support::{Mesh, NAMESPACE, SECRET};

/// The trace of a command that was run or a file that was read.
struct Canary {
    /// A command that leaves a mark.
    command: PathBuf,
    mark: PathBuf,
    /// A pipe that nobody writes into: whoever reads it waits for ever.
    pipe: PathBuf,
}

impl Canary {
    fn new(folder: &Path) -> Self {
        let canary = Self {
            command: folder.join("canary"),
            mark: folder.join("mark"),
            pipe: folder.join("pipe"),
        };
        let credential = json!({"apiVersion": "client.authentication.k8s.io/v1", "kind": "ExecCredential",
            "status": {"token": "of-the-canary"}});
        let script = format!(
            "#!/bin/sh\ntouch '{}'\necho '{credential}'\n",
            canary.mark.display()
        );
        fs::write(&canary.command, script).unwrap();
        fs::set_permissions(&canary.command, fs::Permissions::from_mode(0o755)).unwrap();
        assert!(
            Command::new("mkfifo")
                .arg(&canary.pipe)
                .status()
                .unwrap()
                .success()
        );
        canary
    }
}

/// A cluster and a user that refer to something of the machine where they are used.
type Kind = fn(&Mesh, &Canary) -> (Cluster, User);

const KINDS: [(&str, Kind); 11] = [
    ("exec by path", |mesh, canary| {
        (server(mesh), User::new().exec(Exec::new(&canary.command)))
    }),
    ("exec by name", |mesh, _| {
        (server(mesh), User::new().exec(Exec::new("canary")))
    }),
    ("exec of an older version", |mesh, canary| {
        let exec = Exec::new(&canary.command).api_version("client.authentication.k8s.io/v1beta1");
        (server(mesh), User::new().exec(exec))
    }),
    ("exec beside a token", |mesh, canary| {
        let user = User::new().token("t").exec(Exec::new(&canary.command));
        (server(mesh), user)
    }),
    ("auth-provider with a command", |mesh, canary| {
        let provider =
            json!({"name": "gcp", "config": {"cmd-path": canary.command, "cmd-args": ""}});
        (server(mesh), User::new().field("auth-provider", provider))
    }),
    ("auth-provider with a file", |mesh, canary| {
        let provider = json!({"name": "oidc", "config": {"idp-issuer-url": "https://127.0.0.1:1",
            "client-id": "c", "refresh-token": "r", "idp-certificate-authority": canary.pipe}});
        (server(mesh), User::new().field("auth-provider", provider))
    }),
    ("tokenFile", |mesh, canary| {
        (server(mesh), User::new().token_file(&canary.pipe))
    }),
    ("tokenFile beside a token", |mesh, canary| {
        let user = User::new().token(&mesh.usual()).token_file(&canary.pipe);
        (server(mesh), user)
    }),
    ("certificate-authority", |mesh, canary| {
        let cluster = Cluster::new(mesh.world.west.server_url()).ca_file(&canary.pipe);
        (cluster, User::new().token(&mesh.usual()))
    }),
    ("client-certificate and client-key", |mesh, canary| {
        let user = User::new().client_certificate_files(&canary.pipe, &canary.pipe);
        (server(mesh), user)
    }),
    ("client-key beside a certificate", |mesh, canary| {
        let user = User::new()
            .client_certificate(mesh.world.west.admin_identity())
            .field("client-key-data", "")
            .field("client-key", canary.pipe.to_str().unwrap());
        (server(mesh), user)
    }),
];

/// Every verb that looks at secrets or uses what they hold.
const LINES: [&str; 10] = [
    "list --context east --allow-loopback",
    "inspect --context east --allow-loopback",
    "inspect --context east --probe --allow-loopback",
    "inspect west --context east --probe --allow-loopback --remote-context west",
    "rotate west --context east --revoke-unseen",
    "rotate --all --revoke-unseen",
    "create --context west --name west --allow-loopback --into east --dry-run",
    "create --context west --name west --allow-loopback --into east",
    "exchange --context east,west --allow-loopback",
    "delete west --context east --revoke --yes",
];

fn server(mesh: &Mesh) -> Cluster {
    mesh.world.west.kubeconfig_cluster()
}

/// East's secret for west, whether there is one or not.
fn hold(mesh: &Mesh, kubeconfig: &Kubeconfig) {
    let east = &mesh.world.east;
    if east.get("secrets", NAMESPACE, SECRET).is_some() {
        east.delete("secrets", NAMESPACE, SECRET);
    }
    east.create(manifest(kubeconfig));
}

fn manifest(kubeconfig: &Kubeconfig) -> serde_json::Value {
    json!({"apiVersion": "v1", "kind": "Secret",
        "metadata": {"name": SECRET, "namespace": NAMESPACE, "labels": {"istio/multiCluster": "true"}},
        "stringData": {"west": kubeconfig.to_yaml()}})
}

/// Whoever reads the pipe outlives this.
fn ends(run: Run, canary: &Canary, case: &str) {
    let folder = canary.command.parent().unwrap();
    let run = run.path_dir(folder).deadline(Duration::from_mins(1));
    let output = run.output();
    assert!(!canary.mark.exists(), "{case}: {}", output.golden());
    assert!(
        (0..=4).contains(&output.code),
        "{case}: {}",
        output.golden()
    );
    assert!(!output.stderr.contains("of-the-canary"), "{case}");
}

#[test]
fn nothing_that_a_secret_names_is_run_or_read() {
    let mesh = Mesh::sharing();
    let canary = Canary::new(mesh.world.dir.path());
    for (name, kind) in KINDS {
        let (cluster, user) = kind(&mesh, &canary);
        let kubeconfig = Kubeconfig::single("c", cluster, user);
        for line in LINES {
            hold(&mesh, &kubeconfig);
            ends(mesh.world.run(line), &canary, &format!("{name}: {line}"));
        }
        let piped = mesh.world.run("inspect -f - --probe --allow-loopback");
        let piped = piped.stdin(manifest(&kubeconfig).to_string());
        ends(piped, &canary, name);
    }
}

#[test]
fn the_operators_own_kubeconfig_wakes_the_canary() {
    let mesh = Mesh::sharing();
    let canary = Canary::new(mesh.world.dir.path());
    let (cluster, user) = KINDS[0].1(&mesh, &canary);
    mesh.world.write(&Kubeconfig::single("west", cluster, user));
    mesh.world.run("list").output();
    assert!(canary.mark.exists());
    let (cluster, user) = KINDS[6].1(&mesh, &canary);
    mesh.world.write(&Kubeconfig::single("west", cluster, user));
    let pipe = canary.pipe.clone();
    // Opening it for writing waits until somebody reads.
    let writer = thread::spawn(move || drop(File::create(pipe)));
    mesh.world.run("list").output();
    writer.join().unwrap();
}
