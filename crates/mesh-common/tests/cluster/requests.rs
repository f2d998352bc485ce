//! What becomes of requests that a server refuses, delays or breaks off.

use std::time::{Duration, Instant};

use k8s_openapi::api::authentication::v1::TokenRequest;
use k8s_openapi::api::core::v1::{Namespace, Secret};
use mesh_common::client::{
    ApiFault, ApplyOptions, Cluster, ConnectFault, Connector, ConnectorOptions, DryRun, Selection,
    api_fault, concerns_one_cluster, connect_fault, wait_for,
};
use mesh_common::model::Error;
use mesh_common::model::error::Kind;
use mesh_testkit::embedded::{self, Fault};
use mesh_testkit::kubeconfig::User;

use crate::support::{connector, options, target, target_of};

async fn connect(cluster: &embedded::Cluster) -> Cluster {
    connector()
        .connect(target_of(&cluster.kubeconfig()))
        .await
        .unwrap()
}

/// A cluster with one fault on reading namespaces, the error that it leads to, and how many requests that took.
async fn check(fault: Fault) -> (Error, usize) {
    check_within(fault, Duration::from_secs(8)).await
}

async fn check_within(fault: Fault, request_timeout: Duration) -> (Error, usize) {
    let embedded = embedded::Cluster::start("east");
    embedded.inject(fault);
    let connector = Connector::new(ConnectorOptions {
        request_timeout,
        ..options()
    });
    let cluster = connector
        .connect(target_of(&embedded.kubeconfig()))
        .await
        .unwrap();
    let error = cluster.get::<Namespace>(None, "default").await.unwrap_err();
    assert!(!error.hints().is_empty(), "{error} has no hint");
    let text = format!("{error} {}", chain(&error));
    assert!(
        !text.contains("kube::") && !text.contains("ApiError"),
        "{text}"
    );
    (error, embedded.requests().len())
}

fn chain(error: &Error) -> String {
    let mut text = String::new();
    let mut next = std::error::Error::source(error);
    while let Some(cause) = next {
        text = format!("{text} caused by: {cause}");
        next = cause.source();
    }
    text
}

fn reads() -> Fault {
    Fault::on("GET", "/api/v1/namespaces/default")
}

#[tokio::test]
async fn a_busy_server_is_asked_again() {
    for fault in [
        reads().times(2).too_many_requests(0),
        reads().times(2).status(429),
        reads().times(2).unavailable(0),
        reads().times(2).status(504),
    ] {
        let embedded = embedded::Cluster::start("east");
        embedded.inject(fault);
        let cluster = connect(&embedded).await;
        assert!(
            cluster
                .get::<Namespace>(None, "default")
                .await
                .unwrap()
                .is_some()
        );
        assert_eq!(embedded.requests().len(), 3);
    }
}

#[tokio::test]
async fn a_server_that_stays_busy_is_given_up() {
    let (error, requests) = check(reads().status(503)).await;
    assert!(
        matches!(api_fault(&error), Some(ApiFault::Unavailable { .. })),
        "{error:?}"
    );
    assert_eq!(error.kind(), Kind::Unreachable);
    assert_eq!(
        error.to_string(),
        "cannot get namespaces/default of context east: the server is not available"
    );
    assert_eq!(requests, 4);
}

#[tokio::test]
async fn a_server_that_asks_for_an_hour_is_not_waited_for() {
    let begun = Instant::now();
    let (error, requests) = check(reads().too_many_requests(3600)).await;
    assert!(
        matches!(api_fault(&error), Some(ApiFault::TooManyRequests { .. })),
        "{error:?}"
    );
    assert_eq!(
        error.to_string(),
        "cannot get namespaces/default of context east: the server asks to try again later"
    );
    assert_eq!(requests, 1);
    assert!(begun.elapsed() < Duration::from_secs(2));
}

#[tokio::test]
async fn a_creation_is_sent_again_only_where_the_server_asks_for_it() {
    let secret: Secret = serde_json::from_value(serde_json::json!({
        "metadata": {"namespace": "default", "name": "x"}
    }))
    .unwrap();
    for (fault, requests, good) in [
        (Fault::on("POST", "**").times(1).status(504), 1, false),
        (Fault::on("POST", "**").times(1).status(503), 1, false),
        (Fault::on("POST", "**").times(1).unavailable(0), 2, true),
        (
            Fault::on("POST", "**").times(1).too_many_requests(0),
            2,
            true,
        ),
        (Fault::on("POST", "**").times(1).reset(), 1, false),
    ] {
        let embedded = embedded::Cluster::start("east");
        embedded.inject(fault.clone());
        let cluster = connect(&embedded).await;
        let result = cluster.create(&secret, DryRun::None).await;
        assert_eq!(result.is_ok(), good, "{fault:?}: {result:?}");
        assert_eq!(embedded.requests().len(), requests, "{fault:?}");
    }
}

/// Names that would lead a request to another object, to a subresource or to another API.
const NO_NAMES: [&str; 14] = [
    "",
    ".",
    "..",
    "victim/proxy/quit?x=",
    "../../kube-system/secrets/x",
    "x?dryRun=All",
    "x#",
    "x%2Fproxy",
    "a b",
    "A",
    "x\n",
    "x\u{202e}",
    "-x",
    "ä",
];

#[tokio::test]
async fn what_can_be_no_name_leads_no_request_anywhere() {
    let embedded = embedded::Cluster::start("east");
    let cluster = connect(&embedded).await;
    let limit = Duration::from_secs(1);
    for bad in NO_NAMES {
        for (namespace, name) in [(bad, "x"), ("default", bad)] {
            let secret: Secret = serde_json::from_value(serde_json::json!({
                "metadata": {"namespace": namespace, "name": name}
            }))
            .unwrap();
            let manifest = serde_json::json!({"apiVersion": "v1", "kind": "Secret",
                "metadata": {"namespace": namespace, "name": name}});
            let inside = Some(namespace);
            let token = TokenRequest::default();
            let errors = [
                cluster.get::<Secret>(inside, name).await.err(),
                cluster.create(&secret, DryRun::None).await.err(),
                cluster.apply(&secret, ApplyOptions::default()).await.err(),
                cluster
                    .delete::<Secret>(&secret.metadata, DryRun::None)
                    .await
                    .err(),
                cluster
                    .merge_patch::<Secret>(inside, name, &manifest, DryRun::None)
                    .await
                    .err(),
                cluster.get_manifest(&manifest).await.err(),
                cluster
                    .apply_manifest(&manifest, ApplyOptions::default())
                    .await
                    .err(),
                wait_for::<Secret>(&cluster, inside, name, None, limit, |_| true)
                    .await
                    .err(),
                cluster.request_token(namespace, name, &token).await.err(),
                cluster.port_forward(namespace, name, 80).await.err(),
            ];
            for (number, error) in errors.into_iter().enumerate() {
                let error =
                    error.unwrap_or_else(|| panic!("{number} takes {namespace:?} {name:?}"));
                assert!(
                    error.to_string().contains(": that is not a valid "),
                    "{number}: {error}"
                );
                assert!(concerns_one_cluster(&error) && !error.hints().is_empty());
            }
        }
        let all = Selection::default();
        assert!(cluster.list::<Secret>(Some(bad), &all).await.is_err());
        assert!(cluster.list_names::<Secret>(Some(bad), &all).await.is_err());
        assert!(cluster.get::<Namespace>(None, bad).await.is_err());
        if !bad.is_empty() {
            let group = serde_json::json!({"apiVersion": format!("{bad}/v1"), "kind": "X",
                "metadata": {"name": "x"}});
            assert!(cluster.get_manifest(&group).await.is_err());
        }
    }
    assert_eq!(embedded::render(&embedded.requests()), "");
}

#[tokio::test]
async fn each_refusal_has_its_words() {
    for (code, sentence, kind) in [
        (
            401,
            "the server of context east does not accept its token",
            Kind::Unauthenticated,
        ),
        (
            403,
            "not allowed to get namespaces/default of context east",
            Kind::Forbidden,
        ),
        (
            404,
            "context east has no resource namespaces",
            Kind::NotFound,
        ),
        (
            409,
            "namespaces/default of context east was changed by another client meanwhile",
            Kind::Conflict,
        ),
        (
            500,
            "cannot get namespaces/default of context east: the server failed",
            Kind::Refused,
        ),
    ] {
        let (error, requests) = check(reads().status(code)).await;
        assert_eq!((error.to_string().as_str(), error.kind()), (sentence, kind));
        assert_eq!(requests, 1);
    }
}

#[tokio::test]
async fn a_user_without_rights_is_named_with_the_question_to_ask() {
    let embedded = embedded::Cluster::start("east");
    let token = embedded.add_user("jane", &[]);
    let target = target(embedded.kubeconfig_cluster(), User::new().token(&token));
    let cluster = connector().connect(target).await.unwrap();
    let selection = Selection::default();
    let error = cluster
        .list::<Secret>(Some("istio-system"), &selection)
        .await
        .unwrap_err();
    assert_eq!(
        error.to_string(),
        "user jane is not allowed to list secrets in namespace istio-system of context east"
    );
    assert_eq!(
        error.hints(),
        ["kubectl --context east auth can-i list secrets -n istio-system"]
    );
    assert!(
        matches!(api_fault(&error), Some(ApiFault::Forbidden { user: Some(user), .. }) if user == "jane")
    );
}

#[tokio::test]
async fn an_expired_token_says_when_it_ended() {
    let embedded = embedded::Cluster::start("east");
    // {"exp":1600000000}
    let target = target(
        embedded.kubeconfig_cluster(),
        User::new().token("e30.eyJleHAiOjE2MDAwMDAwMDB9.sig"),
    );
    let cluster = connector().connect(target).await.unwrap();
    let error = cluster.get::<Namespace>(None, "default").await.unwrap_err();
    assert_eq!(
        error.to_string(),
        "the server of context east does not accept its token, which expired at 2020-09-13T12:26:40Z"
    );
    assert_eq!(
        error.hints(),
        ["give user east of the kubeconfig another token (kubectl config set-credentials)"]
    );
}

#[tokio::test]
async fn answers_that_never_come_or_never_end_are_given_up() {
    for fault in [reads().hang(), reads().hang_in_body()] {
        let begun = Instant::now();
        let after = Duration::from_millis(500);
        let (error, requests) = check_within(fault, after).await;
        assert_eq!(
            connect_fault(&error),
            Some(&ConnectFault::NoAnswer { after }),
            "{error:?}"
        );
        assert!(
            error
                .to_string()
                .starts_with("cannot get namespaces/default of context east at https://")
        );
        assert_eq!(requests, 1);
        assert!(begun.elapsed() < Duration::from_secs(4));
    }
}

#[tokio::test]
async fn a_read_that_breaks_off_before_an_answer_is_sent_once_more() {
    let embedded = embedded::Cluster::start("east");
    embedded.inject(reads().times(1).reset());
    let cluster = connect(&embedded).await;
    assert!(
        cluster
            .get::<Namespace>(None, "default")
            .await
            .unwrap()
            .is_some()
    );
    let (error, requests) = check(reads().reset()).await;
    assert_eq!(
        connect_fault(&error),
        Some(&ConnectFault::BrokenOff),
        "{error:?}"
    );
    assert_eq!(requests, 2);
}

#[tokio::test]
async fn an_answer_that_breaks_off_is_told() {
    for http1_only in [false, true] {
        let builder = embedded::Cluster::builder("east");
        let embedded = if http1_only {
            builder.http1_only()
        } else {
            builder
        }
        .start();
        embedded.inject(reads().reset_in_body());
        let cluster = connect(&embedded).await;
        let error = cluster.get::<Namespace>(None, "default").await.unwrap_err();
        assert_eq!(
            connect_fault(&error),
            Some(&ConnectFault::BrokenOff),
            "{error:?}"
        );
    }
}

#[tokio::test]
async fn what_is_no_kubernetes_answer_is_told_without_its_text() {
    let (error, _) = check(reads().login_page()).await;
    assert!(
        error
            .to_string()
            .ends_with("of context east is not a Kubernetes API"),
        "{error}"
    );
    assert_eq!(
        chain(&error),
        " caused by: it answered HTTP 200 OK with a page"
    );
    assert_eq!(error.kind(), Kind::Unreachable);
    let (error, _) = check(reads().garbage()).await;
    assert_eq!(
        error.to_string(),
        "cannot get namespaces/default of context east: the answer cannot be understood"
    );
    assert!(
        chain(&error).starts_with(" caused by: the answer is no JSON at line 1"),
        "{error:?}"
    );
    assert!(!format!("{error:?}").contains("<<<"));
}

#[tokio::test]
async fn a_server_that_vanishes_is_told_as_such() {
    let mut embedded = embedded::Cluster::start("east");
    let cluster = connect(&embedded).await;
    embedded.stop();
    let fault = loop {
        // The open connection may outlive the listener by a moment.
        match cluster.get::<Namespace>(None, "default").await {
            Ok(_) => tokio::task::yield_now().await,
            Err(error) => break connect_fault(&error).cloned().unwrap(),
        }
    };
    assert!(fault.is_unreachable(), "{fault:?}");
}
