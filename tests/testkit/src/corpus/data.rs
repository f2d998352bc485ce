//! The files of the corpus.

use std::collections::BTreeMap;
use std::fs;
use std::path::{Path, PathBuf};
use std::sync::Mutex;

use serde::Deserialize;
use serde::de::DeserializeOwned;
use serde_json::Value;

use crate::parts::workspace_dir;

/// The name of the file of the mesh, in the folder that a plugin is run in.
const MESH_FILE: &str = "mesh.yaml";

/// The variables of a cluster or of a remote secret.
pub(super) type Variables = BTreeMap<String, String>;

/// A mesh that is as it should be.
#[derive(Clone, Debug, Deserialize)]
#[serde(deny_unknown_fields)]
pub(super) struct Mesh {
    /// The mesh in one sentence.
    #[expect(dead_code, reason = "it is for who reads the file")]
    title: String,
    /// The objects and variables of every cluster that does not say otherwise.
    #[serde(default)]
    pub(super) every: Member,
    pub(super) clusters: BTreeMap<String, Member>,
    #[serde(default)]
    pub(super) secrets: Pairs,
}

/// A cluster: the objects that it is made of, and the variables in them.
#[derive(Clone, Debug, Default, Deserialize)]
pub(super) struct Member {
    /// Names of files in `objects`.
    pub(super) objects: Option<Vec<String>>,
    #[serde(flatten)]
    pub(super) variables: Variables,
}

/// The remote secrets of a mesh.
#[derive(Clone, Debug, Deserialize)]
#[serde(untagged)]
pub(super) enum Pairs {
    /// Each as `HOLDER -> REMOTE`.
    These(Vec<String>),
    /// `all`: each cluster with an istiod has one for each other cluster.
    All(String),
}

impl Default for Pairs {
    fn default() -> Self {
        Self::These(Vec::new())
    }
}

/// A mesh, what is changed in it, and what has to be found.
#[derive(Clone, Debug, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Case {
    /// The case in one sentence.
    pub title: String,
    pub(super) mesh: String,
    #[serde(default)]
    pub(super) clusters: BTreeMap<String, Member>,
    #[serde(default)]
    pub(super) secrets: BTreeMap<String, Option<Variables>>,
    #[serde(default)]
    pub(super) change: BTreeMap<String, Vec<Change>>,
    #[serde(default)]
    pub(super) istiods: BTreeMap<String, BTreeMap<String, Option<Istiod>>>,
    pub(super) gateways: Option<BTreeMap<String, BTreeMap<u16, String>>>,
    #[serde(default)]
    pub(super) contexts: BTreeMap<String, String>,
    #[serde(default)]
    pub(super) stopped: Vec<String>,
    #[serde(default)]
    pub(super) clocks: BTreeMap<String, i64>,
    arguments: Option<String>,
    /// The file of the mesh, which then selects the clusters.
    pub(super) file: Option<Value>,
    /// False where the servers of embedded clusters, which are on this machine, are to count as unreachable from other ones.
    #[serde(default = "yes")]
    loopback: bool,
    /// The findings, as [`super::findings`] writes them.
    pub findings: String,
}

/// A change of the objects of a cluster: one of the three.
#[derive(Clone, Debug, Deserialize)]
#[serde(untagged, deny_unknown_fields)]
pub(super) enum Change {
    Create { create: Value },
    Delete { delete: String },
    Patch { patch: String, with: Value },
}

/// A pod of istiod that does not say what it should.
#[derive(Clone, Debug, Default, Deserialize)]
pub(super) struct Istiod {
    /// Its status of all remote clusters.
    pub(super) status: Option<String>,
    /// The moment at which it started; long ago otherwise.
    pub(super) started: Option<String>,
    /// Nobody listens at its port.
    #[serde(default)]
    pub(super) silent: bool,
    /// Pages, such as `clusterz`: their JSON, a text, or a number for a status without a page.
    #[serde(flatten)]
    pub(super) pages: BTreeMap<String, Value>,
}

impl Case {
    /// Reads the case of a file.
    pub fn read(file: &Path) -> Self {
        one(file)
    }

    /// A case of a mesh without any change.
    pub fn of_mesh(mesh: &str) -> Self {
        Self {
            title: String::new(),
            mesh: mesh.to_owned(),
            clusters: BTreeMap::new(),
            secrets: BTreeMap::new(),
            change: BTreeMap::new(),
            istiods: BTreeMap::new(),
            gateways: None,
            contexts: BTreeMap::new(),
            stopped: Vec::new(),
            clocks: BTreeMap::new(),
            arguments: None,
            file: None,
            loopback: true,
            findings: String::new(),
        }
    }

    /// Writes the file of the mesh into the folder that a plugin is run in, if it has one.
    pub(super) fn write_file(&self, folder: &Path) {
        if let Some(file) = &self.file {
            // JSON is YAML too.
            let written = fs::write(folder.join(MESH_FILE), file.to_string());
            written.expect("a file can be written into an own folder");
        }
    }

    /// Returns whether it has flags of its own, or is about some of its clusters.
    pub fn has_own_arguments(&self) -> bool {
        self.arguments.is_some() || self.file.is_some() || !self.loopback
    }

    /// Returns whether something listens at the addresses of its gateways.
    pub fn has_gateways(&self) -> bool {
        self.gateways.is_some()
    }

    /// The flags that select the clusters, and leave the ports of gateways out unless the case has some.
    pub fn arguments(&self, contexts: &[&str]) -> String {
        let selected = || match self.file {
            Some(_) => format!("-f {MESH_FILE}"),
            None => format!("--context {}", contexts.join(",")),
        };
        let selected = self.arguments.clone().unwrap_or_else(selected);
        let without = " --no-probes --skip probe-*,ewg-l7-lb";
        let probes = self.gateways.as_ref().map_or(without, |_| "");
        let loopback = if self.loopback {
            "--allow-loopback "
        } else {
            ""
        };
        format!("{loopback}{selected}{probes}")
    }
}

fn yes() -> bool {
    true
}

/// All cases, in the order of their names.
pub fn case_files() -> Vec<PathBuf> {
    let folder = folder().join("cases");
    let mut files: Vec<PathBuf> = fs::read_dir(&folder)
        .unwrap_or_else(|error| panic!("{}: {error}", folder.display()))
        .map(|file| file.expect("a folder can be read to its end").path())
        .collect();
    files.sort();
    assert!(!files.is_empty(), "there are cases");
    files
}

/// The mesh of this name.
pub(super) fn mesh(name: &str) -> Mesh {
    one(&folder().join("meshes").join(format!("{name}.yaml")))
}

/// The objects of a file in `objects`, each read once.
pub(super) fn objects(name: &str) -> Vec<Value> {
    static READ: Mutex<BTreeMap<String, Vec<Value>>> = Mutex::new(BTreeMap::new());
    let mut read = READ.lock().expect("no one panics with the lock");
    let objects = read.entry(name.to_owned()).or_insert_with(|| {
        let file = folder().join("objects").join(format!("{name}.yaml"));
        serde_saphyr::from_multiple(&text(&file))
            .unwrap_or_else(|error| panic!("{}: {error}", file.display()))
    });
    objects.clone()
}

fn folder() -> PathBuf {
    workspace_dir().join("tests/corpus")
}

fn one<T: DeserializeOwned>(file: &Path) -> T {
    let value: Value = serde_saphyr::from_str(&text(file))
        .unwrap_or_else(|error| panic!("{}: {error}", file.display()));
    serde_json::from_value(value).unwrap_or_else(|error| panic!("{}: {error}", file.display()))
}

fn text(file: &Path) -> String {
    fs::read_to_string(file).unwrap_or_else(|error| panic!("{}: {error}", file.display()))
}
