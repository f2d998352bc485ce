//! The data path with the gateway that the suite makes.

use mesh_e2e::plugin::{Desk, MESH_EASTWEST};
use mesh_testkit::command::Output;
use mesh_testkit::data_path::DataPath;
use mesh_testkit::environment;
use mesh_testkit::parts::{self, Part};

pub(crate) struct Scene {
    pub(crate) path: DataPath,
    desk: Desk,
}

impl Scene {
    /// With a gateway of west, and its services exposed through it; nothing where Envoy cannot be had, which is said and under
    /// CI is a failure.
    #[expect(
        clippy::print_stderr,
        reason = "a test that is left out must not look as if it passed"
    )]
    pub(crate) fn with_gateway() -> Option<Self> {
        if let Err(why) = parts::ensure(&[Part::Envoy]) {
            assert!(
                !environment::under_ci(),
                "Envoy cannot be had, which under CI is a failure: {why:#}"
            );
            eprintln!("left out, since Envoy cannot be had: {why:#}");
            return None;
        }
        // kubectl finds it beside the other plugins.
        parts::plugin(MESH_EASTWEST).unwrap();
        let path = DataPath::start().unwrap();
        let desk = Desk::over(&[path.east(), path.west()]);
        let mut scene = Self { path, desk };
        scene.apply_from("generate --network net-west --format manifest");
        scene.expose();
        scene.path.start_gateway().unwrap();
        Some(scene)
    }

    /// `expose services`, applied in west.
    pub(crate) fn expose(&self) {
        self.apply_from("expose services");
    }

    /// `kubectl mesh-eastwest LINE`.
    pub(crate) fn eastwest(&self, line: &str) -> Output {
        let words = ["mesh-eastwest"].into_iter().chain(line.split(' '));
        self.desk.kubectl(words).output()
    }

    fn apply_from(&self, line: &str) {
        let printed = self.eastwest(line).expect_success().stdout;
        self.path.west().apply(&printed).unwrap();
    }
}
