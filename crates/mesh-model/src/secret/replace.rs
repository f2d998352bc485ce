//! The commands that replace a secret or remove it. If no command does just that, the fix is a step in words.

use crate::command::{Command, Knob, Kubectl, Remedy, Step, named};
use crate::names::CONFIG_SECRET;
use crate::origin::keeper;
use crate::ownership::{TakeOver, take_over};
use crate::remote_secret::{has_label, secret_name};

use super::found::FoundSecret;
use super::remedies::{create_from, create_step_from, delete, kubectl, namespace};

/// Returns the remedy that replaces `key` by the secret for `name`, from the context `remote`.
pub(super) fn make_in_place(found: &FoundSecret, key: &str, remote: &str, name: &str) -> Remedy {
    match in_place(found, key, remote, name) {
        Ok((command, true)) => command.words("--replace").into(),
        Ok((command, false)) => command.into(),
        Err(step) => step.into(),
    }
}

/// Returns `create`, and whether the Secret that it writes exists already. `create` refuses a second Secret for one
/// cluster, so one of another name is deleted first.
pub(super) fn in_place(
    found: &FoundSecret,
    key: &str,
    remote: &str,
    name: &str,
) -> Result<(Command, bool), Step> {
    let Some(context) = found.context.as_deref() else {
        return Err(create_step_from(found, key, Some(remote), name));
    };
    let create = create_from(found, key, remote, name, context);
    let secret = found.name();
    if secret == CONFIG_SECRET {
        return Ok((create, true));
    }
    let whole = found.facts.with_managed_fields();
    if let Some(step) = kept_by(found, keeper(&whole.metadata, "Secret")) {
        return Err(Step::new(step));
    }
    if !found.has_only(key) {
        let first = Step::new(taken_out(secret, key, context));
        let then = create_step_from(found, key, Some(remote), name);
        return Err(first.text(", and then ").step(then));
    }
    let is_written = secret == secret_name(name);
    if is_written && key == name && found.facts.secret.immutable != Some(true) {
        return match take_over(&whole, name) {
            TakeOver::Free | TakeOver::FromGuide => Ok((create, true)),
            TakeOver::Stranger(owners) => {
                let step = create_step_from(found, key, Some(remote), name);
                let why = format!(
                    ", since secret {} belongs to {}",
                    named(secret),
                    owners.join(", ")
                );
                let step = step.text(", and add ").knob(Knob::ForceConflicts);
                Err(step.text(why))
            }
        };
    }
    // A Secret that istiod does not read conflicts with nothing, unless it is the one to be written.
    if !is_written && !has_label(&found.facts.secret) {
        return Ok((create, false));
    }
    let first = delete(&found.kubectl, context, namespace(found), secret);
    Ok((first.then(create), false))
}

/// Returns the remedy that removes the secret for `key`: the whole Secret only if nothing else is in it.
pub(super) fn remove(found: &FoundSecret, key: &str) -> Remedy {
    let secret = found.name();
    if let Some(step) = kept(found) {
        return step.into();
    }
    match found.context.as_deref() {
        Some(context) => {
            let at = (&*found.kubectl, context, namespace(found));
            take_away(at, secret, key, found.has_only(key))
        }
        None => left_out(found, key).into(),
    }
}

fn left_out(found: &FoundSecret, key: &str) -> String {
    format!(
        "remove data key {} from secret {}",
        named(key),
        named(found.name())
    )
}

fn taken_out(secret: &str, key: &str, context: &str) -> String {
    format!(
        "remove data key {} from secret {} in context {}, which has other keys",
        named(key),
        named(secret),
        named(context)
    )
}

/// Returns the remedy that removes the secret for `key` from this context and namespace: the whole Secret only if it is
/// its only key.
pub fn take_away(
    (kubectl, context, namespace): (&Kubectl, &str, &str),
    secret: &str,
    key: &str,
    is_only_one: bool,
) -> Remedy {
    if is_only_one {
        return delete(kubectl, context, namespace, secret).into();
    }
    taken_out(secret, key, context).into()
}

/// Returns the remedy that removes one data key of a Secret; only for a key whose access another key of it gives as
/// well.
pub(super) fn drop_key(found: &FoundSecret, key: &str) -> Remedy {
    if let Some(step) = kept(found) {
        return step.into();
    }
    if found.context.is_none() || found.facts.secret.immutable == Some(true) {
        return left_out(found, key).into();
    }
    let operations =
        serde_json::json!([{"op": "remove", "path": format!("/data/{}", pointer(key))}]);
    kubectl(found)
        .words("patch secret")
        .arg(found.name())
        .words("--type=json")
        .flag("-p", &operations.to_string())
        .into()
}

/// Returns the step for a Secret that another program would restore.
pub(super) fn kept(found: &FoundSecret) -> Option<String> {
    let whole = found.facts.with_managed_fields();
    kept_by(found, keeper(&whole.metadata, "Secret"))
}

fn kept_by(found: &FoundSecret, keeper: Option<String>) -> Option<String> {
    let keeper = keeper?;
    Some(format!(
        "change secret {} in its source: it is managed by {keeper}",
        named(found.name())
    ))
}

/// Returns a key as a part of a JSON pointer (RFC 6901).
fn pointer(key: &str) -> String {
    key.replace('~', "~0").replace('/', "~1")
}

#[cfg(test)]
mod tests {
    use super::super::facts::SecretFacts;
    use super::super::pool::SecretPool;
    use k8s_openapi::api::core::v1::Secret;

    use super::*;

    fn found(name: &str, keys: &[&str]) -> FoundSecret {
        let data: serde_json::Map<_, _> = keys
            .iter()
            .map(|key| ((*key).to_owned(), "".into()))
            .collect();
        let secret: Secret = serde_json::from_value(serde_json::json!({
            "metadata": {"name": name, "namespace": "istio-system", "labels": {"istio/multiCluster": "true"}},
            "data": data,
        }))
        .expect("it is a Secret");
        FoundSecret {
            facts: SecretFacts::split(secret, &SecretPool::of_tests()).0,
            ..FoundSecret::in_east()
        }
    }

    #[test]
    fn a_secret_is_made_in_the_place_of_another_one_by_what_create_does_not_refuse() {
        let usual = "istio-remote-secret-west";
        for (secret, keys, key, name, expected) in [
            (
                usual,
                &["west"][..],
                "west",
                "west",
                "kubectl mesh-secret create --context w --name west --into east --replace",
            ),
            (
                "older",
                &["west"],
                "west",
                "west",
                "kubectl mesh-secret delete secret/older --context east && kubectl mesh-secret create --context w --name west --into east",
            ),
            (
                "istio-remote-secret-old",
                &["old"],
                "old",
                "west",
                "kubectl mesh-secret delete secret/istio-remote-secret-old --context east && kubectl mesh-secret create --context w --name west --into east",
            ),
            (
                usual,
                &["old"],
                "old",
                "west",
                "kubectl mesh-secret delete secret/istio-remote-secret-west --context east && kubectl mesh-secret create --context w --name west --into east",
            ),
            (
                usual,
                &["west", "north"],
                "west",
                "west",
                "remove data key west from secret istio-remote-secret-west in context east, which has other keys, and then create the secret for cluster west again (kubectl mesh-secret create), from context w, into context east",
            ),
        ] {
            let remedy = make_in_place(&found(secret, keys), key, "w", name);
            assert_eq!(remedy, expected, "{secret} {keys:?}");
        }
        let mut immutable = found(usual, &["west"]);
        immutable.facts.secret_mut().immutable = Some(true);
        assert_eq!(
            make_in_place(&immutable, "west", "w", "west"),
            "kubectl mesh-secret delete secret/istio-remote-secret-west --context east && kubectl mesh-secret create --context w --name west --into east"
        );
        let mut unlabelled = found("older", &["west"]);
        unlabelled.facts.secret_mut().metadata.labels = None;
        assert_eq!(
            make_in_place(&unlabelled, "west", "w", "west"),
            "kubectl mesh-secret create --context w --name west --into east"
        );
    }

    #[test]
    fn what_somebody_else_keeps_is_changed_there() {
        let mut kept = found("older", &["old", "west"]);
        kept.facts.secret_mut().metadata.annotations = Some(
            [(
                "argocd.argoproj.io/tracking-id".to_owned(),
                "mesh:/Secret:istio-system/older".to_owned(),
            )]
            .into(),
        );
        for remedy in [
            make_in_place(&kept, "west", "w", "west"),
            remove(&kept, "west"),
            drop_key(&kept, "old"),
        ] {
            let start = "change secret older in its source: it is managed by ";
            assert!(remedy.to_string().starts_with(start), "{remedy}");
        }
        let anothers = found("istio-remote-secret-west", &["west"]);
        let mut anothers = anothers.facts.with_managed_fields();
        anothers.metadata.managed_fields = serde_json::from_value(serde_json::json!([
            {"manager": "their-script", "fieldsV1": {"f:data": {"f:west": {}}}}
        ]))
        .expect("it is an entry");
        let anothers = FoundSecret {
            context: Some("east".to_owned()),
            kubectl: FoundSecret::in_east().kubectl,
            ..FoundSecret::from_manifest(
                SecretFacts::split(anothers, &SecretPool::of_tests()),
                "istio-system",
            )
        };
        assert_eq!(
            make_in_place(&anothers, "west", "w", "west"),
            "create the secret for cluster west again (kubectl mesh-secret create), from context w, into context east, and add --force-conflicts, since secret istio-remote-secret-west belongs to their-script"
        );
    }

    #[test]
    fn only_a_secret_for_one_cluster_is_deleted_as_a_whole() {
        assert_eq!(
            remove(&found("s", &["west"]), "west"),
            "kubectl mesh-secret delete secret/s --context east"
        );
        let both = remove(&found("s", &["north", "west"]), "west");
        assert_eq!(both.kind(), "step");
    }

    #[test]
    fn a_key_is_dropped_by_one_word_whatever_is_in_its_name() {
        for (key, expected) in [
            (
                "old",
                r#"kubectl --context east -n istio-system patch secret s --type=json -p '[{"op":"remove","path":"/data/old"}]'"#,
            ),
            (
                "a/b~c\"d'e",
                r#"kubectl --context east -n istio-system patch secret s --type=json -p '[{"op":"remove","path":"/data/a~1b~0c\"d'\''e"}]'"#,
            ),
        ] {
            assert_eq!(drop_key(&found("s", &[key, "west"]), key), expected);
        }
    }
}
