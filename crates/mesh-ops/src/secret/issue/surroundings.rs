//! What surrounds the token of a remote cluster: the namespace, the account and its rights. Pure: it sees what was read.

use k8s_openapi::api::core::v1::{Namespace, ServiceAccount};
use k8s_openapi::api::rbac::v1::{ClusterRole, ClusterRoleBinding};
use k8s_openapi::apimachinery::pkg::apis::meta::v1::ObjectMeta;
use mesh_model::change::ObjectRef;
use mesh_model::command::{Knob, Step, named};
use mesh_model::error::{Error, Kind};
use mesh_model::reader;

use super::observe::{Account, Rights};
use super::options::Options;
use super::plan::ClusterRef;

/// One object that is missing.
pub(crate) enum Missing {
    Namespace(Namespace),
    Account(ServiceAccount),
    Role(Box<ClusterRole>),
    Binding(ClusterRoleBinding),
}

impl Missing {
    /// Returns the object as kubectl names it.
    pub(crate) fn named(&self) -> ObjectRef {
        let of = |kind: &str, metadata: &ObjectMeta| {
            let object = ObjectRef::new(kind, metadata.name.clone().unwrap_or_default());
            match &metadata.namespace {
                Some(namespace) => object.within(namespace),
                None => object,
            }
        };
        match self {
            Self::Namespace(namespace) => of("namespace", &namespace.metadata),
            Self::Account(account) => of("serviceaccount", &account.metadata),
            Self::Role(role) => of("clusterrole.rbac.authorization.k8s.io", &role.metadata),
            Self::Binding(binding) => of(
                "clusterrolebinding.rbac.authorization.k8s.io",
                &binding.metadata,
            ),
        }
    }
}

/// Returns namespace, account, role and binding, as far as they are missing and the suite knows how to create them.
///
/// # Errors
/// The account is missing, and is not ours to create.
pub(crate) fn missing(
    seen: &Account,
    options: &Options,
    remote: ClusterRef<'_>,
) -> Result<Vec<Missing>, Error> {
    let ClusterRef { context, .. } = remote;
    let namespace = &options.namespace;
    if seen.reader.is_none() && !(options.create_account && options.is_reader()) {
        let error = Error::new(
            Kind::NotFound,
            format!(
                "service account {namespace}/{} does not exist in context {context}",
                options.account
            ),
        );
        return Err(if options.is_reader() {
            error.hint(
                Step::new("omit ")
                    .knob(Knob::CreateServiceAccount)
                    .text("=false, or install Istio there first"),
            )
        } else {
            error.hint(
                Step::new(format!(
                    "create it in context {}, with permission to read the cluster, or name another one with ",
                    named(context)
                ))
                .knob(Knob::ServiceAccount),
            )
        });
    }
    let mut missing = Vec::new();
    if seen.namespace.seen() == Some(&false) {
        missing.push(Missing::Namespace(reader::namespace(namespace)));
    }
    if seen.reader.is_none() {
        missing.push(Missing::Account(reader::account(namespace)));
    }
    if options.is_reader()
        && options.create_account
        && let Some(known) = seen.rights.seen()
    {
        missing.extend(rights(known, options));
    }
    Ok(missing)
}

/// Returns the role and the binding that the reader lacks. One that some chart's binding already gives a role that exists needs
/// nothing more.
fn rights(seen: &Rights, options: &Options) -> Vec<Missing> {
    let role_exists = |name: &str| {
        seen.roles
            .iter()
            .any(|role| role.metadata.name.as_deref() == Some(name))
    };
    let bound = seen
        .bindings
        .iter()
        .filter(|binding| reader::binds(binding, &options.namespace, &options.account))
        .any(|binding| role_exists(&binding.role_ref.name));
    if bound {
        return Vec::new();
    }
    let name = reader::role_name(&options.namespace);
    let mut missing = Vec::new();
    if !role_exists(&name) {
        missing.push(Missing::Role(Box::new(reader::role(&options.namespace))));
    }
    let binding_exists = seen.bindings.iter().any(|binding| {
        binding.metadata.name.as_deref() == Some(&name)
            && reader::binds(binding, &options.namespace, &options.account)
    });
    if !binding_exists {
        missing.push(Missing::Binding(reader::binding(&options.namespace)));
    }
    missing
}

#[cfg(test)]
pub(super) mod tests {
    use std::sync::LazyLock;

    use mesh_model::command::Kubectl;
    use mesh_model::names::CONFIG_ACCOUNT;
    use mesh_model::read::Read;

    use super::super::options::TokenOptions;
    use super::*;

    static OTHER: LazyLock<Kubectl> =
        LazyLock::new(|| Kubectl::new(Some("other".to_owned())).context("west"));

    pub(in super::super) fn west() -> ClusterRef<'static> {
        ClusterRef {
            context: "west",
            kubectl: &OTHER,
        }
    }

    /// Returns the options by words of `create`'s flags.
    pub(in super::super) fn options(line: &str) -> Options {
        let words: Vec<&str> = line.split_whitespace().collect();
        let mut options = Options::in_namespace("istio-system");
        match words[..] {
            [] => {}
            ["--service-account", account] => account.clone_into(&mut options.account),
            ["--type", "config"] => CONFIG_ACCOUNT.clone_into(&mut options.account),
            ["--create-service-account=false"] => options.create_account = false,
            ["--secret-name", name] => options.token = TokenOptions::Named(name.to_owned()),
            _ => panic!("{line} is not known here"),
        }
        options
    }

    fn made(account: &Account, line: &str) -> Result<Vec<&'static str>, Error> {
        let kind = |missing: &Missing| match missing {
            Missing::Namespace(_) => "namespace",
            Missing::Account(_) => "account",
            Missing::Role(_) => "role",
            Missing::Binding(_) => "binding",
        };
        let made = missing(account, &options(line), west())?;
        Ok(made.iter().map(kind).collect())
    }

    /// Returns what is there once the objects in `bits` were created.
    pub(in super::super) fn with(bits: u8) -> Account {
        let has = |bit: u8| bits & (1 << bit) != 0;
        let role = has(2).then(|| reader::role("istio-system"));
        let binding = has(3).then(|| reader::binding("istio-system"));
        Account {
            namespace: Read::Seen(has(0) || has(1)),
            reader: has(1).then(|| reader::account("istio-system")),
            rights: Read::Seen(Rights {
                roles: role.into_iter().collect(),
                bindings: binding.into_iter().collect(),
            }),
            ..Account::default()
        }
    }

    #[test]
    fn exactly_what_is_missing_is_made() {
        for bits in 0..16_u8 {
            let before = with(bits);
            let mut expected = Vec::new();
            let lacks = |bit: u8| bits & (1 << bit) == 0;
            expected.extend((lacks(0) && lacks(1)).then_some("namespace"));
            expected.extend(lacks(1).then_some("account"));
            expected.extend(lacks(2).then_some("role"));
            expected.extend(lacks(3).then_some("binding"));
            let made = made(&before, "").expect("it can be created");
            assert_eq!(made, expected, "{bits:04b}");
        }
        assert!(made(&with(0b1111), "").expect("it is there").is_empty());
    }

    #[test]
    fn a_reader_that_another_revision_gave_its_role_needs_no_second_one() {
        let mut role = reader::role("istio-system");
        role.metadata.name = Some("istio-reader-clusterrole-canary-istio-system".to_owned());
        let mut binding = reader::binding("istio-system");
        binding.metadata.name = role.metadata.name.clone();
        binding.role_ref.name = "istio-reader-clusterrole-canary-istio-system".to_owned();
        let seen = |roles: Vec<ClusterRole>| Account {
            rights: Read::Seen(Rights {
                roles,
                bindings: vec![binding.clone()],
            }),
            ..with(0b0011)
        };
        let complete = seen(vec![role]);
        assert!(made(&complete, "").expect("it is bound").is_empty());
        // A binding to a role that is gone gives nothing.
        let made = made(&seen(Vec::new()), "").expect("it can be created");
        assert_eq!(made, ["role", "binding"]);
    }

    #[test]
    fn only_the_readers_own_account_is_made() {
        for (bits, line, expected) in [
            (0b0000, "--service-account other", None),
            (0b0000, "--type config", None),
            (0b0000, "--create-service-account=false", None),
            (0b0001, "--create-service-account=false", None),
            (0b0011, "--create-service-account=false", Some(vec![])),
            (0b0011, "--service-account other", Some(vec![])),
            (0b0011, "", Some(vec!["role", "binding"])),
        ] {
            assert_eq!(made(&with(bits), line).ok(), expected, "{line}");
        }
    }
}
