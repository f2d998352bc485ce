//! Concurrent work on many clusters.

use std::cell::RefCell;

use futures::StreamExt;
use futures::future::LocalBoxFuture;

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
    let results = RefCell::new(Vec::new());
    let mut tasks = items.into_iter().enumerate().map(|(number, item)| {
        let (results, result) = (&results, work(item));
        let task = async move {
            let result = result.await;
            let mut results = results.borrow_mut();
            if results.len() <= number {
                results.resize_with(number + 1, || None);
            }
            results[number] = Some(result);
        };
        Box::pin(task) as LocalBoxFuture<'_, ()>
    });
    run(&mut tasks).await;
    drop(tasks);
    results.into_inner().into_iter().flatten().collect()
}

/// Runs the tasks. Of the machinery for that a program has one copy, not one for each kind of work.
async fn run(tasks: &mut dyn Iterator<Item = LocalBoxFuture<'_, ()>>) {
    let mut running = futures::stream::iter(tasks).buffer_unordered(CLUSTERS_AT_ONCE);
    while running.next().await.is_some() {}
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
