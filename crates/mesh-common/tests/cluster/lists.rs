//! Lists of many pages, and what becomes of one that a server forgets.

use k8s_openapi::api::core::v1::{Namespace, Secret};
use mesh_common::client::{ApiFault, Cluster, Selection, api_fault};
use mesh_testkit::embedded::{self, Fault};
use serde_json::json;

use crate::support::{connector, target_of};

const LIST: &str = "/api/v1/namespaces/default/secrets?**";

async fn with_secrets(count: usize) -> (embedded::Cluster, Cluster) {
    let embedded = embedded::Cluster::start("east");
    for number in 0..count {
        embedded.create(json!({"apiVersion": "v1", "kind": "Secret",
            "metadata": {"namespace": "default", "name": format!("s{number:04}"), "labels": {"a": "b"}}}));
    }
    let cluster = connector()
        .connect(target_of(&embedded.kubeconfig()))
        .await
        .unwrap();
    (embedded, cluster)
}

/// The limit of each list that was asked for, and whether it went on from another.
fn asked(embedded: &embedded::Cluster) -> Vec<(bool, bool)> {
    let requests = embedded.requests();
    requests
        .iter()
        .map(|request| {
            let shown = embedded::render(std::slice::from_ref(request));
            (shown.contains("limit=500"), shown.contains("continue="))
        })
        .collect()
}

#[tokio::test]
async fn a_long_list_comes_in_pages() {
    let (embedded, cluster) = with_secrets(1001).await;
    let all = Selection::labelled("a=b");
    let read = cluster.list::<Secret>(Some("default"), &all).await.unwrap();
    assert_eq!(read.len(), 1001);
    let first_and_two_more = [(true, false), (true, true), (true, true)];
    assert_eq!(asked(&embedded), first_and_two_more);
    embedded.clear_recordings();
    let names = cluster
        .list_names::<Secret>(Some("default"), &all)
        .await
        .unwrap();
    assert_eq!(names.len(), 1001);
    assert_eq!(asked(&embedded), first_and_two_more);
}

#[tokio::test]
async fn a_list_that_the_server_forgot_is_read_anew_in_one_go() {
    let (embedded, cluster) = with_secrets(1001).await;
    embedded.inject(Fault::on("GET", LIST).nth(3).status(410));
    let all = Selection::default();
    let read = cluster.list::<Secret>(Some("default"), &all).await.unwrap();
    assert_eq!(read.len(), 1001);
    assert_eq!(
        asked(&embedded),
        [(true, false), (true, true), (true, true), (false, false)]
    );
    // A server that has forgotten the first page as well is not asked for ever.
    embedded.clear_recordings();
    embedded.inject(Fault::on("GET", LIST).status(410));
    let error = cluster
        .list::<Secret>(Some("default"), &all)
        .await
        .unwrap_err();
    assert!(matches!(api_fault(&error), Some(ApiFault::Expired { .. })));
    assert_eq!(asked(&embedded).len(), 1);
}

#[tokio::test]
async fn some_of_a_list_is_one_page() {
    let (embedded, cluster) = with_secrets(3).await;
    let all = Selection::default();
    let read = cluster
        .list_some::<Secret>(Some("default"), &all, 2)
        .await
        .unwrap();
    assert_eq!((read.len(), embedded.requests().len()), (2, 1));
    assert!(
        !cluster
            .list::<Namespace>(None, &all)
            .await
            .unwrap()
            .is_empty()
    );
}
