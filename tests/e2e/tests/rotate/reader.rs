//! Somebody who uses a kubeconfig, as a holder's istiod does.

use std::time::Duration;

use k8s_openapi::api::core::v1::Namespace;
use mesh_common::client::{Connector, ConnectorOptions, Target};
use mesh_common::model::Error;
use mesh_common::model::error::Kind;
use mesh_testkit::condition::wait_until;
use mesh_testkit::real::Cluster;

use crate::rsa::decoded;

const WITHIN: Duration = Duration::from_mins(1);

/// Uses a kubeconfig once, over a connection of its own.
pub(crate) fn read_with(kubeconfig: &str) -> Result<(), Error> {
    let runtime = tokio::runtime::Builder::new_current_thread()
        .enable_all()
        .build()
        .unwrap();
    runtime.block_on(async {
        let now = "2026-11-21T00:00:00Z".parse().unwrap();
        let connector = Connector::new(ConnectorOptions::new("mesh-test/1", now));
        let target = Target::from_text(kubeconfig, "the secret").unwrap();
        let cluster = connector.connect(target).await?;
        let found: Option<Namespace> = cluster.get(None, "kube-system").await?;
        assert!(found.is_some());
        Ok(())
    })
}

/// Returns the secret for `source` in `holder` as it is now.
pub(crate) fn kubeconfig(holder: &Cluster, source: &Cluster) -> String {
    let name = format!("istio-remote-secret-{}", source.name());
    let path = format!("/api/v1/namespaces/istio-system/secrets/{name}");
    let secret = holder.get(&path).unwrap();
    decoded(&secret["data"][source.name()])
}

/// An API server remembers for ten seconds that it accepted a token.
pub(crate) fn is_refused(kubeconfig: &str) {
    let refused = wait_until(WITHIN, || {
        let error = read_with(kubeconfig).err()?;
        (error.kind() == Kind::Unauthenticated).then_some(())
    });
    assert!(refused.is_some(), "the old token still works");
}
