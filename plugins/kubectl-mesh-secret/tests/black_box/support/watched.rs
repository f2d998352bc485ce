//! Two holders whose istiods can be asked, and what is left after a rotation beside them.

use mesh_testkit::command::Output;
use mesh_testkit::istiod::FakeIstiod;
use snapbox::{Data, assert_data_eq};

use super::{Mesh, golden_file};

/// The page that counts, which each look asks for once.
pub(crate) const METRICS: &str = "/metrics";
/// The page that lists clusters.
pub(crate) const CLUSTERZ: &str = "/debug/clusterz";
/// A rotation that ends by itself.
pub(crate) const LINE: &str = "rotate west";
/// A rotation whose wait times out soon.
pub(crate) const SHORT: &str = "rotate west --wait 1s";

/// The holders share a token.
pub(crate) struct Watched {
    pub(crate) mesh: Mesh,
    /// A manifest with the token that they have at first.
    old: String,
}

impl Watched {
    pub(crate) fn new() -> Self {
        let mesh = Mesh::sharing();
        let old = mesh.manifest("");
        mesh.clear();
        Self { mesh, old }
    }

    /// One istiod for each holder, east's first.
    pub(crate) fn istiods(&self) -> [FakeIstiod<'_>; 2] {
        let holders = self.mesh.holders();
        holders.map(|holder| FakeIstiod::start(holder, "istiod-1"))
    }

    /// Runs `line` to its end, which is that of the golden file `name`.
    pub(crate) fn says(&self, line: &str, name: &str) {
        self.is_said(&self.mesh.world.run(line).output(), name);
    }

    pub(crate) fn is_said(&self, output: &Output, name: &str) {
        let golden = Data::read_from(&golden_file("rotate_watch", name), None);
        assert_data_eq!(self.mesh.golden(output), golden);
    }

    /// Each holder's secret works; the token that they had at first does so as well, or not.
    pub(crate) fn is_left(&self, accepted: bool) {
        self.mesh.holders_work();
        assert_eq!(self.mesh.is_accepted(&self.old), accepted, "the old token");
    }

    /// The same command now revokes the token that they had at first.
    pub(crate) fn is_completed(&self) {
        self.mesh.world.run(LINE).output().expect_success();
        self.is_left(false);
    }
}
