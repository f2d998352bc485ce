//! One piece of work over many clusters at once.

use futures::StreamExt;

/// How many clusters are worked on at the same time.
pub const CLUSTERS_AT_ONCE: usize = 64;

/// Runs `work` on every item, at most [`CLUSTERS_AT_ONCE`] at a time, and gives the results in the order of the items.
///
/// Nothing here bounds the time: each piece of work is bounded by its own time-outs.
pub async fn fan_out<I, F, R>(
    items: impl IntoIterator<Item = I>,
    work: impl FnMut(I) -> F,
) -> Vec<R>
where
    F: Future<Output = R>,
{
    futures::stream::iter(items.into_iter().map(work))
        .buffered(CLUSTERS_AT_ONCE)
        .collect()
        .await
}
