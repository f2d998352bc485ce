//! Asks an API server in the name of a credential what that may do.

use futures::{StreamExt as _, stream};
use k8s_openapi::api::authentication::v1::SelfSubjectReview;
use k8s_openapi::api::authorization::v1::{
    ResourceAttributes, ResourceRule, SelfSubjectAccessReview, SelfSubjectAccessReviewSpec,
    SelfSubjectRulesReview, SelfSubjectRulesReviewSpec, SubjectRulesReviewStatus,
};
use mesh_client::{ApiFault, Cluster, DryRun, api_fault};
use mesh_model::error::{Error, Kind};
use mesh_model::read::Read;
use mesh_model::required_rights::{Required, Right};
use mesh_model::shown_rights::{ClusterRules, NO_NAMESPACE};

/// Requests on their way at the same time; a server without h2 opens that many connections.
const AT_ONCE: usize = 8;

/// The user that API servers make of whoever shows no credential, or one of a kind that they do not look at, such as a password.
const ANONYMOUS: &str = "system:anonymous";

/// The user name that the API server knows the credential by. Where it does not tell (403, 404), it has accepted the credential,
/// but for nobody's.
///
/// # Errors
/// Of kind [`Kind::Unauthenticated`] where the server takes it for nobody's.
pub(super) async fn who_am_i(cluster: &Cluster) -> Result<Read<Option<String>>, Error> {
    let reads = cluster.reads();
    let review = cluster
        .create(&SelfSubjectReview::default(), DryRun::None)
        .await;
    let denied = review.as_ref().err().and_then(api_fault).cloned();
    let review = match (review, &denied) {
        // A server whose answer to this cannot be read is of no use to an istiod either.
        (Err(error), Some(ApiFault::Unreadable { .. })) => return Err(error),
        (review, _) => reads.take(review),
    };
    reads.reached()?;
    let user = review.map(|review| {
        review
            .status
            .and_then(|status| status.user_info)
            .and_then(|user| user.username)
    });
    let told = match &denied {
        Some(ApiFault::Forbidden { user, .. }) => user.as_deref(),
        _ => user.seen().and_then(Option::as_deref),
    };
    if told == Some(ANONYMOUS) {
        let nobody = format!("the API server takes it for nobody's ({ANONYMOUS})");
        return Err(Error::new(Kind::Unauthenticated, nobody));
    }
    Ok(user)
}

/// Returns those of the required rights that the credential does not have. One review of its rules decides; the API server is asked for
/// the single rights that this leaves open.
pub(super) async fn missing(
    cluster: &Cluster,
    required: Vec<Required>,
) -> Result<Vec<Required>, Error> {
    let rules = match rules(cluster, NO_NAMESPACE).await {
        Err(error) if error.kind() == Kind::Unreachable => return Err(error),
        // An API server that does not list rules still answers single questions.
        rules => ClusterRules::new(rules.ok().flatten()),
    };
    let answers: Vec<Result<Option<Required>, Error>> = stream::iter(required)
        .map(|one| {
            let known = rules.grants(&one.right);
            async move {
                let has = match known {
                    Some(has) => has,
                    None => may(cluster, &one.right).await?,
                };
                Ok((!has).then_some(one))
            }
        })
        .buffered(AT_ONCE)
        .collect()
        .await;
    let answers: Vec<Option<Required>> = answers.into_iter().collect::<Result<_, _>>()?;
    Ok(answers.into_iter().flatten().collect())
}

async fn may(cluster: &Cluster, right: &Right) -> Result<bool, Error> {
    let review = SelfSubjectAccessReview {
        spec: SelfSubjectAccessReviewSpec {
            resource_attributes: Some(ResourceAttributes {
                group: Some(right.group.to_string()),
                resource: Some(right.resource.to_string()),
                verb: Some(right.verb.to_string()),
                ..ResourceAttributes::default()
            }),
            non_resource_attributes: None,
        },
        ..SelfSubjectAccessReview::default()
    };
    let answer = cluster.create(&review, DryRun::None).await?;
    Ok(answer.status.is_some_and(|status| status.allowed))
}

/// Every rule that holds for the credential in `namespace`, those of the whole cluster included.
pub(super) async fn granted(
    cluster: &Cluster,
    namespace: &str,
) -> Result<Vec<ResourceRule>, Error> {
    let rules = rules(cluster, namespace).await?;
    Ok(rules.map(|rules| rules.resource_rules).unwrap_or_default())
}

async fn rules(
    cluster: &Cluster,
    namespace: &str,
) -> Result<Option<SubjectRulesReviewStatus>, Error> {
    let review = SelfSubjectRulesReview {
        spec: SelfSubjectRulesReviewSpec {
            namespace: Some(namespace.to_owned()),
        },
        ..SelfSubjectRulesReview::default()
    };
    let answer = cluster.create(&review, DryRun::None).await?;
    Ok(answer.status)
}
