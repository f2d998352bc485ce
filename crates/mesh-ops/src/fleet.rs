//! The clusters that a command is about, and reading all of them at once.

use mesh_client::{Kubeconfig, Overrides, Target, fan_out};
use mesh_model::Error;

/// The clusters of a command: those that can be tried, and those that the kubeconfig has no way to.
#[derive(Debug)]
pub struct Fleet {
    targets: Vec<Target>,
    lost: Vec<(String, Error)>,
}

impl Fleet {
    /// Returns the clusters of `contexts`, in their order; `None` is the current context.
    ///
    /// # Errors
    /// All contexts that cannot be used, joined.
    pub fn named(
        kubeconfig: &Kubeconfig,
        contexts: &[Option<String>],
        overrides: impl Fn(Option<&str>) -> Overrides,
    ) -> Result<Self, Error> {
        let (targets, wrong) = resolve(kubeconfig, contexts, overrides);
        match Error::all(
            wrong
                .into_iter()
                .map(|(_, error)| error)
                .collect::<Vec<_>>(),
        ) {
            Some(error) => Err(error),
            None => Ok(Self {
                targets,
                lost: Vec::new(),
            }),
        }
    }

    /// Returns the clusters of every context of the kubeconfig. A context that cannot be used was not asked for by name,
    /// so it is a result like the others.
    pub fn all(kubeconfig: &Kubeconfig, overrides: impl Fn(Option<&str>) -> Overrides) -> Self {
        let names = kubeconfig.context_names();
        let contexts: Vec<_> = names.map(|context| Some(context.to_owned())).collect();
        let (targets, mut lost) = resolve(kubeconfig, &contexts, overrides);
        lost.extend(kubeconfig.unreachable_contexts());
        Self { targets, lost }
    }

    /// Returns the clusters that can be tried, and the contexts that the kubeconfig has no way to.
    pub fn into_parts(self) -> (Vec<Target>, Vec<(String, Error)>) {
        (self.targets, self.lost)
    }

    /// Calls `read` for all clusters at once and returns each context's name with its result: first the clusters that
    /// could be tried, in the order of the contexts.
    pub async fn read<T, F>(
        self,
        mut read: impl FnMut(Target) -> F,
    ) -> Vec<(String, Result<T, Error>)>
    where
        F: Future<Output = Result<T, Error>>,
    {
        let mut results = fan_out(self.targets, |target| {
            let context = target.context().to_owned();
            let reading = read(target);
            async { (context, reading.await) }
        })
        .await;
        let lost = self.lost.into_iter();
        results.extend(lost.map(|(context, error)| (context, Err(error))));
        results
    }
}

type Resolved = (Vec<Target>, Vec<(String, Error)>);

fn resolve(
    kubeconfig: &Kubeconfig,
    contexts: &[Option<String>],
    overrides: impl Fn(Option<&str>) -> Overrides,
) -> Resolved {
    let (mut targets, mut wrong) = (Vec::new(), Vec::new());
    for context in contexts {
        match kubeconfig.target(&overrides(context.as_deref())) {
            Ok(target) => targets.push(target),
            Err(error) => wrong.push((context.clone().unwrap_or_default(), error)),
        }
    }
    (targets, wrong)
}
