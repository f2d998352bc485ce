//! The values of sidecar injection in the injector's `ConfigMap`.

use k8s_openapi::api::core::v1::ConfigMap;
use serde_json::Value;

use crate::names::INJECTOR_CONFIG;
use crate::resources::Container;

/// Returns whether a container has the image that an injector replaces. Source: `files/gateway-injection-template.yaml` of the chart
/// istiod.
pub(crate) fn awaits_injection(container: &Container) -> bool {
    container.image.as_deref() == Some("auto")
}

/// The values of one injector.
pub(crate) struct InjectorValues<'a> {
    /// The revision of the injector, if its `ConfigMap` is named for one.
    pub revision: Option<&'a str>,
    /// The values of the chart; null if they are not JSON.
    values: Value,
}

impl<'a> InjectorValues<'a> {
    /// Returns the values of an injector's `ConfigMap`, or `None` for another one.
    ///
    /// Source: `templates/istiod-injector-configmap.yaml` of the chart istiod.
    pub(crate) fn of(map: &'a ConfigMap) -> Option<Self> {
        let rest = map
            .metadata
            .name
            .as_deref()?
            .strip_prefix(INJECTOR_CONFIG)?;
        let revision = match rest {
            "" => None,
            rest => Some(rest.strip_prefix('-')?),
        };
        let values = map.data.as_ref().and_then(|data| data.get("values"));
        let values = values.and_then(|text| serde_json::from_str(text).ok());
        Some(Self {
            revision,
            values: values.unwrap_or_default(),
        })
    }

    /// Returns whether there are values at all.
    pub(crate) fn is_readable(&self) -> bool {
        !self.values.is_null()
    }

    /// Returns a copy of the values with only the texts at these paths; `None` if there are no values.
    pub(crate) fn only(&self, paths: &[&[&str]]) -> Option<Value> {
        if !self.is_readable() {
            return None;
        }
        let mut kept = Value::Object(serde_json::Map::new());
        for path in paths {
            let found = path
                .iter()
                .try_fold(&self.values, |value, key| value.get(key));
            if let Some(found) = found.filter(|found| found.is_string()) {
                let place = path.iter().fold(&mut kept, |value, key| &mut value[*key]);
                *place = found.clone();
            }
        }
        Some(kept)
    }

    /// Returns `global.network`.
    pub(crate) fn network(&self) -> Option<&str> {
        self.values["global"]["network"].as_str()
    }

    /// Returns `global.multiCluster.clusterName`.
    pub(crate) fn cluster_name(&self) -> Option<&str> {
        self.values["global"]["multiCluster"]["clusterName"].as_str()
    }

    /// Returns `global.proxy.clusterDomain`, if it is not empty.
    pub(crate) fn cluster_domain(&self) -> Option<&str> {
        let domain = self.values["global"]["proxy"]["clusterDomain"].as_str();
        domain.filter(|domain| !domain.is_empty())
    }
}
