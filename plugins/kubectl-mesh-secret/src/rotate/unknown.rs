//! Holders that have a token and get no new one, since neither the operator nor the remote cluster says that they are to. Pure.

use mesh_common::model::Error;
use mesh_common::model::command::Command;

use super::observe::Seen;
use super::plan::{Claim, Part, Rotation};

/// What is said of each of them, with what makes it a holder.
pub(super) fn unknown(rotation: &Rotation, seen: &Seen, namespace: &str) -> Vec<Error> {
    let place = |part: &Part| &seen.places[part.entry.place];
    let remote = seen.places[rotation.lineage.source].context();
    let old = rotation.with_old().filter(|part| place(part).named);
    old.filter(|part| !part.is_holder())
        .map(|part| {
            let which = format!(
                "secret {} in context {}",
                part.entry.name(),
                place(part).context()
            );
            let key = &part.entry.key;
            if part.claim == Claim::OtherName {
                return Error::refused(format!(
                    "{which} is for cluster {key}, and its token gives access to the cluster of context {remote}, which is not known by that name, so it gets no new one"
                ))
                .hint("find out why it is there, and if it is right, name the cluster that it gives access to with --remote-context");
            }
            let alike = rotation.parts.iter().filter(|one| {
                place(one).named && one.entry.key == *key && one.claim != Claim::OtherName
            });
            let mut contexts: Vec<&str> = alike.map(|one| place(one).context()).collect();
            contexts.dedup();
            let command = Command::new("kubectl mesh-secret rotate")
                .arg(key)
                .kubeconfig_of(place(part).cluster.target().kubectl())
                .flag("--context", &contexts.join(","))
                .istio_namespace(namespace);
            Error::refused(format!(
                "{which} has a token of the cluster of context {remote}, which does not record it as a holder, so it gets no new one: name it if it is to read that cluster, else delete it"
            ))
            .hint(command)
        })
        .collect()
}
