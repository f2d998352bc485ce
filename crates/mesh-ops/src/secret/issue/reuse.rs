//! The token that a holder has already, where it can be used again in place of a new one.

use jiff::SignedDuration;
use mesh_model::access_facts::bearer_token;
use mesh_model::rotation_names::default_token_secret_name;
use mesh_model::{Error, token};
use secrecy::{ExposeSecret as _, SecretString};

use super::credential::Credential;
use super::holder::Holder;
use super::mint;
use super::plan::TokenPlan;
use super::remote::Remote;

/// The share of its life that a token must have left to be used again. Whoever runs the command again before a token expires, and again
/// within the same time, never lets one expire.
const LEFT: f64 = 0.5;

/// The most that the life which was granted may differ from the one asked for.
const SLACK: SignedDuration = SignedDuration::from_mins(1);

/// Returns what `holder` authenticates with towards the remote cluster, where that is a token which expires, of the length asked
/// for, bound to the holder's own Secret, and with more than half of its life to come. Using it shows whether it still works.
pub(super) fn reusable(
    remote: &Remote<'_>,
    plan: &TokenPlan,
    holder: &Holder,
) -> Result<Option<Credential>, Error> {
    let TokenPlan::Minted {
        duration,
        holder: own,
        authorities,
    } = plan
    else {
        return Ok(None);
    };
    let name = own.clone().unwrap_or_else(|| holder.name());
    let anchor = mint::anchor_name(&remote.options.account, &name);
    let asked = SignedDuration::try_from(*duration).unwrap_or(SignedDuration::MAX);
    let token = token_in(remote, holder).filter(|token| {
        let facts = token::read(token.expose_secret()).filter(|facts| {
            facts.secret.as_deref().map(default_token_secret_name) == Some(&anchor)
        });
        facts.is_some_and(|facts| {
            let life = facts
                .issued_at
                .zip(facts.expires_at)
                .map(|(from, to)| to.duration_since(from));
            let is_as_asked = life.is_some_and(|life| (life - asked).abs() <= SLACK);
            is_as_asked
                && facts
                    .life_left(remote.job.now)
                    .is_some_and(|left| left >= LEFT)
        })
    });
    let Some(token) = token else { return Ok(None) };
    Ok(Some(Credential {
        token,
        authorities: mint::trusted(remote, authorities)?,
        anchor: None,
    }))
}

/// Returns the token in the secret that `holder` has for the remote cluster.
fn token_in(remote: &Remote<'_>, holder: &Holder) -> Option<SecretString> {
    let held = holder.existing(&remote.options.secret_type.secret_name(&remote.name))?;
    let mut kubeconfigs = held.data.iter().flat_map(|data| data.values());
    kubeconfigs
        .next()
        .and_then(|kubeconfig| bearer_token(&kubeconfig.0))
}
