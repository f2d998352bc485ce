//! Tokens of service accounts, requested from the API server.

use k8s_openapi::api::authentication::v1::TokenRequest;
use k8s_openapi::api::core::v1::ServiceAccount;
use kube::core::params::PostParams;

use super::objects::{built, unbuilt};
use super::paths::path;
use super::{Cluster, Verb};
use mesh_model::Error;

impl Cluster {
    /// Requests a token of the service account; the token is in the status of the result.
    ///
    /// Source: <https://kubernetes.io/docs/reference/kubernetes-api/authentication-resources/token-request-v1/>.
    pub async fn request_token(
        &self,
        namespace: &str,
        account: &str,
        wanted: &TokenRequest,
    ) -> Result<TokenRequest, Error> {
        let attempt = self
            .attempt(Verb::Create, "serviceaccounts/token")
            .in_namespace(namespace)
            .named(account);
        let bytes = serde_json::to_vec(wanted).map_err(|error| unbuilt(&attempt, error))?;
        let request = path::<ServiceAccount>(&attempt)?.create_subresource(
            "token",
            account,
            &PostParams::default(),
            bytes,
        );
        self.ask(built(request, &attempt)?, &attempt).await
    }
}
