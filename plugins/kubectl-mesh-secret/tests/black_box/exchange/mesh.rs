//! Three clusters of one mesh, and what all of them hold for each other.

use std::collections::BTreeMap;
use std::ops::{Deref, DerefMut};

use mesh_testkit::black_box;
use mesh_testkit::command::Output;
use mesh_testkit::embedded::Cluster;
use serde_json::Value;

use crate::support::{World, add_reader, golden_file, istiod, namespace};

/// The line that most tests begin with.
pub(crate) const EXCHANGE: &str = "exchange --context east,west,north --allow-loopback";

/// East, west and north, each with an istiod that names it.
pub(crate) struct Mesh {
    world: World,
    pub(crate) north: Cluster,
}

impl Mesh {
    /// Each with its reader and its token, so that nothing is to be made in a source.
    pub(crate) fn new() -> Self {
        let mesh = Self::fresh();
        for cluster in mesh.clusters() {
            add_reader(cluster);
        }
        mesh
    }

    /// Each as an installation without the reader leaves it.
    pub(crate) fn fresh() -> Self {
        let mut world = World::bare();
        let north = Cluster::start("north");
        let address = north.server_url().trim_start_matches("https://").to_owned();
        world.keep((), &address, "NORTH");
        world.keep((), &north.uid(), "[UID of NORTH]");
        let mesh = Self { world, north };
        for cluster in mesh.clusters() {
            cluster.create(namespace("istio-system"));
            cluster.create(istiod(cluster.name()));
        }
        mesh.write(&mesh.kubeconfig());
        mesh
    }

    pub(crate) fn clusters(&self) -> [&Cluster; 3] {
        [&self.world.east, &self.world.west, &self.north]
    }

    /// Admin of all three by token; none is the current context.
    pub(crate) fn kubeconfig(&self) -> mesh_testkit::kubeconfig::Kubeconfig {
        let north = &self.north;
        self.world
            .kubeconfig()
            .entry("north", north.kubeconfig_cluster(), north.kubeconfig_user())
    }

    /// Every remote secret by holder and name, with its UID and data.
    pub(crate) fn secrets(&self) -> BTreeMap<(String, String), (Value, Value)> {
        let clusters = self.clusters().into_iter();
        clusters
            .flat_map(|cluster| {
                let held = cluster.objects().into_iter().filter(is_remote_secret);
                held.map(|secret| {
                    let name = secret["metadata"]["name"].as_str().unwrap().to_owned();
                    let uid = secret["metadata"]["uid"].clone();
                    (
                        (cluster.name().to_owned(), name),
                        (uid, secret["data"].clone()),
                    )
                })
            })
            .collect()
    }

    /// `east: north west` for each holder, by the names of its remote secrets.
    pub(crate) fn held(&self) -> String {
        let mut held: BTreeMap<String, Vec<String>> = BTreeMap::new();
        for (holder, secret) in self.secrets().into_keys() {
            let source = secret.trim_start_matches("istio-remote-secret-").to_owned();
            held.entry(holder).or_default().push(source);
        }
        let lines = held
            .iter()
            .map(|(holder, sources)| format!("{holder}: {}", sources.join(" ")));
        lines.collect::<Vec<_>>().join(", ")
    }

    /// Every ordered pair has its secret, and there is no other.
    pub(crate) fn is_complete(&self) {
        assert_eq!(
            self.held(),
            "east: north west, north: east west, west: east north"
        );
    }

    /// Forgets what was asked of the clusters.
    pub(crate) fn forget(&self) {
        for cluster in self.clusters() {
            cluster.clear_recordings();
        }
    }

    /// All requests that were no GETs since then.
    pub(crate) fn writes(&self) -> Vec<String> {
        let clusters = self.clusters().into_iter();
        clusters
            .flat_map(|cluster| {
                let writes = black_box::writes(cluster).into_iter();
                writes.map(|write| format!("{} {write}", cluster.name()))
            })
            .collect()
    }

    /// A second run finds nothing to do.
    pub(crate) fn is_settled(&self) {
        self.forget();
        let again = self.run(EXCHANGE).output().expect_success();
        assert_eq!(self.writes(), Vec::<String>::new(), "{}", again.golden());
        assert_eq!(
            again.stdout.matches(" unchanged in context ").count(),
            6,
            "{}",
            again.golden()
        );
    }

    /// Compares what a run said with the golden file `name`. What is told of several clusters at once comes in no order, so
    /// the lines of standard error are sorted.
    pub(crate) fn told(&self, name: &str, output: &Output) {
        let mut lines: Vec<&str> = output.stderr.lines().collect();
        lines.sort_unstable();
        let sorted = Output {
            stderr: lines.into_iter().flat_map(|line| [line, "\n"]).collect(),
            ..output.clone()
        };
        self.is_golden(name, &sorted);
    }

    /// The same where the order is always the same.
    pub(crate) fn is_golden(&self, name: &str, output: &Output) {
        let golden = snapbox::Data::read_from(&golden_file("exchange/golden", name), None);
        snapbox::assert_data_eq!(self.golden(output), golden);
    }
}

fn is_remote_secret(object: &Value) -> bool {
    object["kind"] == "Secret" && object["metadata"]["labels"]["istio/multiCluster"] == "true"
}

impl Deref for Mesh {
    type Target = black_box::World;

    fn deref(&self) -> &black_box::World {
        &self.world
    }
}

impl DerefMut for Mesh {
    fn deref_mut(&mut self) -> &mut black_box::World {
        &mut self.world
    }
}
