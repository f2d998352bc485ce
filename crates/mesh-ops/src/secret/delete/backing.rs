//! Reads the Secrets that revoke tokens, and asks the clusters that have them whether they accept the tokens, and whether they go by
//! the names that the secrets give. A token is shown to no other cluster.

use futures::future::join_all;
use k8s_openapi::api::core::v1::Secret;
use mesh_client::{Connector, fan_out};
use mesh_model::Error;
use mesh_model::holder_record::HolderRecord;

use super::super::identity::goes_by;
use super::super::presenter::Presenter;
use super::observe::DeleteState;
use super::plan::SecretToDelete;
use super::token::{Found, Token};

/// The answer of the cluster with a token's Secret.
pub(super) struct Acceptance<'a> {
    /// True if its API server accepts it, as the account that it claims.
    pub is_accepted: bool,
    /// The secrets with it that are for a cluster of another name.
    pub misnamed: Vec<(SecretToDelete<'a>, &'a str)>,
}

/// Reads what there is in each cluster under the name of each token's Secret.
pub(super) async fn backing_secrets(state: &DeleteState, tokens: &[Token<'_>]) -> Vec<Vec<Found>> {
    fan_out(&state.connections, |cluster| async move {
        let secrets = tokens.iter().map(|token| {
            let backing = &token.backing;
            cluster.get::<Secret>(Some(&backing.namespace), &backing.name)
        });
        join_all(secrets).await
    })
    .await
}

/// Asks about each token; nothing is asked of one whose Secret no cluster has, or that may not be shown to the one that has it.
pub(super) async fn acceptance<'a>(
    state: &DeleteState,
    tokens: &[Token<'a>],
    found: &[Vec<Found>],
    namespace: &str,
    connector: &Connector,
) -> Vec<Option<Result<Acceptance<'a>, Error>>> {
    let presenter = Presenter::new(connector);
    let presenter = &presenter;
    fan_out(tokens.iter().enumerate(), |(number, token)| async move {
        let of_token: Vec<&Found> = found.iter().map(|cluster| &cluster[number]).collect();
        let location = token.locate(&state.clusters, &of_token);
        let (cluster, secret) = location.found?;
        // A cluster that merely says to have the right Secret may want to learn the token.
        let may_see = token.backing.holds_token() || location.meant == Some(cluster);
        if !may_see {
            return None;
        }
        Some(ask(state, token, (cluster, secret), namespace, presenter).await)
    })
    .await
}

async fn ask<'a>(
    state: &DeleteState,
    token: &Token<'a>,
    (number, backing): (usize, &Secret),
    namespace: &str,
    presenter: &Presenter<'_>,
) -> Result<Acceptance<'a>, Error> {
    let cluster = &state.connections[number];
    let is_accepted = presenter
        .is_accepted(cluster, &token.text, &token.facts)
        .await?;
    let mut acceptance = Acceptance {
        is_accepted,
        misnamed: Vec::new(),
    };
    if !is_accepted || state.clusters[number].is_remote {
        return Ok(acceptance);
    }
    for (one, key) in &token.held_by {
        let record = HolderRecord::of(one.secret, &state.clusters[one.cluster].server);
        let is_recorded = record.is_some_and(|record| record.is_recorded(backing));
        if !is_recorded && !goes_by(cluster, namespace, key).await? {
            acceptance.misnamed.push((*one, key));
        }
    }
    Ok(acceptance)
}
