//! Entries of one file that are hidden by an earlier file, so that a context selects another cluster than in its own
//! file.
//!
//! kubectl silently uses the first entry of a name. That is right if a file exists to change entries of the next one.
//! It is wrong if two unrelated files happen to use the same name: a command for several clusters would then act twice
//! on one of them, or send one cluster's credential to the other.

use super::load::{Entries, Found, Kubeconfig};
use mesh_model::Error;

impl Kubeconfig {
    /// Refuses `context` if its own file has an entry that another file hides, and contexts of that other file use the
    /// first one.
    pub(super) fn not_mixed(&self, context: &Found, by_flag: [bool; 2]) -> Result<(), Error> {
        let kinds = [("cluster", &self.clusters), ("user", &self.users)];
        for ((kind, entries), by_flag) in kinds.into_iter().zip(by_flag) {
            if let Some(winner) = self.hides(context, kind, entries).filter(|_| !by_flag) {
                return Err(self.mixed(context, kind, winner));
            }
        }
        Ok(())
    }

    /// Returns the entry that is used in place of the one in the file of `context`.
    fn hides<'a>(&self, context: &Found, kind: &str, entries: &'a Entries) -> Option<&'a Found> {
        let name = context.entry.given(kind)?;
        entries.hidden(name, context.origin)?;
        let winner = entries.get(name)?;
        let mut users = self.contexts.of_origin(winner.origin);
        let is_used = users.any(|other| other.entry.given(kind) == Some(name));
        (is_used && winner.origin != context.origin).then_some(winner)
    }

    fn mixed(&self, context: &Found, kind: &str, winner: &Found) -> Error {
        let (own, first) = (&self.origins[context.origin], &self.origins[winner.origin]);
        Error::usage(format!(
            "context {} of kubeconfig {own} cannot be used: its {kind} {} is hidden by another {kind} of that name in {first}, which comes first",
            context.entry.name, winner.entry.name
        ))
        .hint(format!(
            "in {own}, give the {kind} {} a name of its own, and its context that name",
            winner.entry.name
        ))
    }

    /// Returns the contexts that no name selects, because an earlier file has another one of the same name: each with
    /// the reason.
    pub fn unreachable_contexts(&self) -> Vec<(String, Error)> {
        let hidden = self.contexts.all_hidden().iter();
        hidden
            .filter_map(|lost| {
                let name = &lost.entry.name;
                let winner = self.contexts.get(name)?;
                let differs = winner.entry.fields != lost.entry.fields
                    || self.hides(lost, "cluster", &self.clusters).is_some();
                if name.is_empty() || !differs {
                    return None;
                }
                let (own, first) = (&self.origins[lost.origin], &self.origins[winner.origin]);
                let sentence = format!(
                    "context {name} of kubeconfig {own} cannot be used: it is hidden by another context of that name in {first}, which comes first"
                );
                let error = Error::usage(sentence).hint(format!(
                    "in {own}, give the context {name}, its cluster and its user names of their own"
                ));
                Some((name.clone(), error))
            })
            .collect()
    }
}

#[cfg(test)]
mod tests {
    use crate::Overrides;
    use crate::kubeconfig::tests::{Files, context};

    /// Returns a file like those of tools that use the same names for every cluster.
    fn alike(context: &str, server: &str) -> String {
        format!(
            "clusters: [{{name: kubernetes, cluster: {{server: '{server}'}}}}]\n\
             users: [{{name: admin, user: {{token: s3cret-{context}}}}}]\n\
             contexts: [{{name: {context}, context: {{cluster: kubernetes, user: admin}}}}]\n"
        )
    }

    #[test]
    fn a_context_whose_cluster_another_file_hides_is_refused_with_both_files() {
        let east = alike("east", "https://east");
        let files = Files::new(&[("a", &east), ("b", &alike("west", "https://west"))]);
        let merged = files.load(&["a", "b"]).unwrap();
        let east = merged.target(&context("east")).unwrap();
        assert_eq!(east.server(), "https://east");
        let error = merged.target(&context("west")).unwrap_err();
        assert_eq!(
            files.plain(&error),
            "context west of kubeconfig b cannot be used: its cluster kubernetes is hidden by another cluster of that name in a, which comes first"
        );
        assert!(error.hints()[0].to_string().ends_with(
            "b, give the cluster kubernetes a name of its own, and its context that name"
        ));
        // In the other order, east cannot be used.
        let turned = files.load(&["b", "a"]).unwrap();
        assert!(turned.target(&context("west")).is_ok());
        assert!(turned.target(&context("east")).is_err());
        // Flags for the entries are explicit, so they are accepted.
        let named = Overrides {
            cluster: Some("kubernetes".to_owned()),
            user: Some("admin".to_owned()),
            ..context("west")
        };
        assert_eq!(merged.target(&named).unwrap().server(), "https://east");
    }

    #[test]
    fn a_users_name_alone_is_enough_to_send_a_credential_to_the_wrong_server() {
        let west = alike("west", "https://west").replace("kubernetes", "west");
        let files = Files::new(&[("a", &alike("east", "https://east")), ("b", &west)]);
        let error = files
            .load(&["a", "b"])
            .unwrap()
            .target(&context("west"))
            .unwrap_err();
        assert_eq!(
            files.plain(&error),
            "context west of kubeconfig b cannot be used: its user admin is hidden by another user of that name in a, which comes first"
        );
    }

    #[test]
    fn a_file_that_is_there_to_change_the_next_one_may_do_so() {
        let over = "clusters: [{name: kubernetes, cluster: {server: 'https://tunnel'}}]";
        let west = alike("west", "https://west");
        let files = Files::new(&[("a", over), ("b", &west), ("c", &west)]);
        let merged = files.load(&["a", "b"]).unwrap();
        let target = merged.target(&context("west")).unwrap();
        assert_eq!(target.server(), "https://tunnel");
        // An identical copy hides nothing.
        let copied = files.load(&["b", "c"]).unwrap();
        assert!(copied.target(&context("west")).is_ok());
        assert!(copied.unreachable_contexts().is_empty());
    }

    #[test]
    fn a_context_that_no_name_reaches_is_told() {
        let (one, other) = (
            alike("admin", "https://east"),
            alike("admin", "https://west"),
        );
        let files = Files::new(&[("a", &one), ("b", &other)]);
        let merged = files.load(&["a", "b"]).unwrap();
        assert!(merged.target(&context("admin")).is_ok());
        let lost = merged.unreachable_contexts();
        let lost: Vec<_> = lost
            .iter()
            .map(|(name, error)| (name.as_str(), files.plain(error)))
            .collect();
        assert_eq!(
            lost,
            [(
                "admin",
                "context admin of kubeconfig b cannot be used: it is hidden by another context of that name in a, which comes first".to_owned()
            )]
        );
    }
}
