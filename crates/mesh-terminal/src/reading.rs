//! The clusters that the flags select, and reading them.

use crate::flags::{AllContextFlags, ConnectFlags};
use mesh_client::{Kubeconfig, Target};
use mesh_model::Error;
use mesh_ops::Fleet;

/// Returns the clusters that the flags select, in their order.
///
/// # Errors All contexts that cannot be used, joined; and a flag that is only valid for one cluster, if there are
/// several.
pub fn targets(
    kubeconfig: &Kubeconfig,
    connect: &ConnectFlags,
    contexts: &[Option<String>],
) -> Result<Vec<Target>, Error> {
    connect.for_one(contexts.len())?;
    let contexts = contexts.iter();
    Error::gather(contexts.map(|context| kubeconfig.target(&connect.overrides(context.as_deref()))))
}

/// Calls `read` for the contexts that the flags select, all at once, and returns each context's name with its result.
///
/// # Errors
/// Named contexts that cannot be used, joined; and a flag that is only valid for one cluster, if there are several.
pub async fn read_contexts<T, F>(
    kubeconfig: &Kubeconfig,
    connect: &ConnectFlags,
    contexts: &AllContextFlags,
    read: impl FnMut(Target) -> F,
) -> Result<Vec<(String, Result<T, Error>)>, Error>
where
    F: Future<Output = Result<T, Error>>,
{
    let named = contexts.resolve(kubeconfig);
    connect.for_one(named.len())?;
    let overrides = |context: Option<&str>| connect.overrides(context);
    let fleet = if contexts.all_contexts {
        Fleet::all(kubeconfig, overrides)
    } else {
        Fleet::named(kubeconfig, &named, overrides)?
    };
    Ok(fleet.read(read).await)
}
