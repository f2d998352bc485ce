//! The kit's world with two meshed clusters in it.

use std::ops::{Deref, DerefMut};
use std::path::{Path, PathBuf};

use mesh_testkit::black_box::{World, fill};
use mesh_testkit::embedded::Cluster;
use mesh_testkit::gateway::{Door, FakeGateway, MeshAuthority};

const PLUGIN: &str = env!("CARGO_BIN_EXE_kubectl-mesh_eastwest");

/// The SNI that a client from another network sends to the gateway.
const HELLO: &str = "outbound_.80_._.hello.default.svc.cluster.local";

/// East on net-a and west on net-b, of one root, each with a gateway that passes on to a workload.
pub(crate) struct Scene {
    world: World,
    pub(crate) east_gateway: FakeGateway,
    pub(crate) west_gateway: FakeGateway,
    pub(crate) east_mesh: MeshAuthority,
    pub(crate) west_mesh: MeshAuthority,
}

impl Scene {
    /// Everything as it should be.
    pub(crate) fn healthy() -> Self {
        let mut authorities = MeshAuthority::several(2);
        let west = authorities.remove(1);
        Self::of(authorities.remove(0), west)
    }

    /// The same with these authorities.
    pub(crate) fn of(east_mesh: MeshAuthority, west_mesh: MeshAuthority) -> Self {
        let [east, west] = ["east", "west"].map(|name| {
            Cluster::builder(name)
                .istio_crds()
                .gateway_api_crds()
                .start()
        });
        let mut scene = Self {
            world: World::of(PLUGIN, east, west),
            east_gateway: FakeGateway::start(),
            west_gateway: FakeGateway::start(),
            east_mesh,
            west_mesh,
        };
        fill(
            &scene.world.east,
            "net-a",
            scene.east_mesh.root_pem(),
            &scene.east_gateway.address(),
        );
        fill(
            &scene.world.west,
            "net-b",
            scene.west_mesh.root_pem(),
            &scene.west_gateway.address(),
        );
        for (gateway, mesh) in [
            (&scene.east_gateway, &scene.east_mesh),
            (&scene.west_gateway, &scene.west_mesh),
        ] {
            let hello = mesh.workload("spiffe://cluster.local/ns/default/sa/hello");
            gateway.open(15021, Door::Ready(200));
            gateway.open(15443, Door::Passthrough(hello, vec![HELLO.to_owned()]));
        }
        // The names are as wide as the addresses.
        let (east, west) = (scene.east_gateway.address(), scene.west_gateway.address());
        scene.world.keep((), &east, "EAST.GATEWAY.IP");
        scene.world.keep((), &west, "WEST.GATEWAY.IP");
        scene
    }

    /// Changes a Service, Pod or other object of west's gateway.
    pub(crate) fn edit_west(
        &self,
        resource: &str,
        name: &str,
        edit: impl FnOnce(&mut serde_json::Value),
    ) {
        self.west.edit(resource, "istio-system", name, edit);
    }
}

impl Deref for Scene {
    type Target = World;

    fn deref(&self) -> &World {
        &self.world
    }
}

impl DerefMut for Scene {
    fn deref_mut(&mut self) -> &mut World {
        &mut self.world
    }
}

/// The file of the golden text called `name` in the folder `folder`.
pub(crate) fn golden_file(folder: &str, name: &str) -> PathBuf {
    Path::new(env!("CARGO_MANIFEST_DIR"))
        .join("tests/black_box")
        .join(folder)
        .join(format!("{name}.txt"))
}
