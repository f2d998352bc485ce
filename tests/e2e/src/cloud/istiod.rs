//! istiod: its Deployment is what was installed, its pod a picture, and the process that works is started here with what the
//! Deployment says.

use anyhow::Result;
use mesh_testkit::real::Cluster;
use serde_json::Value;

const DEPLOYMENTS: &str = "/apis/apps/v1/namespaces/istio-system/deployments";

/// A value that the Deployment states but only a pod has: the place of a mounted file.
const OF_A_POD: &str = "KUBECONFIG";

/// istiod's own defaults, which the lab's process goes without otherwise
/// (`pilot/pkg/features/pilot.go` in Istio's module). With them it makes its webhooks known.
const WEBHOOKS: [(&str, &str); 2] = [
    ("INJECTION_WEBHOOK_CONFIG_NAME", "istio-sidecar-injector"),
    ("VALIDATION_WEBHOOK_CONFIG_NAME", "istio-istio-system"),
];

/// The variables of the istiod that runs; `None` where none does.
#[derive(Default)]
pub(super) struct Running(Option<Vec<(String, String)>>);

impl Running {
    /// Starts istiod where its Deployment has appeared or says something else, ends it where that is gone.
    pub(super) fn follow(&mut self, cluster: &Cluster) -> Result<()> {
        let path = format!("{DEPLOYMENTS}?labelSelector=app%3Distiod");
        let list = cluster.get(&path)?;
        let wanted = list["items"].get(0).map(variables);
        if self.0 == wanted {
            return Ok(());
        }
        match &wanted {
            Some(variables) => {
                let said = variables
                    .iter()
                    .map(|(name, value)| (name.as_str(), value.as_str()));
                let env: Vec<_> = WEBHOOKS.into_iter().chain(said).collect();
                cluster.start_istiod(&env)?;
            }
            None => cluster.stop_istiod()?,
        }
        self.0 = wanted;
        Ok(())
    }

    /// Ends it.
    pub(super) fn end(&mut self, cluster: &Cluster) {
        if self.0.take().is_some() {
            // The lab ends it with the cluster otherwise.
            let _ = cluster.stop_istiod();
        }
    }
}

fn variables(deployment: &Value) -> Vec<(String, String)> {
    let env = &deployment["spec"]["template"]["spec"]["containers"][0]["env"];
    let said = |entry: &Value| {
        let (name, value) = (entry["name"].as_str()?, entry["value"].as_str()?);
        (name != OF_A_POD).then(|| (name.to_owned(), value.to_owned()))
    };
    env.as_array()
        .into_iter()
        .flatten()
        .filter_map(said)
        .collect()
}
