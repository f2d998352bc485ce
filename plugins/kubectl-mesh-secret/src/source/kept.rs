//! The token that a holder has already, where a new one of the same kind would be no better.

use jiff::SignedDuration;
use mesh_common::model::access_facts::bearer_token;
use mesh_common::model::succession::usual_name;
use mesh_common::model::{Error, token};
use secrecy::{ExposeSecret as _, SecretString};

use super::credential::Credential;
use super::holders::Holder;
use super::mint;
use super::plan::{Plan, TokenPlan};
use super::run::{Run, Wanted};

/// How much of its life a token must have left to be kept. Who runs the command again before a token ends, and again
/// within the same time, never lets one end.
const LEFT: f64 = 0.5;

/// How far the life that was granted may be from the one asked for.
const SLACK: SignedDuration = SignedDuration::from_mins(1);

/// What `holder` authenticates with towards the source, where that is a token which ends, of the length asked for, bound to
/// the holder's own Secret, and with its better half to come. Whether it still works is for the try-out to say.
pub(super) fn kept(
    run: &Run<'_>,
    plan: &Plan,
    wanted: &Wanted,
    holder: &Holder,
) -> Result<Option<Credential>, Error> {
    let TokenPlan::Minted {
        duration,
        holder: own,
        authorities,
    } = &plan.token
    else {
        return Ok(None);
    };
    let name = own.clone().unwrap_or_else(|| holder.name());
    let anchor = mint::anchor_name(&run.options.account, &name);
    let asked = SignedDuration::try_from(*duration).unwrap_or(SignedDuration::MAX);
    let token = token_in(run, wanted, holder).filter(|token| {
        let facts = token::read(token.expose_secret())
            .filter(|facts| facts.secret.as_deref().map(usual_name) == Some(&anchor));
        facts.is_some_and(|facts| {
            let life = facts
                .issued_at
                .zip(facts.expires_at)
                .map(|(from, to)| to.duration_since(from));
            let is_as_asked = life.is_some_and(|life| (life - asked).abs() <= SLACK);
            is_as_asked && facts.life_left(run.now).is_some_and(|left| left >= LEFT)
        })
    });
    let Some(token) = token else { return Ok(None) };
    Ok(Some(Credential {
        token,
        authorities: mint::trusted(run, authorities)?,
        anchor: None,
    }))
}

/// The token in the secret that `holder` has for the source.
fn token_in(run: &Run<'_>, wanted: &Wanted, holder: &Holder) -> Option<SecretString> {
    let held = holder.existing(&run.options.secret_type.secret_name(&wanted.cluster))?;
    let mut kubeconfigs = held.data.iter().flat_map(|data| data.values());
    kubeconfigs
        .next()
        .and_then(|kubeconfig| bearer_token(&kubeconfig.0))
}
