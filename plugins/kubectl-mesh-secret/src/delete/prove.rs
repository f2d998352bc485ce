//! Asks the clusters that tokens are said to be of whether they accept them, and whether they go by the names that the secrets
//! give. It only reads; a token is shown to no other cluster.

use mesh_common::client::{Connector, fan_out};
use mesh_common::model::Error;
use mesh_common::model::holding::Holding;

use super::observe::Seen;
use super::plan::Doomed;
use super::plan_revoke::{Found, Proof, Token, home};
use mesh_common::ops::secret::identity::goes_by;
use mesh_common::ops::secret::presenter::Presenter;

/// What is known of each token; nothing of one that no cluster has a home for, or that may not be shown to the one that has.
pub(super) async fn prove<'a>(
    seen: &Seen,
    tokens: &[Token<'a>],
    found: &[Vec<Found>],
    namespace: &str,
    connector: &Connector,
) -> Vec<Option<Result<Proof<'a>, Error>>> {
    let presenter = Presenter::new(connector);
    let presenter = &presenter;
    fan_out(tokens.iter().enumerate(), |(number, token)| async move {
        let of_token: Vec<&Found> = found.iter().map(|of_place| &of_place[number]).collect();
        let (meant, home) = home(token, &seen.places, &of_token);
        let home = home?;
        // A cluster that merely says to have the right Secret may want to learn the token.
        let may_see = token.home.is_held() || meant == Some(home.place);
        if !may_see {
            return None;
        }
        Some(proof(seen, token, home, namespace, presenter).await)
    })
    .await
}

async fn proof<'a>(
    seen: &Seen,
    token: &Token<'a>,
    home: Doomed<'_>,
    namespace: &str,
    presenter: &Presenter<'_>,
) -> Result<Proof<'a>, Error> {
    let cluster = &seen.clusters[home.place];
    let mut proof = Proof {
        is_accepted: presenter
            .is_accepted(cluster, &token.text, &token.facts)
            .await?,
        misnamed: Vec::new(),
    };
    if !proof.is_accepted || seen.places[home.place].is_source {
        return Ok(proof);
    }
    for (one, key) in &token.held_by {
        let holding = Holding::of(one.secret, &seen.places[one.place].server);
        let is_recorded = holding.is_some_and(|holding| holding.is_recorded(home.secret));
        if !is_recorded && !goes_by(cluster, namespace, key).await? {
            proof.misnamed.push((*one, key));
        }
    }
    Ok(proof)
}
