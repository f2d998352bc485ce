//! The pairs of clusters of which one needs a secret for the other. Pure.

/// The part of a cluster in the mesh.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Role {
    /// It has a control plane, which reads the others.
    Primary,
    /// It has none: it is only read.
    Remote,
}

/// Returns the pairs (remote cluster, holder) by the clusters' numbers, remote cluster by remote cluster: every primary holds a
/// secret for every other cluster.
pub(super) fn pairs(roles: &[Role]) -> Vec<(usize, usize)> {
    let numbers = 0..roles.len();
    numbers
        .clone()
        .flat_map(|remote| {
            numbers
                .clone()
                .filter(move |holder| *holder != remote)
                .map(move |holder| (remote, holder))
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
