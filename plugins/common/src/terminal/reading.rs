//! Reading several contexts at once, for reports: one that cannot be read costs only its own row.

use super::flags::ConnectFlags;
use crate::cluster::{Kubeconfig, Target, fan_out};
use crate::mesh::Error;

/// Does `read` in every context of the kubeconfig (`--all-contexts`) or in `named` ones (`None` is the current one), and
/// gives each context's name with what came of it: first those that could be tried, in the order given.
///
/// # Errors
/// Contexts that were named and cannot be used, joined. Who asks for every context did not ask for the broken one, so that
/// is a result like others.
pub async fn read_contexts<T, F>(
    kubeconfig: &Kubeconfig,
    connect: &ConnectFlags,
    all: bool,
    named: Vec<Option<String>>,
    mut read: impl FnMut(Target) -> F,
) -> Result<Vec<(String, Result<T, Error>)>, Error>
where
    F: Future<Output = Result<T, Error>>,
{
    let contexts = if all {
        let known = kubeconfig.context_names();
        known.map(|context| Some(context.to_owned())).collect()
    } else {
        named
    };
    let (mut targets, mut lost, mut wrong) = (Vec::new(), Vec::new(), Vec::new());
    for context in contexts {
        match kubeconfig.target(&connect.overrides(context.as_deref())) {
            Ok(target) => targets.push(target),
            Err(error) if all => lost.push((context.unwrap_or_default(), Err(error))),
            Err(error) => wrong.push(error),
        }
    }
    if let Some(error) = Error::all(wrong) {
        return Err(error);
    }
    let mut results = fan_out(targets, |target| {
        let context = target.context().to_owned();
        let reading = read(target);
        async { (context, reading.await) }
    })
    .await;
    results.append(&mut lost);
    Ok(results)
}
