//! Tests of what a real API server cannot show, such as recordings and faults. What both have in common is in the behaviour
//! suite of `tests/e2e`.

#![expect(
    clippy::unwrap_used,
    reason = "a test stops where its own arrangement fails"
)]

use std::time::Duration;

use mesh_fake_apiserver::pki::{CertificateAuthority, Validity};
use mesh_fake_apiserver::{Cluster, Fault, TokenController, waves};
use mesh_testkit::wire::{Client, Protocol, Reply};
use serde_json::json;

fn admin(cluster: &Cluster) -> Client {
    Client::new(cluster.server_url(), &cluster.ca_pem(), None).bearer(cluster.admin_token())
}

fn get(client: &mut Client, path: &str) -> Reply {
    client.send("GET", path, &[], "").unwrap()
}

#[test]
fn certificate_and_token_of_the_admin_are_the_same_user() {
    let east = Cluster::start("east");
    let mut by_certificate = Client::new(
        east.server_url(),
        &east.ca_pem(),
        Some(east.admin_identity()),
    );
    let path = "/apis/authentication.k8s.io/v1/selfsubjectreviews";
    for client in [&mut by_certificate, &mut admin(&east)] {
        let review = client.send("POST", path, &[], "{}").unwrap().json();
        assert_eq!(review["status"]["userInfo"]["username"], "admin");
        assert_eq!(
            review["status"]["userInfo"]["groups"],
            json!(["system:masters", "system:authenticated"])
        );
    }
}

#[test]
fn bad_client_certificates_are_refused_after_the_handshake() {
    let east = Cluster::start("east");
    let expired = east
        .ca()
        .client_with_validity("admin", &["system:masters"], Validity::expired());
    let foreign = CertificateAuthority::new("foreign").client("admin", &["system:masters"]);
    for identity in [expired, foreign] {
        let mut client = Client::new(east.server_url(), &east.ca_pem(), Some(&identity));
        assert_eq!(get(&mut client, "/api/v1/namespaces").status, 401);
    }
    assert!(
        east.connections()
            .iter()
            .all(|connection| connection.handshake)
    );
}

#[test]
fn requests_are_recorded_in_order() {
    let east = Cluster::start("east");
    let mut client = admin(&east);
    get(&mut client, "/api/v1/namespaces/kube-system");
    get(
        &mut client,
        "/api/v1/secrets?limit=1&fieldSelector=type%3DOpaque",
    );
    client
        .send(
            "POST",
            "/api/v1/namespaces",
            &[],
            "{\"metadata\":{\"name\":\"a\"}}",
        )
        .unwrap();
    assert_eq!(
        east.rendered_requests(),
        "1 GET /api/v1/namespaces/kube-system 200\n--\n\
         1 GET /api/v1/secrets?fieldSelector=type=Opaque&limit=1 200\n--\n\
         1 POST /api/v1/namespaces 201\n"
    );
    let [connection] = &east.connections()[..] else {
        panic!("one connection")
    };
    assert_eq!(connection.alpn, "h2");
    assert!(connection.bytes_sent() > 500 && connection.bytes_received() > 300);
    east.clear_recordings();
    assert!(east.requests().is_empty());
}

#[test]
fn http1_only_cluster_does_not_speak_h2() {
    let east = Cluster::builder("east").http1_only().start();
    let mut h2 = admin(&east);
    assert!(h2.send("GET", "/version", &[], "").is_err());
    assert_eq!(
        get(&mut admin(&east).protocol(Protocol::Http1), "/version").status,
        200
    );
}

#[test]
fn faults_strike_what_they_match() {
    let east = Cluster::start("east");
    east.inject(
        Fault::on("GET", "/api/v1/namespaces/*")
            .times(1)
            .too_many_requests(7),
    );
    east.inject(Fault::on("GET", "/api/v1/nodes").nth(2).status(500));
    let mut client = admin(&east);
    let busy = get(&mut client, "/api/v1/namespaces/default");
    assert_eq!(
        (busy.status, busy.headers["retry-after"].to_str().unwrap()),
        (429, "7")
    );
    assert_eq!(get(&mut client, "/api/v1/namespaces/default").status, 200);
    assert_eq!(get(&mut client, "/api/v1/nodes").status, 200);
    assert_eq!(get(&mut client, "/api/v1/nodes").status, 500);
    assert_eq!(get(&mut client, "/api/v1/nodes").status, 200);
}

#[test]
fn lines_are_cut_and_bodies_are_wrong() {
    let east = Cluster::start("east");
    east.inject(Fault::on("*", "/version").reset());
    east.inject(Fault::on("*", "/api/v1/secrets").reset_in_body());
    east.inject(Fault::on("*", "/api/v1/pods").garbage());
    east.inject(Fault::on("*", "/api/v1/nodes").login_page());
    for protocol in [Protocol::Http1, Protocol::Http2] {
        let mut client = admin(&east).protocol(protocol);
        assert!(client.send("GET", "/version", &[], "").is_err());
        assert!(client.send("GET", "/api/v1/secrets", &[], "").is_err());
        assert!(get(&mut client, "/api/v1/pods").json().is_null());
        assert!(
            get(&mut client, "/api/v1/nodes")
                .text
                .starts_with("<!DOCTYPE html>")
        );
    }
    let reset = &east.requests()[0];
    assert_eq!(reset.status, None);
}

#[test]
fn servers_hang_before_and_within_an_answer() {
    let east = Cluster::start("east");
    east.inject(Fault::on("*", "/version").hang());
    east.inject(Fault::on("*", "/api/v1/secrets").hang_in_body());
    let mut client = admin(&east).patience(Duration::from_millis(200));
    assert!(client.send("GET", "/version", &[], "").is_err());
    assert!(client.send("GET", "/api/v1/secrets", &[], "").is_err());
    let statuses: Vec<_> = east
        .requests()
        .iter()
        .map(|request| request.status)
        .collect();
    assert_eq!(statuses, [None, Some(200)]);
    east.mute();
    let mut fresh = admin(&east).patience(Duration::from_millis(200));
    assert!(fresh.send("GET", "/readyz", &[], "").is_err());
}

#[test]
fn requests_under_way_at_once_are_one_wave() {
    let east = Cluster::start("east");
    east.inject(Fault::everywhere().latency(Duration::from_millis(300)));
    std::thread::scope(|scope| {
        for path in ["/version", "/readyz"] {
            let mut client = admin(&east);
            scope.spawn(move || get(&mut client, path));
        }
    });
    get(&mut admin(&east), "/api");
    let waves = waves(&east.requests());
    assert_eq!(waves.iter().map(Vec::len).collect::<Vec<_>>(), [2, 1]);
}

#[test]
fn forgotten_revisions_are_gone() {
    let east = Cluster::start("east");
    let mut client = admin(&east);
    let page = get(&mut client, "/api/v1/namespaces?limit=1").json();
    let (next, revision) = (
        &page["metadata"]["continue"],
        &page["metadata"]["resourceVersion"],
    );
    east.create(json!({"apiVersion": "v1", "kind": "Namespace", "metadata": {"name": "a"}}));
    east.compact();
    let path = format!(
        "/api/v1/namespaces?limit=1&continue={}",
        next.as_str().unwrap()
    );
    assert_eq!(get(&mut client, &path).json()["reason"], "Expired");
    let path = format!(
        "/api/v1/namespaces?watch=1&resourceVersion={}",
        revision.as_str().unwrap()
    );
    let [event] = &get(&mut client, &path).lines()[..] else {
        panic!("one line")
    };
    assert_eq!(
        (&event["type"], &event["object"]["code"]),
        (&json!("ERROR"), &json!(410))
    );
}

#[test]
fn denials_hold_even_for_administrators() {
    let east = Cluster::start("east");
    east.deny("admin", "list", "secrets");
    let refused = get(&mut admin(&east), "/api/v1/namespaces/istio-system/secrets").json();
    let message = r#"secrets is forbidden: User "admin" cannot list resource "secrets" in API group "" in the namespace "istio-system""#;
    assert_eq!(refused["message"], message);
    assert_eq!(
        get(
            &mut admin(&east),
            "/api/v1/namespaces/istio-system/configmaps"
        )
        .status,
        200
    );
}

#[test]
fn definitions_come_with_an_option_and_go_one_by_one() {
    let bare = Cluster::start("bare");
    let east = Cluster::builder("east")
        .istio_crds()
        .gateway_api_crds()
        .start();
    let routes = "/apis/networking.istio.io/v1/virtualservices";
    let status = |cluster: &Cluster, path: &str| get(&mut admin(cluster), path).status;
    assert_eq!(status(&bare, routes), 404);
    assert_eq!(status(&east, routes), 200);
    assert!(east.objects().is_empty());
    let name = "virtualservices.networking.istio.io";
    east.delete("customresourcedefinitions", "", name);
    assert_eq!(status(&east, routes), 404);
    let classes = "/apis/gateway.networking.k8s.io/v1/gatewayclasses";
    assert_eq!(status(&east, classes), 200);
    // A real cluster with these definitions serves that, and this one does not.
    let older = "/apis/networking.istio.io/v1beta1/gateways";
    assert_eq!(status(&east, older), 501);
}

#[test]
fn load_balancers_have_addresses_or_names() {
    let east = Cluster::start("east");
    east.create(json!({
        "apiVersion": "v1", "kind": "Service", "metadata": {"name": "g", "namespace": "istio-system"},
        "spec": {"type": "LoadBalancer", "ports": [{"port": 15443}]},
    }));
    let balancer = || {
        let service = east.get("services", "istio-system", "g").unwrap();
        service["status"]["loadBalancer"].clone()
    };
    east.set_load_balancer("istio-system", "g", &["192.0.2.7", "g.example.com"]);
    let ingress = json!([{"ip": "192.0.2.7", "ipMode": "VIP"}, {"hostname": "g.example.com"}]);
    assert_eq!(balancer()["ingress"], ingress);
    east.set_load_balancer("istio-system", "g", &[]);
    assert_eq!(balancer(), json!({}));
}

#[test]
fn defined_kinds_are_served_and_others_are_not_made_up() {
    let east = Cluster::start("east");
    east.create(json!({
        "apiVersion": "apiextensions.k8s.io/v1", "kind": "CustomResourceDefinition",
        "metadata": {"name": "gateways.networking.istio.io"},
        "spec": {
            "group": "networking.istio.io", "scope": "Namespaced",
            "names": {"plural": "gateways", "kind": "Gateway"},
            "versions": [{"name": "v1", "served": true, "storage": true, "subresources": {"status": {}}}],
        },
    }));
    let gateway = r#"{"apiVersion":"networking.istio.io/v1","kind":"Gateway","metadata":{"name":"g"},"spec":{"servers":[{"hosts":["*.local"]}]}}"#;
    let path = "/apis/networking.istio.io/v1/namespaces/default/gateways/g?fieldManager=me";
    let headers = [("content-type", "application/apply-patch+yaml")];
    let mut client = admin(&east);
    assert_eq!(
        client
            .send("PATCH", path, &headers, gateway)
            .unwrap()
            .status,
        201
    );
    let owners = &east.get("gateways", "default", "g").unwrap()["metadata"]["managedFields"];
    assert_eq!(owners[0]["fieldsV1"], json!({"f:spec": {"f:servers": {}}}));
    let unserved = [
        "/apis/batch/v1/jobs",
        "/api/v1/persistentvolumes",
        "/api/v1/namespaces/a/pods/p/log",
    ];
    for path in unserved {
        assert_eq!(get(&mut client, path).json()["code"], 501, "{path}");
    }
}

#[test]
fn certificates_of_the_server_can_change() {
    let mut east = Cluster::start("east");
    let path = "/version";
    assert!(admin(&east).send("GET", path, &[], "").is_ok());
    east.show_expired_certificate();
    assert!(admin(&east).send("GET", path, &[], "").is_err());
    let foreign = east.show_foreign_certificate();
    assert!(admin(&east).send("GET", path, &[], "").is_err());
    let mut knowing = Client::new(east.server_url(), &foreign.certificate_pem(), None);
    assert_eq!(get(&mut knowing, path).status, 200);
    east.stop();
    let stopped = || admin(&east).send("GET", path, &[], "").is_err();
    assert!(
        mesh_testkit::condition::wait_until(Duration::from_secs(5), || stopped().then_some(()))
            .is_some()
    );
}

#[test]
fn token_secrets_are_filled_or_not() {
    let secret = json!({
        "apiVersion": "v1", "kind": "Secret", "type": "kubernetes.io/service-account-token",
        "metadata": {"name": "t", "namespace": "a", "annotations": {"kubernetes.io/service-account.name": "s"}},
    });
    let account = json!({"apiVersion": "v1", "kind": "ServiceAccount", "metadata": {"name": "s", "namespace": "a"}});
    let east = Cluster::builder("east")
        .token_controller(TokenController::Never)
        .start();
    east.create(account);
    east.create(secret);
    assert!(east.get("secrets", "a", "t").unwrap()["data"].is_null());
    east.run_token_controller();
    assert!(east.get("secrets", "a", "t").unwrap()["data"]["token"].is_string());
}

#[test]
fn tokens_expire_when_the_clock_moves() {
    let east = Cluster::builder("east")
        .longest_token(Duration::from_mins(15))
        .start();
    east.create(json!({"apiVersion": "v1", "kind": "ServiceAccount", "metadata": {"name": "s", "namespace": "a"}}));
    let path = "/api/v1/namespaces/a/serviceaccounts/s/token";
    let granted = admin(&east)
        .send("POST", path, &[], "{\"spec\":{\"expirationSeconds\":3600}}")
        .unwrap()
        .json();
    assert_eq!(granted["spec"]["expirationSeconds"], 900);
    let token = granted["status"]["token"].as_str().unwrap();
    let mut client = Client::new(east.server_url(), &east.ca_pem(), None).bearer(token);
    assert_eq!(get(&mut client, "/version").status, 200);
    east.advance_clock(Duration::from_secs(901));
    assert_eq!(get(&mut client, "/version").status, 401);
}

#[test]
fn hundreds_are_cheap() {
    let clusters: Vec<Cluster> = (0..200).map(|n| Cluster::start(&format!("c{n}"))).collect();
    let uids: std::collections::BTreeSet<String> = clusters.iter().map(Cluster::uid).collect();
    assert_eq!(uids.len(), 200);
    assert_eq!(get(&mut admin(&clusters[199]), "/version").status, 200);
}
