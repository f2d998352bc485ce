//! Reads the file of a mesh.

use std::collections::BTreeMap;

use super::mesh::{Role, Topology, TopologyCluster};
use super::node::{Node, Value};
use crate::Error;
use crate::report::API_VERSION;

/// The kind of the file.
const KIND: &str = "Mesh";

/// The text of the file and where it comes from.
struct File<'a> {
    origin: &'a str,
}

impl Topology {
    /// Reads the file `origin` with this text. Keys that are not about clusters, roles and networks are left alone.
    ///
    /// # Errors
    /// The first fault, with its line and key.
    pub fn read(text: &str, origin: &str) -> Result<Self, Error> {
        let file = File { origin };
        let root = Node::of(text, origin)?;
        if !matches!(root.value, Value::Map(_)) {
            return Err(file.wrong(
                &root,
                "the file",
                &format!("is {}, not a map", root.value.word()),
            ));
        }
        for (key, wanted) in [("apiVersion", API_VERSION), ("kind", KIND)] {
            match file.text(&root, key, key)? {
                Some((found, _)) if found == wanted => {}
                Some((found, node)) => {
                    return Err(file.wrong(node, key, &format!("is {found:?}, not {wanted:?}")));
                }
                None => {
                    return Err(file.wrong(
                        &root,
                        key,
                        &format!("is missing: {wanted:?} is wanted"),
                    ));
                }
            }
        }
        let name = match file.map(&root, "metadata", "metadata")? {
            Some(metadata) => file.text(metadata, "name", "metadata.name")?,
            None => None,
        };
        let Some(spec) = file.map(&root, "spec", "spec")? else {
            return Err(file.wrong(&root, "spec", "is missing"));
        };
        let namespace = match file.map(spec, "istio", "spec.istio")? {
            Some(istio) => file.text(istio, "namespace", "spec.istio.namespace")?,
            None => None,
        };
        let clusters = file.clusters(spec)?;
        Ok(Self {
            origin: origin.to_owned(),
            name: name.map(|(name, _)| name.to_owned()),
            namespace: namespace.map(|(namespace, _)| namespace.to_owned()),
            clusters,
        })
    }
}

impl File<'_> {
    /// Returns the error for a value.
    fn wrong(&self, node: &Node, key: &str, what: &str) -> Error {
        Error::usage(format!("{}:{}: {key} {what}", self.origin, node.line))
    }

    /// Returns the text of a key, if it has one.
    fn text<'n>(
        &self,
        node: &'n Node,
        key: &str,
        path: &str,
    ) -> Result<Option<(&'n str, &'n Node)>, Error> {
        match node.get(key) {
            None => Ok(None),
            Some(found) => self.as_text(found, path).map(|text| Some((text, found))),
        }
    }

    fn as_text<'n>(&self, node: &'n Node, path: &str) -> Result<&'n str, Error> {
        match &node.value {
            Value::Text(text) if text.is_empty() => Err(self.wrong(node, path, "is empty")),
            Value::Text(text) => Ok(text),
            other @ (Value::Number | Value::Bool) => {
                let what = format!("is {}, not text: put it in quotes", other.word());
                Err(self.wrong(node, path, &what))
            }
            other => Err(self.wrong(node, path, &format!("is {}, not text", other.word()))),
        }
    }

    fn map<'n>(&self, node: &'n Node, key: &str, path: &str) -> Result<Option<&'n Node>, Error> {
        let found = node.get(key);
        match found.map(|found| (found, &found.value)) {
            None | Some((_, Value::Map(_))) => Ok(found),
            Some((found, other)) => {
                Err(self.wrong(found, path, &format!("is {}, not a map", other.word())))
            }
        }
    }

    fn clusters(&self, spec: &Node) -> Result<Vec<TopologyCluster>, Error> {
        const KEY: &str = "spec.clusters";
        let Some(list) = spec.get("clusters") else {
            return Err(self.wrong(spec, KEY, "is missing"));
        };
        let Value::List(items) = &list.value else {
            let what = format!("is {}, not a list", list.value.word());
            return Err(self.wrong(list, KEY, &what));
        };
        if items.is_empty() {
            return Err(self.wrong(list, KEY, "is empty"));
        }
        let mut clusters = Vec::new();
        for (number, item) in items.iter().enumerate() {
            clusters.push(self.cluster(item, &format!("{KEY}[{number}]"))?);
        }
        self.check_unique(items, &clusters)?;
        for ((number, item), cluster) in items.iter().enumerate().zip(&clusters) {
            self.check_control_planes((item, &format!("{KEY}[{number}]")), cluster, &clusters)?;
        }
        Ok(clusters)
    }

    fn cluster(&self, item: &Node, path: &str) -> Result<TopologyCluster, Error> {
        if !matches!(item.value, Value::Map(_)) {
            let what = format!("is {}, not a map", item.value.word());
            return Err(self.wrong(item, path, &what));
        }
        let text = |key: &str| self.text(item, key, &format!("{path}.{key}"));
        let Some((name, of_name)) = text("name")? else {
            return Err(self.wrong(item, &format!("{path}.name"), "is missing"));
        };
        let (context, of_context) = text("context")?.unwrap_or((name, of_name));
        let role = match text("role")? {
            None | Some(("primary", _)) => Role::Primary,
            Some(("remote", _)) => Role::Remote,
            Some(("external", _)) => Role::External,
            Some((other, node)) => {
                let what = format!("is {other:?}: one of primary, remote, external is wanted");
                return Err(self.wrong(node, &format!("{path}.role"), &what));
            }
        };
        Ok(TopologyCluster {
            name: name.to_owned(),
            context: context.to_owned(),
            role,
            control_planes: self.control_planes(item, path)?,
            network: text("network")?.map(|(network, _)| network.to_owned()),
            line: of_context.line,
        })
    }

    /// Returns the clusters of `controlPlane`, which is one name or a list.
    fn control_planes(&self, item: &Node, path: &str) -> Result<Vec<String>, Error> {
        let path = format!("{path}.controlPlane");
        let Some(node) = item.get("controlPlane") else {
            return Ok(Vec::new());
        };
        let Value::List(names) = &node.value else {
            return Ok(vec![self.as_text(node, &path)?.to_owned()]);
        };
        let names = names.iter().enumerate();
        let names = names.map(|(number, name)| self.as_text(name, &format!("{path}[{number}]")));
        names.map(|name| name.map(str::to_owned)).collect()
    }

    /// Checks that no two clusters have one name or one context.
    fn check_unique(&self, items: &[Node], clusters: &[TopologyCluster]) -> Result<(), Error> {
        let mut names: BTreeMap<&str, usize> = BTreeMap::new();
        let mut contexts: BTreeMap<&str, usize> = BTreeMap::new();
        for (number, cluster) in clusters.iter().enumerate() {
            let earlier = [
                ("name", &cluster.name, names.insert(&cluster.name, number)),
                (
                    "context",
                    &cluster.context,
                    contexts.insert(&cluster.context, number),
                ),
            ];
            for (key, value, earlier) in earlier {
                let Some(earlier) = earlier else {
                    continue;
                };
                let node = items[number].get(key).unwrap_or(&items[number]);
                let what = format!("is {value:?}, as that of spec.clusters[{earlier}] is");
                return Err(self.wrong(node, &format!("spec.clusters[{number}].{key}"), &what));
            }
        }
        Ok(())
    }

    /// Checks that the control planes of a remote are primaries, or one external cluster, and that nothing else has any.
    fn check_control_planes(
        &self,
        (item, path): (&Node, &str),
        cluster: &TopologyCluster,
        clusters: &[TopologyCluster],
    ) -> Result<(), Error> {
        let path = format!("{path}.controlPlane");
        let node = item.get("controlPlane").unwrap_or(item);
        let wrong = |what: &str| Err(self.wrong(node, &path, what));
        let names = &cluster.control_planes;
        match cluster.role {
            Role::Remote if names.is_empty() => {
                return wrong("is missing: a remote needs the name of its primary");
            }
            Role::Primary | Role::External if !names.is_empty() => {
                return wrong("is only for the role remote");
            }
            Role::Primary | Role::External | Role::Remote => {}
        }
        for name in names {
            let Some(leader) = clusters.iter().find(|other| other.name == *name) else {
                let known: Vec<&str> = clusters.iter().map(|one| one.name.as_str()).collect();
                return wrong(&format!(
                    "names {name:?}, and the clusters are {}",
                    known.join(", ")
                ));
            };
            match leader.role {
                Role::Remote => return wrong(&format!("names {name:?}, which is a remote itself")),
                Role::External if names.len() > 1 => {
                    return wrong(&format!("names {name:?}, which is external, and others"));
                }
                Role::External | Role::Primary => {}
            }
        }
        Ok(())
    }
}
