//! `expose --from-context`: what it derives, what it asks for, and what it says where that is not enough.

use std::path::{Path, PathBuf};
use std::time::Duration;

use mesh_testkit::black_box::{self, Ends, World};
use mesh_testkit::embedded::Fault;
use snapbox::{assert_data_eq, str};

use crate::expose_parts;

fn golden(name: &str) -> PathBuf {
    Path::new(env!("CARGO_MANIFEST_DIR"))
        .join("tests/black_box/expose_live")
        .join(format!("{name}.txt"))
}

/// Runs one case where west has what the guides make.
fn check<E: Ends>(name: &str, arrange: impl Fn(&mut Box<World>) -> E) {
    black_box::check(&golden(name), expose_parts::usual, arrange);
}

/// Runs one case where west has nothing.
fn check_bare<E: Ends>(name: &str, arrange: impl Fn(&mut Box<World>) -> E) {
    black_box::check(&golden(name), expose_parts::bare, arrange);
}

mod faults {
    mesh_testkit::verb_faults!(super::check, "expose services --from-context west");
}

mod usual {
    use mesh_testkit::black_box;
    use serde_json::json;

    use crate::expose_parts::{add, bind, gateway, istiod, pods, with};

    mesh_testkit::cases! { super::check;
        services: |world| world.run("expose services --from-context west");
        istiod_: |world| world.run("expose istiod --from-context west");
        several_revisions: |world| {
            add(world, &[istiod("canary", &json!(["--domain", "cluster.local"]))]);
            world.run("expose istiod --from-context west")
        };
        https: |world| {
            world.run("expose istiod --from-context west --https --host istiod.example.com --credential istiod-cert")
        };
        two_services_of_one_gateway: |world| {
            add(world, &[gateway("internal", &pods("istio-eastwestgateway", "eastwestgateway"))]);
            world.run("expose services --from-context west")
        };
        gateway_of_ambient_mode_beside_it: |world| {
            let service = gateway("ambient", &json!({"gateway.networking.k8s.io/gateway-name": "ambient"}));
            add(world, &[with(service, "/spec/ports", json!([{"port": 15008}]))]);
            world.run("expose services --from-context west")
        };
        gateways_bound_to_their_namespace: |world| {
            bind(world);
            world.run("expose istiod --from-context west")
        };
        several_gateways: |world| {
            add(world, &[with(gateway("ew2", &pods("ew2", "eastwestgateway")), "/metadata/namespace", json!("edge"))]);
            world.run("expose services --from-context west")
        };
        several_gateways_with_nothing_shared: |world| {
            add(world, &[gateway("ew2", &json!({"istio": "ew2"}))]);
            world.run("expose istiod --from-context west")
        };
        several_gateways_and_a_selector: |world| {
            add(world, &[gateway("ew2", &json!({"istio": "ew2"}))]);
            world.run("expose services --from-context west --selector istio=ew2")
        };
        several_ports: |world| {
            let other = gateway("internal", &pods("istio-eastwestgateway", "eastwestgateway"));
            let labels = json!({"topology.istio.io/network": "n", "networking.istio.io/gatewayPort": "15012"});
            add(world, &[with(other, "/metadata/labels", labels)]);
            world.run("expose services --from-context west")
        };
        no_istiod_of_that_revision: |world| world.run("expose istiod --from-context west --revision canary,old");
        istio_in_several_namespaces: |world| {
            let other = istiod("old", &json!([]));
            add(world, &[with(other, "/metadata/namespace", json!("mesh"))]);
            world.run("expose istiod --from-context west")
        };
        istio_in_several_namespaces_and_one_named: |world| {
            let other = istiod("old", &json!([]));
            add(world, &[with(other, "/metadata/namespace", json!("mesh"))]);
            world.run("expose istiod --from-context west -n mesh")
        };
        several_domains: |world| {
            add(world, &[istiod("canary", &json!(["--domain", "corp.example"]))]);
            world.run("expose services --from-context west")
        };
        https_with_several_revisions: |world| {
            add(world, &[istiod("canary", &json!(["--domain", "cluster.local"]))]);
            world.run("expose istiod --from-context west --https --host istiod.example.com --credential istiod-cert")
        };
        gateways_bound_and_none_found: |world| {
            bind(world);
            world.run("expose services --from-context west --selector istio=elsewhere")
        };
        istiod_in_another_namespace: |world| world.run("expose services --from-context west -n istio-ingress");
        forbidden_services: |world| {
            world.west.deny("admin", "list", "services");
            world.run("expose services --from-context west")
        };
        forbidden_services_and_a_selector: |world| {
            world.west.deny("admin", "list", "services");
            world.run("expose services --from-context west -l istio=ew")
        };
        forbidden_deployments: |world| {
            world.west.deny("admin", "list", "deployments");
            world.run("expose services --from-context west")
        };
        forbidden_deployments_istiod: |world| {
            world.west.deny("admin", "list", "deployments");
            world.run("expose istiod --from-context west")
        };
        forbidden_configmaps: |world| {
            world.west.deny("admin", "list", "configmaps");
            world.run("expose services --from-context west")
        };
        forbidden_all_that_is_listed: |world| {
            for resource in ["services", "deployments", "configmaps"] {
                world.west.deny("admin", "list", resource);
            }
            world.run("expose istiod --from-context west")
        };
        context_unknown: |world| world.run("expose services --from-context wets");
        bad_arguments_come_first: |world| {
            world.west.stop();
            world.run("expose services --from-context west --selector x --cluster-domain _")
        };
        kubeconfig_missing: |world| world.run("expose services --from-context west --kubeconfig nowhere");
        ctrl_c_while_reading: |world| black_box::interrupted(world, "expose services --from-context west");
        a_closed_pipe_is_silent: |world| world.run("expose services --from-context west").stdout_closed();
    }
}

mod bare {
    use serde_json::json;

    use crate::expose_parts::{add, custom, gateway, injector, istiod, with};

    mesh_testkit::cases! { super::check_bare;
        named_gateway_without_network: |world| {
            let service = gateway("istio-eastwestgateway", &json!({"istio": "ew"}));
            add(world, &[
                with(service, "/metadata/labels", json!({})),
                istiod("default", &json!(["--domain=cluster.local"])),
            ]);
            world.run("expose services --from-context west")
        };
        everything_is_different: |world| {
            custom(world);
            world.run("expose services --from-context west")
        };
        everything_is_different_istiod: |world| {
            custom(world);
            world.run("expose istiod --from-context west")
        };
        flags_win: |world| {
            custom(world);
            world.run("expose istiod --from-context west --revision canary --selector a=b --cluster-domain c.d -n mesh")
        };
        port_wins: |world| {
            custom(world);
            world.run("expose services --from-context west --port 15443")
        };
        domain_of_the_injector: |world| {
            add(world, &[
                gateway("ew", &json!({"istio": "ew"})),
                istiod("canary", &json!(["discovery"])),
                injector("canary", "corp.example"),
                injector("default", "elsewhere.example"),
            ]);
            world.run("expose services --from-context west")
        };
        domain_that_istiod_takes: |world| {
            add(world, &[gateway("ew", &json!({"istio": "ew"})), istiod("default", &json!(["discovery"]))]);
            world.run("expose services --from-context west")
        };
        no_gateway: |world| {
            add(world, &[istiod("default", &json!([]))]);
            world.run("expose services --from-context west")
        };
        gateways_for_other_things: |world| {
            add(world, &[
                istiod("default", &json!([])),
                with(gateway("ambient", &json!({"a": "b"})), "/spec/ports", json!([{"port": 15008}])),
                with(gateway("outside", &json!({})), "/metadata/namespace", json!("edge")),
            ]);
            world.run("expose services --from-context west")
        };
        nothing_at_all: |world| world.run("expose istiod --from-context west");
        no_istiod: |world| {
            add(world, &[gateway("ew", &json!({"istio": "ew"}))]);
            world.run("expose services --from-context west")
        };
        no_istiod_and_all_said: |world| {
            add(world, &[gateway("ew", &json!({"istio": "ew"}))]);
            world.run("expose services --from-context west -n istio-system --cluster-domain cluster.local")
        };
        domain_that_is_none: |world| {
            add(world, &[gateway("ew", &json!({"istio": "ew"})), istiod("default", &json!(["--domain", "cluster.local."]))]);
            world.run("expose services --from-context west")
        };
    }
}

#[test]
fn every_kind_of_proxy_is_gone_through() {
    let line = "expose services --from-context west";
    black_box::through_proxies(&mut expose_parts::usual(), line, 0);
}

#[test]
fn a_cluster_is_read_in_one_wave_over_one_connection() {
    let world = expose_parts::usual();
    world
        .west
        .inject(Fault::everywhere().latency(Duration::from_millis(30)));
    world
        .run("expose istiod --from-context west -n istio-system")
        .output()
        .expect_success();
    assert_data_eq!(
        world.west.rendered_requests(),
        str![[r#"
1 GET /api/v1/namespaces/istio-system/configmaps?labelSelector=istio.io/rev&limit=500 200
1 GET /api/v1/services?fieldSelector=metadata.name=istio-eastwestgateway&limit=500 200
1 GET /api/v1/services?labelSelector=topology.istio.io/network&limit=500 200
1 GET /apis/apps/v1/namespaces/istio-system/deployments?labelSelector=app=istiod&limit=500 200

"#]]
    );
    assert_eq!(world.west.connections().len(), 1);
}

#[test]
fn without_a_context_no_cluster_is_asked() {
    let world = expose_parts::usual();
    world.run("expose services").output().expect_success();
    assert_eq!(world.west.connections().len(), 0);
}

#[test]
fn every_golden_file_has_its_case() {
    let names = [usual::NAMES, bare::NAMES, faults::NAMES];
    let strays = black_box::strays(&golden("x"), &names);
    assert!(strays.is_empty(), "{strays:?}");
}

/// The page's commands, up to the pipe into kubectl.
#[test]
fn the_pages_commands_are_understood() {
    let page = Path::new(env!("CARGO_MANIFEST_DIR")).join("../../docs/eastwest.md");
    let page = std::fs::read_to_string(page).unwrap();
    let commands = page
        .lines()
        .filter_map(|line| line.strip_prefix("kubectl mesh-eastwest expose "));
    let world = expose_parts::usual();
    let mut tried = 0;
    for command in commands {
        let line = command.split(" | ").next().unwrap();
        let output = world.run(&format!("expose {line}")).output();
        assert!(output.expect_success().stdout.starts_with("apiVersion: "));
        tried += 1;
    }
    assert!(tried >= 6, "{tried}");
}
