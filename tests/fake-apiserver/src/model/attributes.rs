//! The question that an authorizer is asked, how its refusal reads, and the denials that a test adds.
//!
//! The answer is found in `access::authz`.

use super::failure::{Failure, about};
use super::kinds;
use super::user::User;

/// A request as authorizers see it.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub(crate) struct Attributes {
    pub(crate) verb: String,
    pub(crate) group: String,
    /// With the subresource, where there is one: `serviceaccounts/token`.
    pub(crate) resource: String,
    pub(crate) namespace: String,
    pub(crate) name: String,
    /// For requests that are not about resources.
    pub(crate) path: String,
}

impl Attributes {
    fn plain_resource(&self) -> &str {
        self.resource.split('/').next().unwrap_or_default()
    }

    fn sentence(&self, user: &User) -> String {
        if self.resource.is_empty() {
            return format!(
                "User \"{}\" cannot {} path \"{}\"",
                user.name, self.verb, self.path
            );
        }
        let scope = if self.namespace.is_empty() {
            "at the cluster scope".to_owned()
        } else {
            format!("in the namespace \"{}\"", self.namespace)
        };
        format!(
            "User \"{}\" cannot {} resource \"{}\" in API group \"{}\" {scope}",
            user.name, self.verb, self.resource, self.group
        )
    }

    /// Says that the user may not do it.
    pub(crate) fn refusal(&self, user: &User) -> Failure {
        let sentence = self.sentence(user);
        if self.resource.is_empty() {
            return Failure::new(403, "Forbidden", format!("forbidden: {sentence}"))
                .details(serde_json::json!({}));
        }
        let what = kinds::dotted(self.plain_resource(), &self.group);
        let named = if self.name.is_empty() {
            what
        } else {
            format!("{what} \"{}\"", self.name)
        };
        Failure::new(
            403,
            "Forbidden",
            format!("{named} is forbidden: {sentence}"),
        )
        .details(about(&self.group, self.plain_resource(), &self.name))
    }
}

/// A denial that a test added; `*` stands for anything.
#[derive(Clone, Debug)]
pub(crate) struct Denial {
    pub(crate) user: String,
    pub(crate) verb: String,
    pub(crate) resource: String,
}

impl Denial {
    /// Tells whether it keeps the user from doing this.
    pub(crate) fn covers(&self, user: &User, attributes: &Attributes) -> bool {
        self.concerns(user)
            && fits(&self.verb, &attributes.verb)
            && fits(&self.resource, &attributes.resource)
    }

    /// Tells whether it keeps the user from anything.
    pub(crate) fn concerns(&self, user: &User) -> bool {
        fits(&self.user, &user.name)
    }
}

fn fits(pattern: &str, text: &str) -> bool {
    pattern == "*" || pattern == text
}
