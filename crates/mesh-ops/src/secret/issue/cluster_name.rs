//! The remote cluster's name in the secret: the one asked for, or the one that its istiod knows it by.

use std::fmt;

use mesh_model::Error;
use mesh_model::cluster_name::{ClusterId, ClusterKey};
use mesh_model::command::{Knob, Remedy, Step};
use mesh_model::event::Event;
use mesh_model::read::Read;

use super::super::identity::IstiodNames;
use super::observe::RemoteState;
use super::options::Options;

/// The Helm value that names a cluster.
const VALUE: &str = "values.global.multiCluster.clusterName";

/// The cluster's name, and warnings about it.
#[derive(Debug, PartialEq, Eq)]
pub(crate) struct Chosen {
    pub cluster: String,
    pub warnings: Vec<String>,
    /// The fix for them.
    pub hint: Option<Remedy>,
}

impl Chosen {
    /// Returns the warnings as events, each behind `prefix`.
    pub(crate) fn events(&self, prefix: &str) -> Vec<Event> {
        let warnings = self.warnings.iter();
        warnings
            .map(|warning| Event::Warning {
                text: format!("{prefix}{warning}"),
                hints: self.hint.iter().cloned().collect(),
            })
            .collect()
    }
}

/// The cause of an error about a name that no remote secret can have; such a cluster is skipped.
#[derive(Debug)]
struct NoKey;

impl fmt::Display for NoKey {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("a Secret's key has at most 253 letters, digits, '-', '_' and '.', and does not begin with '..'")
    }
}

impl std::error::Error for NoKey {}

/// Returns true where the error is about a name that no remote secret can have.
pub(crate) fn is_about_a_name(error: &Error) -> bool {
    std::error::Error::source(error)
        .and_then(|cause| cause.downcast_ref::<NoKey>())
        .is_some()
}

/// Decides the name.
///
/// istiod takes the data key for the cluster's name and compares it with what the cluster's own proxies say, which is
/// what its istiod told them; so that name is the right one.
pub(crate) fn choose(
    options: &Options,
    seen: &RemoteState,
    context: &str,
) -> Result<Chosen, Error> {
    match &options.name {
        Some(name) => Ok(Chosen {
            cluster: name.to_string(),
            warnings: mismatch(name, &seen.istiods),
            hint: None,
        }),
        None => derive(seen, context, |name| {
            options.setting(Knob::Name, context, name)
        }),
    }
}

fn mismatch(name: &ClusterKey, istiods: &Read<IstiodNames>) -> Vec<String> {
    let Some(istiods) = istiods.seen() else {
        let reason = istiods.reason();
        let skipped = reason.map(|reason| {
            format!("skipped comparing {name} with the cluster ID of its own istiod: {reason}")
        });
        return skipped.into_iter().collect();
    };
    if istiods.has(name.as_str()) {
        return Vec::new();
    }
    if istiods.known.is_empty() {
        let warning = format!(
            "the cluster's own istiod has no name, so its proxies use the cluster ID Kubernetes, and istiod in the other clusters rejects them under another name: set {VALUE}={name} and upgrade istiod"
        );
        return istiods.unnamed.then_some(warning).into_iter().collect();
    }
    let known: Vec<&str> = istiods.known.iter().map(ClusterId::as_str).collect();
    vec![format!(
        "the cluster ID of the cluster's own istiod is {}, not {name}: istiod in the other clusters rejects its proxies under another name",
        known.join(" or ")
    )]
}

fn derive(
    seen: &RemoteState,
    context: &str,
    setting: impl Fn(&str) -> Remedy,
) -> Result<Chosen, Error> {
    let uid = seen.identity.uid().unwrap_or_default();
    let nothing = IstiodNames::default();
    let istiods = seen.istiods.seen().unwrap_or(&nothing);
    match istiods.known.as_slice() {
        [] if istiods.unnamed => Ok(Chosen {
            cluster: uid.to_owned(),
            warnings: vec![format!(
                "the cluster's own istiod has no name, so its proxies use the cluster ID Kubernetes, and istiod in the other clusters rejects them under another name, such as the UID of kube-system, {uid}, in the secret: set {VALUE} and upgrade istiod"
            )],
            hint: None,
        }),
        [] => Ok(Chosen {
            cluster: uid.to_owned(),
            warnings: vec![format!(
                "no istiod names this cluster, as far as can be seen, so it is called by the UID of kube-system, {uid}"
            )],
            hint: Some(
                Step::new("give it a better name with ")
                    .knob(Knob::Name)
                    .into(),
            ),
        }),
        [one] => {
            let name = ClusterKey::of(one).ok_or_else(|| {
                Error::refused(format!(
                    "the istiod of context {context} calls its cluster {:?}, which cannot be the key of a Secret, and so no remote secret can be for it",
                    one.as_str()
                ))
                .because(NoKey)
                .hint(format!(
                    "set {VALUE} to a name of letters, digits, '-', '_' and '.', and upgrade istiod: its proxies use that name too"
                ))
            })?;
            Ok(Chosen {
                cluster: name.to_string(),
                warnings: Vec::new(),
                hint: None,
            })
        }
        several => {
            let known: Vec<&str> = several.iter().map(ClusterId::as_str).collect();
            Err(Error::usage(format!(
                "the istiods of this cluster disagree about its name: {}",
                known.join(", ")
            ))
            .hint(setting(known[0])))
        }
    }
}

#[cfg(test)]
mod tests {
    use super::super::super::identity::tests::identity;
    use super::super::observe::{Account, TokenState};
    use super::*;

    fn seen(names: &[&str], unnamed: bool) -> RemoteState {
        let names = names.iter();
        RemoteState {
            identity: identity("https://west:6443", Some("0a1b")),
            istiods: Read::Seen(IstiodNames {
                known: names.map(|name| ClusterId((*name).to_owned())).collect(),
                unnamed,
            }),
            token: TokenState::Missing(Box::<Account>::default()),
        }
    }

    fn derived(names: &[&str], unnamed: bool) -> Result<Chosen, Error> {
        derive(&seen(names, unnamed), "west", |name| {
            Remedy::add(Knob::Name, name)
        })
    }

    #[test]
    fn istiods_name_is_taken_and_the_uid_only_for_want_of_one() {
        for name in ["west", "West_1", "Prod-West", "prod.example.com"] {
            let chosen = derived(&[name], false).unwrap();
            assert_eq!((chosen.cluster.as_str(), chosen.warnings.len()), (name, 0));
        }
        for unnamed in [false, true] {
            let by_uid = derived(&[], unnamed).unwrap();
            assert_eq!(
                (by_uid.cluster.as_str(), by_uid.warnings.len()),
                ("0a1b", 1)
            );
            assert_eq!(
                by_uid.warnings[0].contains("use the cluster ID Kubernetes"),
                unnamed
            );
        }
        assert!(!is_about_a_name(&derived(&["a", "b"], false).unwrap_err()));
    }

    #[test]
    fn a_name_that_no_key_can_be_is_named_with_the_value_to_set() {
        let arn = "arn:aws:eks:eu-west-1:1234:cluster/west";
        let error = derived(&[arn], false).unwrap_err();
        assert!(is_about_a_name(&error) && error.to_string().contains(arn));
        assert!(error.hints()[0].to_string().contains(VALUE));
    }

    #[test]
    fn another_name_than_istiods_is_warned_of() {
        let name: ClusterKey = "west".parse().unwrap();
        let of = |names: &[&str], unnamed| mismatch(&name, &seen(names, unnamed).istiods);
        assert!(of(&[], false).is_empty() && of(&["old", "west"], false).is_empty());
        assert_eq!(of(&["other"], false).len(), 1);
        assert!(of(&[], true)[0].contains("use the cluster ID Kubernetes"));
        let unread = mismatch(&name, &Read::Denied("not allowed".into()));
        assert!(
            unread[0].ends_with("its own istiod: not allowed"),
            "{unread:?}"
        );
    }
}
