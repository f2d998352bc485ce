//! The file of a mesh as it is read, and every fault of one.

use super::{ExpectedPair, Role, Topology};

const HEAD: &str = "apiVersion: mesh.istio-multicluster.dev/v1alpha1\nkind: Mesh\n";

fn read(text: &str) -> Result<Topology, String> {
    let text = format!("{HEAD}{text}");
    Topology::read(&text, "mesh.yaml").map_err(|error| error.to_string())
}

fn pairs(topology: &Topology) -> Vec<String> {
    let pairs = topology.expected_pairs().into_iter();
    let pairs = pairs.map(|ExpectedPair { holder, remote }| format!("{holder} {remote}"));
    pairs.collect()
}

#[test]
fn the_full_form_is_read_and_other_keys_are_left_alone() {
    let text = "metadata: {name: mesh1, labels: {a: b}}\n\
        spec:\n  meshID: m\n  istio: {version: \"1.31\", namespace: mesh, values: {pilot: {cpu: 1}}}\n  trust: {ca: files}\n\
        \x20 clusters:\n  - {name: east, context: ctx-east, network: net-a, installer: none}\n\
        \x20 - name: west\n    role: primary\n  - {name: edge, role: remote, controlPlane: [east, west], server: \"\"}\n";
    let topology = read(text).expect("it is a mesh");
    assert_eq!(topology.name.as_deref(), Some("mesh1"));
    assert_eq!(topology.namespace.as_deref(), Some("mesh"));
    let [east, west, edge] = topology.clusters.as_slice() else {
        panic!("{topology:?}");
    };
    assert_eq!((east.context.as_str(), east.line), ("ctx-east", 9));
    assert_eq!(east.network.as_deref(), Some("net-a"));
    assert_eq!((west.context.as_str(), west.line), ("west", 10));
    assert_eq!((edge.role, edge.control_planes.len()), (Role::Remote, 2));
    assert_eq!(
        pairs(&topology),
        [
            "ctx-east west",
            "ctx-east edge",
            "west ctx-east",
            "west edge"
        ]
    );
    let kubeconfig = ["ctx-east", "west", "edges"];
    let error = topology.check_contexts(&kubeconfig);
    let error = error.expect_err("edge is not there");
    assert_eq!(
        error.to_string(),
        "mesh.yaml:12: the kubeconfig has no context \"edge\", which cluster \"edge\" is read through"
    );
    assert_eq!(
        topology.check_contexts(&["ctx-east", "west", "edge"]).ok(),
        Some(())
    );
}

#[test]
fn of_an_external_control_plane_no_pair_is_expected() {
    let text = "spec:\n  clusters:\n  - {name: hub, role: external}\n  - {name: a, role: remote, controlPlane: hub}\n  - {name: b, role: remote, controlPlane: hub}\n";
    assert_eq!(pairs(&read(text).expect("it is a mesh")), [""; 0]);
}

#[test]
#[expect(clippy::too_many_lines, reason = "one row a fault")]
fn every_fault_is_told_with_its_line_and_key() {
    let cluster = |line: &str| format!("spec:\n  clusters:\n  - {{name: east}}\n  - {line}\n");
    for (text, expected) in [
        (String::new(), "mesh.yaml:1: spec is missing"),
        (
            "spec: 3\n".to_owned(),
            "mesh.yaml:3: spec is a number, not a map",
        ),
        (
            "spec: {istio: x}\n".to_owned(),
            "mesh.yaml:3: spec.istio is text, not a map",
        ),
        (
            "spec: {istio: {namespace: 1}}\n".to_owned(),
            "mesh.yaml:3: spec.istio.namespace is a number, not text: put it in quotes",
        ),
        (
            "spec: {a: b}\n".to_owned(),
            "mesh.yaml:3: spec.clusters is missing",
        ),
        (
            "spec: {clusters: {}}\n".to_owned(),
            "mesh.yaml:3: spec.clusters is a map, not a list",
        ),
        (
            "spec: {clusters: []}\n".to_owned(),
            "mesh.yaml:3: spec.clusters is empty",
        ),
        (
            cluster("east"),
            "mesh.yaml:6: spec.clusters[1] is text, not a map",
        ),
        (
            cluster("{network: n}"),
            "mesh.yaml:6: spec.clusters[1].name is missing",
        ),
        (
            cluster("{name: true}"),
            "mesh.yaml:6: spec.clusters[1].name is true or false, not text: put it in quotes",
        ),
        (
            cluster("{name: ''}"),
            "mesh.yaml:6: spec.clusters[1].name is empty",
        ),
        (
            cluster("{name: west, network: [a]}"),
            "mesh.yaml:6: spec.clusters[1].network is a list, not text",
        ),
        (
            cluster("{name: east, context: w}"),
            "mesh.yaml:6: spec.clusters[1].name is \"east\", as that of spec.clusters[0] is",
        ),
        (
            cluster("{name: west, context: east}"),
            "mesh.yaml:6: spec.clusters[1].context is \"east\", as that of spec.clusters[0] is",
        ),
        (
            cluster("{name: west, role: secondary}"),
            "mesh.yaml:6: spec.clusters[1].role is \"secondary\": one of primary, remote, external is wanted",
        ),
        (
            cluster("{name: west, role: remote}"),
            "mesh.yaml:6: spec.clusters[1].controlPlane is missing: a remote needs the name of its primary",
        ),
        (
            cluster("{name: west, controlPlane: east}"),
            "mesh.yaml:6: spec.clusters[1].controlPlane is only for the role remote",
        ),
        (
            cluster("{name: west, role: remote, controlPlane: north}"),
            "mesh.yaml:6: spec.clusters[1].controlPlane names \"north\", and the clusters are east, west",
        ),
        (
            cluster("{name: west, role: remote, controlPlane: west}"),
            "mesh.yaml:6: spec.clusters[1].controlPlane names \"west\", which is a remote itself",
        ),
        (
            cluster("{name: west, role: remote, controlPlane: [east, 1]}"),
            "mesh.yaml:6: spec.clusters[1].controlPlane[1] is a number, not text: put it in quotes",
        ),
        (
            cluster(
                "{name: hub, role: external}\n  - {name: w, role: remote, controlPlane: [hub, east]}",
            ),
            "mesh.yaml:7: spec.clusters[2].controlPlane names \"hub\", which is external, and others",
        ),
        (
            "spec: {}\n---\nspec: {}\n".to_owned(),
            "mesh.yaml:5: it has a second document, and one mesh is wanted",
        ),
        (
            "spec: {}\nspec: {}\n".to_owned(),
            "mesh.yaml:4: it is not YAML, or has a key twice",
        ),
        (
            "spec: }\n".to_owned(),
            "mesh.yaml:3: it is not YAML, or has a key twice",
        ),
    ] {
        assert_eq!(read(&text).err().as_deref(), Some(expected), "{text}");
    }
    for (text, expected) in [
        ("", "mesh.yaml: it is empty"),
        ("[]", "mesh.yaml:1: the file is a list, not a map"),
        (
            "a: b",
            "mesh.yaml:1: apiVersion is missing: \"mesh.istio-multicluster.dev/v1alpha1\" is wanted",
        ),
        (
            "apiVersion: mesh.istio-multicluster.dev/v1alpha1\nkind: MeshSnapshot",
            "mesh.yaml:2: kind is \"MeshSnapshot\", not \"Mesh\"",
        ),
    ] {
        let error = Topology::read(text, "mesh.yaml").map_err(|error| error.to_string());
        assert_eq!(error.err().as_deref(), Some(expected), "{text}");
    }
}
