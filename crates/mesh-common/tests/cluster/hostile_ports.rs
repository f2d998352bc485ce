//! Connections to pods by way of a server that is hostile: each ends in time, in words, and without a panic.

use std::sync::atomic::{AtomicUsize, Ordering};
use std::time::Duration;

use futures::future::join_all;
use mesh_common::client::istiod::Istiod;
use mesh_common::model::Error;
use mesh_testkit::hostile::{HostileServer, Mode, WEBSOCKETS};
use mesh_testkit::kubeconfig::Kubeconfig;

use crate::support::{connector, target_of};

/// The time limit of a connection and of a page.
const LIMIT: Duration = Duration::from_secs(3);
/// A server and a client that are both busy have a little more.
const AT_LAST: Duration = Duration::from_mins(2);

/// Counts the panics of this process, which are caught where they happen in a task.
fn count_panics() -> &'static AtomicUsize {
    static PANICS: AtomicUsize = AtomicUsize::new(0);
    let usual = std::panic::take_hook();
    std::panic::set_hook(Box::new(move |panic| {
        PANICS.fetch_add(1, Ordering::Relaxed);
        usual(panic);
    }));
    &PANICS
}

async fn asked(mode: Mode) -> Result<String, Error> {
    let server = HostileServer::start(mode);
    let kubeconfig = Kubeconfig::single(
        "east",
        server.kubeconfig_cluster(),
        server.kubeconfig_user(),
    );
    let cluster = connector().connect(target_of(&kubeconfig)).await?;
    let mut istiod = Istiod::connect(&cluster, "istio-system", "istiod-1", LIMIT).await?;
    istiod.page("/metrics").await
}

#[tokio::test]
async fn each_way_of_being_hostile_ends_in_words() {
    let panics = count_panics();
    let all = WEBSOCKETS.iter().map(|mode| async move {
        let answered = tokio::time::timeout(AT_LAST, asked(*mode)).await;
        let answered = answered.unwrap_or_else(|_| panic!("{} does not end", mode.name));
        (mode.name, answered)
    });
    for (name, answered) in join_all(all).await {
        let Err(error) = answered else {
            panic!("{name} is taken for a page")
        };
        let told = format!("{} {:?}", error.in_one_line(), error.hints());
        assert!(told.len() < 2_000, "{name}: {told}");
        let is_hidden = |c: char| c.is_control() || ('\u{200b}'..='\u{202e}').contains(&c);
        assert!(!error.in_one_line().contains(is_hidden), "{name}: {told}");
        assert!(error.to_string().contains("context east"), "{name}: {told}");
    }
    assert_eq!(panics.load(Ordering::Relaxed), 0);
}
