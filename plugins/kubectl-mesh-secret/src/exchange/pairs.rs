//! Which cluster needs a secret for which. Pure.

/// What a cluster is in the mesh.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Role {
    /// It has a control plane, which reads the others.
    Primary,
    /// It has none: it is only read.
    Remote,
}

/// The pairs (source, holder) by the clusters' numbers, source by source: every primary holds a secret for every other
/// cluster.
pub(super) fn pairs(roles: &[Role]) -> Vec<(usize, usize)> {
    let numbers = 0..roles.len();
    numbers
        .clone()
        .flat_map(|source| {
            numbers
                .clone()
                .filter(move |holder| *holder != source)
                .map(move |holder| (source, holder))
        })
        .filter(|(_, holder)| roles[*holder] == Role::Primary)
        .collect()
}

#[cfg(test)]
mod tests {
    use super::Role::{Primary, Remote};
    use super::*;

    #[test]
    fn primaries_read_all_others_and_remotes_read_none() {
        assert_eq!(
            pairs(&[Primary, Primary, Primary]),
            [(0, 1), (0, 2), (1, 0), (1, 2), (2, 0), (2, 1)]
        );
        assert_eq!(pairs(&[Primary, Remote, Remote]), [(1, 0), (2, 0)]);
        assert_eq!(
            pairs(&[Primary, Primary, Remote]),
            [(0, 1), (1, 0), (2, 0), (2, 1)]
        );
        assert_eq!(pairs(&[Primary]), []);
    }
}
