//! Concurrent work on many clusters.

use futures::StreamExt;

/// The number of clusters that are worked on at the same time.
pub const CLUSTERS_AT_ONCE: usize = 64;

/// Runs `work` on every item, at most [`CLUSTERS_AT_ONCE`] at a time, and returns the results in the order of the
/// items.
///
/// A slow item does not delay the others. There is no time limit here: each piece of work has its own timeouts.
pub async fn fan_out<I, F, R>(
    items: impl IntoIterator<Item = I>,
    mut work: impl FnMut(I) -> F,
) -> Vec<R>
where
    F: Future<Output = R>,
{
    let numbered = items.into_iter().enumerate().map(|(number, item)| {
        let done = work(item);
        async move { (number, done.await) }
    });
    let mut results: Vec<_> = futures::stream::iter(numbered)
        .buffer_unordered(CLUSTERS_AT_ONCE)
        .collect()
        .await;
    results.sort_unstable_by_key(|(number, _)| *number);
    results.into_iter().map(|(_, result)| result).collect()
}

#[cfg(test)]
mod tests {
    use std::cell::Cell;
    use std::time::Duration;

    use super::{CLUSTERS_AT_ONCE, fan_out};

    #[tokio::test(start_paused = true)]
    async fn results_keep_the_order_and_the_cap_holds() {
        let (running, most) = (Cell::new(0), Cell::new(0));
        let (running, most) = (&running, &most);
        let results = fan_out(0..200_u64, |n| async move {
            running.set(running.get() + 1);
            most.set(most.get().max(running.get()));
            tokio::time::sleep(Duration::from_millis(200 - n)).await;
            running.set(running.get() - 1);
            n
        })
        .await;
        assert_eq!(results, (0..200).collect::<Vec<_>>());
        assert_eq!(most.get(), CLUSTERS_AT_ONCE);
    }

    #[tokio::test(start_paused = true)]
    async fn a_slow_item_holds_up_no_other() {
        let start = tokio::time::Instant::now();
        fan_out(0..500_u64, |n| {
            tokio::time::sleep(Duration::from_millis(if n == 0 { 1000 } else { 10 }))
        })
        .await;
        assert_eq!(start.elapsed(), Duration::from_secs(1));
    }
}
