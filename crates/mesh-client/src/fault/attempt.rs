//! A request in words, and the messages for its failure.

use std::fmt;

use kube::Error as KubeError;

use super::answer::api_fault_of;
use super::unreachable::{hinted, unreachable, with_hints};
use super::{ApiFault, ConnectFault, FieldOwner, chain};
use crate::{Cluster, CredentialKind};
use mesh_model::Error;
use mesh_model::command::{Command, Knob, Remedy, Step};
use mesh_model::error::Kind;

/// The verb of a request; the words are those of `kubectl auth can-i`.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Verb {
    /// Read one object.
    Get,
    /// Read all objects.
    List,
    /// Follow changes.
    Watch,
    /// Create an object.
    Create,
    /// Replace an object.
    Update,
    /// Patch or apply an object.
    Patch,
    /// Delete an object.
    Delete,
}

/// A request in words, with which its failure is explained.
pub struct Attempt {
    cluster: Cluster,
    verb: Verb,
    resource: String,
    namespace: Option<String>,
    name: Option<String>,
}

impl Verb {
    /// Returns the verb in RBAC.
    pub fn as_str(self) -> &'static str {
        match self {
            Self::Get => "get",
            Self::List => "list",
            Self::Watch => "watch",
            Self::Create => "create",
            Self::Update => "update",
            Self::Patch => "patch",
            Self::Delete => "delete",
        }
    }
}

impl fmt::Display for Attempt {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(
            f,
            "{} {} of {}",
            self.verb.as_str(),
            self.what(),
            self.cluster.target().described()
        )
    }
}

impl Attempt {
    pub(crate) fn new(cluster: Cluster, verb: Verb, resource: String) -> Self {
        Self {
            cluster,
            verb,
            resource,
            namespace: None,
            name: None,
        }
    }

    /// Sets the namespace of the request.
    #[must_use]
    pub fn in_namespace(mut self, namespace: impl Into<String>) -> Self {
        self.namespace = Some(namespace.into());
        self
    }

    /// Sets the name of the object.
    #[must_use]
    pub fn named(mut self, name: impl Into<String>) -> Self {
        self.name = Some(name.into());
        self
    }

    pub(crate) fn namespace(&self) -> Option<&str> {
        self.namespace.as_deref()
    }

    pub(crate) fn resource(&self) -> &str {
        &self.resource
    }

    pub(crate) fn name(&self) -> Option<&str> {
        self.name.as_deref()
    }

    /// Returns the error for a person. Its cause is an [`ApiFault`] or a [`ConnectFault`] whenever it is one.
    pub fn explain(&self, error: KubeError) -> Error {
        match error {
            KubeError::Api(status) => self.refused(api_fault_of(&status)),
            // A truncated body can look as if it had ended.
            KubeError::SerdeError(error) if error.is_eof() => self.broken(ConnectFault::BrokenOff),
            KubeError::SerdeError(error) => {
                let what = if error.is_data() {
                    "another kind of object"
                } else {
                    "no JSON"
                };
                self.refused(ApiFault::Unreadable {
                    reason: format!(
                        "the answer is {what} at line {}, column {}",
                        error.line(),
                        error.column()
                    ),
                })
            }
            KubeError::FromUtf8(_) => self.refused(ApiFault::Unreadable {
                reason: "the answer is not text".to_owned(),
            }),
            error => match chain::api_fault_in(&error) {
                Some(fault) => self.refused(fault),
                None => {
                    self.broken(chain::connect_fault_in(&error).unwrap_or(ConnectFault::BrokenOff))
                }
            },
        }
    }

    /// Returns the error for an error answer.
    pub(crate) fn refused(&self, fault: ApiFault) -> Error {
        let what = self.what();
        let whose = self.cluster.target().described();
        let cannot = |why: &str| format!("cannot {} {what} of {whose}: {why}", self.verb.as_str());
        let is_ready = || Remedy::from(self.kubectl().words("get --raw /readyz?verbose"));
        let (kind, sentence, hint) = match &fault {
            ApiFault::Unauthenticated { .. } => return self.unauthenticated(fault),
            ApiFault::Forbidden { user, .. } => (
                Kind::Forbidden,
                self.not_allowed(user.as_deref()),
                self.can_i().into(),
            ),
            ApiFault::NotFound { .. } => (
                Kind::NotFound,
                format!("{what} of {whose} does not exist"),
                self.get_all().into(),
            ),
            ApiFault::NamespaceMissing { namespace, .. } => (
                Kind::NotFound,
                format!("namespace {namespace} of {whose} does not exist"),
                self.kubectl()
                    .words("create namespace")
                    .arg(namespace)
                    .into(),
            ),
            ApiFault::KindUnknown { .. } => (
                Kind::NotFound,
                format!("{whose} has no resource {}", self.resource),
                self.api_resources().into(),
            ),
            ApiFault::AlreadyExists { .. } => (
                Kind::Conflict,
                format!("{what} of {whose} exists already"),
                self.get_all().into(),
            ),
            ApiFault::FieldConflict { owners, .. } => (
                Kind::Conflict,
                format!("fields of {what} of {whose} belong to {}", managers(owners)),
                Step::new("take them over with ")
                    .knob(Knob::ForceConflicts)
                    .into(),
            ),
            ApiFault::Changed { .. } => (
                Kind::Conflict,
                format!("{what} of {whose} was changed by another client meanwhile"),
                "run the same command again: it reads the current state".into(),
            ),
            ApiFault::Invalid { .. } => (
                Kind::Refused,
                format!("the server of {whose} refuses {what} as invalid"),
                self.kubectl()
                    .words("explain")
                    .arg(self.plain_resource())
                    .into(),
            ),
            ApiFault::Expired { .. } | ApiFault::TooManyRequests { .. } => (
                Kind::Unreachable,
                cannot("the server asks to try again later"),
                is_ready(),
            ),
            ApiFault::Unavailable { .. } => (
                Kind::Unreachable,
                cannot("the server is not available"),
                is_ready(),
            ),
            ApiFault::ServerFailed { .. } => {
                (Kind::Refused, cannot("the server failed"), is_ready())
            }
            ApiFault::Refused { code, .. } => (
                Kind::Refused,
                cannot(&format!("the server answered HTTP {code}")),
                self.get_all().into(),
            ),
            ApiFault::NotKubernetes { .. } => {
                let server = self.cluster.target().server();
                (
                    Kind::Unreachable,
                    format!("the server at {server} of {whose} is not a Kubernetes API"),
                    Command::new("curl -vk")
                        .arg(&format!("{}/version", server.trim_end_matches('/')))
                        .into(),
                )
            }
            ApiFault::TooLong { .. } => (
                Kind::Unreachable,
                cannot("the answer is too long"),
                self.kubectl().words("get --raw /version").into(),
            ),
            ApiFault::Unreadable { .. } => (
                Kind::Unreachable,
                cannot("the answer cannot be understood"),
                self.kubectl().words("get --raw /version").into(),
            ),
        };
        hinted(
            Error::new(kind, sentence).because(fault),
            self.cluster.target(),
            hint,
        )
    }

    /// Returns the sentence for an answer that forbids the request to `user`, if the answer names one.
    fn not_allowed(&self, user: Option<&str>) -> String {
        let (verb, what, whose) = (
            self.verb.as_str(),
            self.what(),
            self.cluster.target().described(),
        );
        match user {
            Some(user) => format!("user {user} is not allowed to {verb} {what} of {whose}"),
            None => format!("not allowed to {verb} {what} of {whose}"),
        }
    }

    fn broken(&self, fault: ConnectFault) -> Error {
        let target = self.cluster.target();
        match fault {
            ConnectFault::ClientCertificateRefused { .. } => {
                let sentence = format!(
                    "the server of {} refuses the client certificate",
                    target.described()
                );
                with_hints(Error::new(Kind::Unauthenticated, sentence), target, fault)
            }
            ConnectFault::BrokenOff | ConnectFault::NoAnswer { .. } => {
                let sentence = format!(
                    "{} of {} at {}",
                    self.cannot(),
                    target.described(),
                    target.server()
                );
                with_hints(Error::new(Kind::Unreachable, sentence), target, fault)
            }
            fault => unreachable(target, fault),
        }
    }

    /// Returns the error for 401, with the known facts about the credential.
    fn unauthenticated(&self, fault: ApiFault) -> Error {
        let target = self.cluster.target();
        let whose = target.described();
        let user = match target.user_entry() {
            Some(user) => format!("user {user}"),
            None => "its user".to_owned(),
        };
        let set = |what: &str| -> Remedy {
            format!("give {user} of the kubeconfig {what} (kubectl config set-credentials)").into()
        };
        let ask = || Remedy::from(self.kubectl().words("get --raw /version"));
        let (what, hint) = match target.credential().kind() {
            _ if !target.is_tls() => (
                "a request without a credential, and none is sent without TLS",
                "name the address at which the API server speaks TLS".into(),
            ),
            CredentialKind::Anonymous => ("no credential at all", set("a token")),
            CredentialKind::Token => ("its token", set("another token")),
            CredentialKind::TokenFile => (
                "the token of its tokenFile",
                "write a fresh token to the tokenFile".into(),
            ),
            CredentialKind::Basic => ("its user name and password", set("a token")),
            CredentialKind::ClientCertificate => (
                "its client certificate",
                set("another client certificate and key"),
            ),
            CredentialKind::Exec => (
                "the credential of its credential plugin",
                "log in again with the tool behind it".into(),
            ),
            CredentialKind::AuthProvider => ("the token of its auth-provider", ask()),
        };
        let ended = self
            .cluster
            .credential_ended()
            .map_or(String::new(), |when| format!(", which expired at {when}"));
        let sentence = format!("the server of {whose} does not accept {what}{ended}");
        let error = Error::new(Kind::Unauthenticated, sentence).because(fault);
        hinted(error, target, hint)
    }

    fn cannot(&self) -> String {
        format!("cannot {} {}", self.verb.as_str(), self.what())
    }

    /// Returns `secrets/x in namespace y`, with the parts that are known.
    fn what(&self) -> String {
        let (resource, subresource) = self.parts();
        let mut what = resource.to_owned();
        for part in [self.name.as_deref(), subresource].into_iter().flatten() {
            what.push('/');
            what.push_str(part);
        }
        if let Some(namespace) = &self.namespace {
            what.push_str(" in namespace ");
            what.push_str(namespace);
        }
        what
    }

    /// Returns the resource and its subresource: `serviceaccounts/token` is the subresource `token` of service
    /// accounts.
    fn parts(&self) -> (&str, Option<&str>) {
        match self.resource.split_once('/') {
            Some((resource, subresource)) => (resource, Some(subresource)),
            None => (&self.resource, None),
        }
    }

    /// Returns whether it reads the objects of all namespaces; objects of some kinds are in none.
    fn is_in_all_namespaces(&self) -> bool {
        const IN_NO_NAMESPACE: [&str; 5] = [
            "namespaces",
            "nodes",
            "clusterroles.rbac.authorization.k8s.io",
            "clusterrolebindings.rbac.authorization.k8s.io",
            "mutatingwebhookconfigurations.admissionregistration.k8s.io",
        ];
        let (resource, _) = self.parts();
        let reads = matches!(self.verb, Verb::List | Verb::Watch);
        reads
            && self.namespace.is_none()
            && self.name.is_none()
            && !IN_NO_NAMESPACE.contains(&resource)
    }

    fn can_i(&self) -> Command {
        let (resource, subresource) = self.parts();
        let what = match &self.name {
            Some(name) => format!("{resource}/{name}"),
            None => resource.to_owned(),
        };
        let command = self
            .kubectl()
            .words("auth can-i")
            .arg(self.verb.as_str())
            .arg(&what)
            .flag_if("--subresource", subresource)
            .flag_if("-n", self.namespace.as_deref());
        let command = if self.is_in_all_namespaces() {
            command.words("-A")
        } else {
            command
        };
        let Some(acting) = self.cluster.target().impersonation() else {
            return command;
        };
        let command = command.flag("--as", &acting.user);
        let groups = acting.groups.iter();
        groups.fold(command, |command, group| command.flag("--as-group", group))
    }

    fn get_all(&self) -> Command {
        self.kubectl()
            .words("get")
            .arg(self.plain_resource())
            .flag_if("-n", self.namespace.as_deref())
    }

    fn api_resources(&self) -> Command {
        let group = self.plain_resource().split_once('.');
        let group = group.map_or("", |(_, group)| group);
        self.kubectl()
            .words("api-resources")
            .flag("--api-group", group)
    }

    /// Returns the resource without its subresource.
    fn plain_resource(&self) -> &str {
        self.resource.split('/').next().unwrap_or_default()
    }

    fn kubectl(&self) -> Command {
        self.cluster.target().kubectl().command()
    }
}

/// Returns the names of the field managers, in the order of the answer.
fn managers(owners: &[FieldOwner]) -> String {
    let names: Vec<_> = owners.iter().map(|owner| owner.manager.as_str()).collect();
    names.join(", ")
}
