//! The bounds of everything that is read of one cluster together: a time, and the length of its lists.

use std::sync::{Arc, Mutex, PoisonError};
use std::time::Duration;

use tokio::time::{Instant, timeout_at};

use super::answers::Deadline;
use super::{Cluster, ConnectFault};
use mesh_model::read::Read;
use mesh_model::snapshot::CutList;

/// The bounds of a cluster.
#[derive(Debug)]
pub(super) struct Bounds {
    ends: Deadline,
    most: usize,
    cut: Mutex<Vec<CutList>>,
}

impl Cluster {
    /// Returns the same cluster with bounds for everything that is read of it from now on: what is not answered within `time` is late,
    /// and of each list at most `most` objects are read.
    #[must_use]
    pub fn bounded(&self, time: Option<Duration>, most: usize) -> Self {
        self.with_bounds(Arc::new(Bounds {
            ends: time.map(|time| (Instant::now() + time, time)),
            most,
            cut: Mutex::default(),
        }))
    }

    /// Returns the lists of which only the beginning was read, each resource once.
    pub fn cut_lists(&self) -> Vec<CutList> {
        let cut = self.bounds().map(|bounds| {
            let cut = bounds.cut.lock();
            cut.unwrap_or_else(PoisonError::into_inner).clone()
        });
        cut.unwrap_or_default()
    }

    /// Returns what `work` reads, unless the cluster's time is up before.
    pub async fn in_time<T>(&self, work: impl Future<Output = Read<T>>) -> Read<T> {
        let Some((at, after)) = self.ends() else {
            return work.await;
        };
        let late = || Read::Late(ConnectFault::NoAnswer { after }.to_string().into());
        if self.is_over() {
            return late();
        }
        timeout_at(at, work).await.unwrap_or_else(|_| late())
    }

    /// Returns whether the cluster's time is up.
    pub(super) fn is_over(&self) -> bool {
        self.ends().is_some_and(|(at, _)| Instant::now() >= at)
    }

    /// Returns the time at which the cluster's time is up.
    pub(super) fn ends(&self) -> Deadline {
        self.bounds()?.ends
    }
}

impl Bounds {
    /// Returns the length of the next page, after `read` objects.
    pub(super) fn page(&self, page: u32, read: usize) -> u32 {
        let left = self.most.saturating_sub(read).max(1);
        u32::try_from(left).map_or(page, |left| page.min(left))
    }

    /// Cuts `items` where they are more than is read of a list, or as many and `is_more`; returns whether they were.
    pub(super) fn cut<R>(
        &self,
        resource: &str,
        items: &mut Vec<R>,
        is_more: bool,
        remaining: Option<i64>,
    ) -> bool {
        let all = items.len();
        if all < self.most || (all == self.most && !is_more) {
            return false;
        }
        items.truncate(self.most);
        let remaining = remaining.and_then(|more| usize::try_from(more).ok());
        let list = CutList {
            resource: resource.to_owned(),
            read: self.most,
            of: match remaining {
                Some(more) => Some(all + more),
                None => (!is_more).then_some(all),
            },
        };
        let mut cut = self.cut.lock().unwrap_or_else(PoisonError::into_inner);
        match cut.iter_mut().find(|one| one.resource == resource) {
            Some(known) if known.of < list.of => *known = list,
            Some(_) => (),
            None => cut.push(list),
        }
        true
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn bounds(most: usize) -> Bounds {
        Bounds {
            ends: None,
            most,
            cut: Mutex::default(),
        }
    }

    #[test]
    fn a_list_is_cut_where_it_is_longer() {
        for (read, is_more, remaining, kept, of) in [
            (2, true, None, 2, None),
            (3, false, None, 3, None),
            (3, true, None, 3, Some(None)),
            (3, true, Some(4), 3, Some(Some(7))),
            // Without pages all of it comes at once.
            (5, false, None, 3, Some(Some(5))),
        ] {
            let bounds = bounds(3);
            let mut items = vec![(); read];
            let is_cut = bounds.cut("pods", &mut items, is_more, remaining);
            assert_eq!((items.len(), is_cut), (kept, of.is_some()), "{read}");
            let cut = bounds.cut.into_inner().expect("nobody panicked");
            let found = cut.first().map(|list| (list.read, list.of));
            assert_eq!(found, of.map(|of| (3, of)), "{read}");
        }
    }

    #[test]
    fn a_page_is_no_longer_than_what_is_left() {
        for (most, read, page) in [(5000, 0, 500), (5000, 4800, 200), (2, 0, 2), (2, 2, 1)] {
            assert_eq!(bounds(most).page(500, read), page);
        }
    }
}
