//! Asks the cluster that a token is said to be of whether it accepts it, and as whom. What a secret says of itself proves
//! nothing: whoever may write the secret may make up a token with any claims.

use std::cell::RefCell;
use std::collections::BTreeMap;

use k8s_openapi::api::authentication::v1::SelfSubjectReview;
use mesh_client::{Cluster, Connector, DryRun};
use mesh_model::Error;
use mesh_model::error::Kind;
use mesh_model::token::TokenFacts;
use secrecy::{ExposeSecret as _, SecretString};

/// Presents each token to a cluster once, and remembers the answer.
// Without Debug: it holds tokens.
pub struct Presenter<'a> {
    connector: &'a Connector,
    /// By the cluster's context, and the token.
    answers: RefCell<BTreeMap<(String, String), bool>>,
}

impl<'a> Presenter<'a> {
    /// Returns a presenter that has asked no cluster yet.
    pub fn new(connector: &'a Connector) -> Self {
        Self {
            connector,
            answers: RefCell::default(),
        }
    }

    /// Returns true where the API server of `cluster` accepts `token` and takes it for the ServiceAccount that it claims to
    /// belong to. The token goes to the address in our own kubeconfig, with our own trust, and nowhere else.
    ///
    /// # Errors
    /// The cluster could not be asked.
    pub async fn is_accepted(
        &self,
        cluster: &Cluster,
        token: &SecretString,
        facts: &TokenFacts,
    ) -> Result<bool, Error> {
        let text = token.expose_secret();
        if !text.chars().all(|c| c.is_ascii_graphic()) {
            return Ok(false);
        }
        let key = (cluster.context().to_owned(), text.to_owned());
        if let Some(known) = self.answers.borrow().get(&key) {
            return Ok(*known);
        }
        let is_accepted = match self.who_it_is(cluster, token).await {
            Ok((user, uid)) => facts.is_of(&user, &uid),
            Err(error) if error.kind() == Kind::Unauthenticated => false,
            Err(error) => return Err(error),
        };
        self.answers.borrow_mut().insert(key, is_accepted);
        Ok(is_accepted)
    }

    /// Returns name and UID of the user that the API server takes the token for.
    async fn who_it_is(
        &self,
        cluster: &Cluster,
        token: &SecretString,
    ) -> Result<(String, String), Error> {
        let target = cluster.target().clone().with_token(token.clone());
        let presented = self.connector.reach(target, cluster).await?;
        let review = presented
            .create(&SelfSubjectReview::default(), DryRun::None)
            .await?;
        let user = review.status.and_then(|status| status.user_info);
        let user = user.unwrap_or_default();
        Ok((
            user.username.unwrap_or_default(),
            user.uid.unwrap_or_default(),
        ))
    }
}
