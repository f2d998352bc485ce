//! What one cluster that is dead, strange or unwilling costs the others.

use std::time::Duration;

use mesh_testkit::black_box::{self, Ends};
use mesh_testkit::cases;
use mesh_testkit::embedded::{Cluster, Fault};
use mesh_testkit::kubeconfig::User;
use serde_json::json;

use super::mesh::{EXCHANGE, Mesh};
use crate::support::{golden_file, istiod, reader_token};

/// One case in a mesh of its own, and what everybody holds afterwards.
fn check<E: Ends>(name: &str, arrange: impl Fn(&mut Mesh) -> E) {
    black_box::check(&golden_file("exchange/golden", name), Mesh::new, arrange);
}

cases! { check;
    // Arguments.
    no_clusters: |mesh| mesh.run("exchange");
    one_context: |mesh| mesh.run("exchange --context east");
    one_context_twice: |mesh| mesh.run("exchange --context east,east");
    unknown_contexts: |mesh| mesh.run("exchange --context eats,west,nroth");
    remote_without_primary: |mesh| mesh.run("exchange --remote west,north");
    primary_and_context: |mesh| mesh.run("exchange --context east --primary west");
    prune_all_contexts: |mesh| mesh.run("exchange --all-contexts --prune");
    primary_is_remote: |mesh| mesh.run("exchange --primary east --remote west,east");
    several_bad_arguments: |mesh| mesh.run(
        "exchange --context east,west --server wset=https://h --server east=10.0.0.1:6443 --name west=West_1 --token-duration 5m");

    // Clusters that cannot be told apart, or are in no state to take part.
    two_contexts_of_one_cluster: |mesh| {
        mesh.write(&mesh.kubeconfig().context("west-again", "west", "west"));
        mesh.run("exchange --context east,west,west-again --allow-loopback")
    };
    all_contexts: |mesh| {
        mesh.write(&mesh.kubeconfig().context("west-again", "west", "west"));
        mesh.run("exchange --all-contexts --allow-loopback")
    };
    all_contexts_of_one_cluster: |mesh| {
        let user = mesh.east.kubeconfig_user();
        let both = mesh.east.kubeconfig().entry("again", mesh.east.kubeconfig_cluster(), user);
        mesh.write(&both);
        mesh.run("exchange --all-contexts --allow-loopback")
    };
    one_name_twice: |mesh| { renamed(&mesh.north, "west"); mesh.run(EXCHANGE) };
    one_name_given_twice: |mesh| mesh.run(&format!("{EXCHANGE} --name north=west"));
    istiods_disagree: |mesh| {
        let mut second = istiod("old");
        second["metadata"]["name"] = "istiod-old".into();
        mesh.north.create(second);
        mesh.run(EXCHANGE)
    };
    namespace_missing: |mesh| { mesh.north.delete("namespaces", "", "istio-system"); mesh.run(EXCHANGE) };
    loopback_refused: |mesh| mesh.run("exchange --context east,west");
    server_of_another: |mesh| {
        let url = mesh.north.server_url();
        mesh.run(&format!("{EXCHANGE} --server west={url}"))
    };
    server_unreachable: |mesh| mesh.run(&format!("{EXCHANGE} --server west=https://127.0.0.1:1"));

    // Holders.
    twin: |mesh| { mesh.east.create(remote_secret("older-secret", "west")); mesh.run(EXCHANGE) };
    stranger: |mesh| {
        mesh.east.create_as("argocd-controller", remote_secret("istio-remote-secret-west", "west"));
        mesh.run(EXCHANGE)
    };
    stranger_by_force: |mesh| {
        mesh.east.create_as("argocd-controller", remote_secret("istio-remote-secret-west", "west"));
        mesh.run(&format!("{EXCHANGE} --force-conflicts"))
    };
    stranger_of_a_bound_token: |mesh| {
        mesh.east.create_as("argocd-controller", remote_secret("istio-remote-secret-west", "west"));
        mesh.run(&format!("{EXCHANGE} --token-duration 1h"))
    };

    // Dead ones.
    one_dead: |mesh| { mesh.north.stop(); mesh.run(EXCHANGE) };
    two_dead: |mesh| { mesh.north.stop(); mesh.west.stop(); mesh.run(EXCHANGE) };
    all_dead: |mesh| { mesh.north.stop(); mesh.west.stop(); mesh.east.stop(); mesh.run(EXCHANGE) };
    primary_dead: |mesh| {
        mesh.east.stop();
        mesh.run("exchange --primary east,west --remote north --allow-loopback")
    };
    only_primary_dead: |mesh| {
        mesh.east.stop();
        mesh.run("exchange --primary east --remote west,north --allow-loopback")
    };

    // Rights.
    source_unreadable: |mesh| { mesh.north.deny("admin", "get", "secrets"); mesh.run(EXCHANGE) };
    source_unwritable: |mesh| {
        mesh.north.delete("secrets", "istio-system", TOKEN);
        mesh.north.deny("admin", "patch", "secrets");
        mesh.run(EXCHANGE)
    };
    holder_unreadable: |mesh| { mesh.north.deny("admin", "list", "secrets"); mesh.run(EXCHANGE) };
    holder_unwritable: |mesh| { mesh.north.deny("admin", "patch", "secrets"); mesh.run(EXCHANGE) };
    holder_unwritable_in_a_dry_run: |mesh| {
        mesh.north.deny("admin", "patch", "secrets");
        mesh.run(&format!("{EXCHANGE} --dry-run=server"))
    };
    one_secret_unwritable: |mesh| {
        let path = "/api/v1/namespaces/istio-system/secrets/istio-remote-secret-east";
        mesh.north.inject(Fault::on("PATCH", path).status(403));
        mesh.run(EXCHANGE)
    };
    all_unwritable: |mesh| {
        for cluster in mesh.clusters() {
            cluster.deny("admin", "patch", "secrets");
        }
        mesh.run(EXCHANGE)
    };
    two_unreadable: |mesh| {
        mesh.west.deny("admin", "list", "secrets");
        mesh.north.deny("admin", "list", "secrets");
        mesh.run(EXCHANGE)
    };
    unreadable_and_wrong: |mesh| {
        mesh.north.deny("admin", "list", "secrets");
        mesh.run(&format!("{EXCHANGE} --name east=west"))
    };
    unreadable_and_unknown: |mesh| {
        mesh.north.deny("admin", "list", "secrets");
        mesh.run("exchange --context east,west,north,nowhere --allow-loopback")
    };
    unreadable_and_prune: |mesh| {
        mesh.north.deny("admin", "list", "secrets");
        mesh.run(&format!("{EXCHANGE} --prune --yes"))
    };
    guest: |mesh| {
        let token = mesh.north.add_user("guest", &[]);
        let kubeconfig = mesh.kubeconfig().user("guest", User::new().token(&token)).context("guest", "north", "guest");
        mesh.write(&kubeconfig);
        mesh.run("exchange --context east,west,guest --allow-loopback")
    };
    token_revoked: |mesh| {
        mesh.north.revoke(&reader_token(&mesh.north));
        mesh.run(EXCHANGE)
    };

    a_closed_pipe_is_silent: |mesh| mesh.run(EXCHANGE).stdout_closed();
}

const TOKEN: &str = "istio-reader-service-account-istio-remote-secret-token";

fn renamed(cluster: &Cluster, name: &str) {
    cluster.delete("deployments", "istio-system", "istiod");
    cluster.create(istiod(name));
}

pub(super) fn remote_secret(name: &str, source: &str) -> serde_json::Value {
    json!({"apiVersion": "v1", "kind": "Secret",
        "metadata": {"name": name, "namespace": "istio-system", "labels": {"istio/multiCluster": "true"},
            "annotations": {"networking.istio.io/cluster": source}},
        "data": {source: "eA=="}})
}

/// The faults of a third cluster; the other two do not wait for it for ever.
mod third {
    use std::path::Path;

    use mesh_testkit::kubeconfig::Exec;
    use mesh_testkit::pki::Validity;

    use super::*;

    fn check(name: &str, arrange: impl Fn(&Mesh) -> &'static str) {
        super::check(&format!("third_{name}"), |mesh: &mut Mesh| {
            let more = arrange(mesh);
            mesh.run(&format!("{EXCHANGE} {more}"))
                .deadline(Duration::from_secs(40))
        });
    }

    /// Long enough for the clusters that answer, on a busy machine too.
    const TIMEOUT: &str = "--request-timeout 8s";

    fn struck(mesh: &Mesh, fault: Fault) -> &'static str {
        mesh.north.inject(fault);
        ""
    }

    /// North by another credential.
    fn known_by(mesh: &Mesh, user: User) -> &'static str {
        let config = mesh_testkit::kubeconfig::Kubeconfig::new()
            .entry(
                "east",
                mesh.east.kubeconfig_cluster(),
                mesh.east.kubeconfig_user(),
            )
            .entry(
                "west",
                mesh.west.kubeconfig_cluster(),
                mesh.west.kubeconfig_user(),
            )
            .entry("north", mesh.north.kubeconfig_cluster(), user);
        mesh.write(&config);
        ""
    }

    fn denied(mesh: &Mesh, verb: &str, resource: &str) -> &'static str {
        mesh.north.deny("admin", verb, resource);
        ""
    }

    cases! { check;
        hangs: |mesh| { struck(mesh, Fault::everywhere().hang()); TIMEOUT };
        mute: |mesh| { mesh.north.mute(); TIMEOUT };
        certificate_foreign: |mesh| { mesh.north.show_foreign_certificate(); "" };
        certificate_expired: |mesh| { mesh.north.show_expired_certificate(); "" };
        garbage: |mesh| struck(mesh, Fault::everywhere().garbage());
        login_page: |mesh| struck(mesh, Fault::everywhere().login_page());
        answers_500: |mesh| struck(mesh, Fault::everywhere().status(500));
        answers_503: |mesh| struck(mesh, Fault::everywhere().unavailable(1));
        answers_429_for_an_hour: |mesh| struck(mesh, Fault::everywhere().too_many_requests(3600));
        resets_in_the_middle: |mesh| struck(mesh, Fault::everywhere().reset_in_body());

        // It answers, and does not let us in.
        token_refused: |mesh| known_by(mesh, User::new().token("not-a-token-of-this-cluster"));
        no_credential: |mesh| known_by(mesh, User::new());
        token_file_missing: |mesh| known_by(mesh, User::new().token_file(Path::new("/nowhere/token")));
        client_certificate_missing: |mesh| {
            let nowhere = Path::new("/nowhere/tls.pem");
            known_by(mesh, User::new().client_certificate_files(nowhere, nowhere))
        };
        client_certificate_expired: |mesh| {
            let expired = Validity::expired();
            let identity = mesh.north.ca().client_with_validity("admin", &["system:masters"], expired);
            known_by(mesh, User::new().client_certificate(&identity))
        };
        exec_plugin_fails: |mesh| known_by(mesh, User::new().exec(Exec::new("/bin/false")));
        exec_plugin_missing: |mesh| known_by(mesh, User::new().exec(Exec::new("no-such-plugin")));
        exec_plugin_says_nothing: |mesh| {
            known_by(mesh, User::new().exec(Exec::new("/bin/echo").args(&["very-secret"])))
        };
        forbidden_everything: |mesh| {
            let token = mesh.north.add_user("guest", &[]);
            known_by(mesh, User::new().token(&token))
        };
        forbidden_kube_system: |mesh| denied(mesh, "get", "namespaces");
        forbidden_istiods: |mesh| denied(mesh, "list", "deployments");
        without_an_api_group: |mesh| struck(mesh, Fault::on("GET", "/apis/apps/**").status(404));
    }
}

#[test]
fn every_golden_file_belongs_to_a_case() {
    let of_third: Vec<String> = third::NAMES
        .iter()
        .map(|name| format!("third_{name}"))
        .collect();
    let of_third: Vec<&str> = of_third.iter().map(String::as_str).collect();
    let elsewhere = [
        super::bound::GOLDEN,
        super::pairs::GOLDEN,
        super::prune::GOLDEN,
        super::steps::GOLDEN,
    ]
    .concat();
    let strays = black_box::strays(
        &golden_file("exchange/golden", "x"),
        &[NAMES, &of_third, &elsewhere],
    );
    assert!(strays.is_empty(), "{strays:?}");
}
