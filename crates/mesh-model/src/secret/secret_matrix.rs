//! The secrets of all holders, judged together. This is the model of the report: fields of its JSON and YAML may be added, but not
//! removed.

use std::collections::BTreeMap;

use super::checks::InspectOptions;
use super::contexts::Contexts;
use super::matrix::{Credentials, MatrixCell, MatrixInput, cells};
use super::missing::missing;
use super::skipped::skipped;
use crate::report::Envelope;
use crate::snapshot::MeshSnapshot;

/// The report about all holders: a cell for each cluster of each secret, and for each pair without a secret.
pub type SecretMatrix = Envelope<MatrixCell>;

/// The options of a [`SecretMatrix`].
#[derive(Debug, Clone, Copy)]
pub struct MatrixOptions<'a> {
    /// Istio's namespace.
    pub namespace: &'a str,
    /// True if loopback addresses are accepted as servers.
    pub allow_loopback: bool,
    /// True if secrets are missing only among clusters that secrets connect already, directly or through others.
    pub connected_only: bool,
}

impl Envelope<MatrixCell> {
    /// Judges the secrets of a mesh, as of the moment of its snapshot. They may be thousands, and are moved out of it.
    pub fn judged(mut mesh: MeshSnapshot, contexts: &Contexts, options: MatrixOptions<'_>) -> Self {
        let none = BTreeMap::new();
        Self::with_credentials(&mut mesh, &none, contexts, options)
    }

    /// Judges the secrets of a mesh, and the results of using their credentials, by the context of the holder. The secrets are
    /// moved out of the snapshot.
    pub fn with_credentials(
        mesh: &mut MeshSnapshot,
        credentials: &BTreeMap<&str, Credentials<'_>>,
        contexts: &Contexts,
        options: MatrixOptions<'_>,
    ) -> Self {
        let input = MatrixInput {
            contexts,
            members: &contexts.members(mesh.members()),
            namespace: options.namespace,
            options: InspectOptions {
                now: mesh.taken_at,
                reveal: false,
                allow_loopback: options.allow_loopback,
            },
        };
        let skipped = mesh.clusters.iter().flat_map(skipped).collect();
        let holders = mesh.clusters.iter_mut();
        let none = Credentials::new();
        let cells = holders.flat_map(|holder| {
            let used = credentials.get(holder.context.as_str());
            cells(holder, used.unwrap_or(&none), &input)
        });
        let mut items: Vec<MatrixCell> = cells.collect();
        items.extend(missing(
            &mesh.clusters,
            &items,
            &input,
            options.connected_only,
        ));
        let unreached = mesh.unreached.clone();
        Self::new("RemoteSecretMatrix", items, unreached).with_skipped(skipped)
    }
}
