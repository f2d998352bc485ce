//! Every read that fails alone, and every cluster that cannot be worked with: what that costs.

use mesh_testkit::black_box::{
    self, Asked, Narrowed, Over, Stage, costs_itself_alone, costs_itself_alone_over,
    each_read_alone, each_read_of_a_write_alone,
};
use mesh_testkit::embedded::Cluster;
use mesh_testkit::kubeconfig::{Kubeconfig, User};

use crate::exchange::mesh::{EXCHANGE, Mesh as Exchange};
use crate::list::{LIST, secret, wired};
use crate::support::{
    Mesh, USUAL, World, add_reader, golden_file, istiod, namespace, reader_token,
};

/// Both clusters hold a secret for the other, and west some more that something is wrong with: one that leads to west itself,
/// one without a label, one in another namespace.
fn world() -> World {
    let world = wired();
    let kubeconfig = |world: &World| {
        Kubeconfig::single("c", world.west.kubeconfig_cluster(), User::new().token("t"))
    };
    let itself = secret("itself", "istio-system", "west", &kubeconfig(&world));
    let mut unlabelled = secret(
        "istio-remote-secret-x",
        "istio-system",
        "x",
        &kubeconfig(&world),
    );
    unlabelled["metadata"]["labels"] = serde_json::Value::Null;
    let elsewhere = secret("istio-remote-secret-y", "default", "y", &kubeconfig(&world));
    for secret in [itself, unlabelled, elsewhere] {
        world.west.create(secret);
    }
    world
}

#[test]
fn each_read_that_fails_alone_costs_what_depends_on_it() {
    let broken = world();
    let fine = wired();
    for (name, world, line, is_report) in [
        (
            "list",
            &broken,
            "list --context east,west --allow-loopback -o json",
            true,
        ),
        (
            "inspect",
            &broken,
            "inspect --context west --allow-loopback -o json",
            true,
        ),
        (
            "inspect_probe",
            &broken,
            "inspect --context east --allow-loopback --probe -o json",
            true,
        ),
        (
            "create",
            &fine,
            "create --context west --into east --allow-loopback --dry-run",
            false,
        ),
    ] {
        let golden = golden_file("nothing_passed_over", name);
        each_read_alone(&golden, world, &world.west, Asked { line, is_report });
    }
}

fn stage(world: &World) -> Stage<'_> {
    Stage {
        world,
        clusters: vec![&world.east, &world.west],
    }
}

fn of_mesh(mesh: &Mesh) -> Stage<'_> {
    Stage {
        world: &mesh.world,
        clusters: mesh.clusters().to_vec(),
    }
}

/// East and west as an installation without the reader leaves them.
fn fresh() -> World {
    let world = World::bare();
    for cluster in [&world.east, &world.west] {
        cluster.create(namespace("istio-system"));
        cluster.create(istiod(cluster.name()));
    }
    world
}

/// The same, and west has its reader and its token.
fn ready() -> World {
    let world = fresh();
    world.add_reader();
    world
}

/// The same, and east has its own too.
fn ready_both() -> World {
    let world = ready();
    add_reader(&world.east);
    world
}

const INTO: &str = "create --context west --into east --allow-loopback";

/// East holds a secret for west.
fn given() -> World {
    let world = ready();
    world.run(INTO).output().expect_success();
    world
}

/// The same by `kubectl apply`, so that west does not know who holds its token; its istiod calls it prod.
fn given_by_hand() -> World {
    let world = World::new();
    world.west.create(istiod("prod"));
    let kubeconfig = Kubeconfig::single(
        "west",
        world.west.kubeconfig_cluster(),
        User::new().token(&reader_token(&world.west)),
    );
    let secret = secret(
        "istio-remote-secret-prod",
        "istio-system",
        "prod",
        &kubeconfig,
    );
    world.east.create_as("kubectl-client-side-apply", secret);
    world
}

/// The command `line`, once for each read of `cluster` that it makes.
fn table<W>(
    new: impl Fn() -> W,
    stage: impl for<'w> Fn(&'w W) -> Stage<'w>,
    (name, cluster): (&str, &str),
    line: &str,
) {
    let golden = golden_file("nothing_passed_over", &format!("{name}_{cluster}"));
    let narrowed = Narrowed {
        line,
        cluster,
        idle: &[],
    };
    each_read_of_a_write_alone(&golden, new, stage, narrowed);
}

#[test]
fn each_read_of_create_into_a_holder() {
    for cluster in ["east", "west"] {
        table(ready, stage, ("into", cluster), INTO);
    }
}

#[test]
fn each_read_of_create_with_a_name_and_a_token_of_the_holders_own() {
    let line = format!("{INTO} --name west --token-duration 1h");
    for cluster in ["east", "west"] {
        table(ready, stage, ("into_bound", cluster), &line);
    }
}

#[test]
fn each_read_of_create_that_makes_the_reader() {
    table(fresh, stage, ("into_fresh", "west"), INTO);
}

#[test]
fn each_read_of_exchange() {
    let line = "exchange --context east,west --allow-loopback";
    table(fresh, stage, ("exchange", "west"), line);
}

#[test]
fn each_read_of_exchange_with_names_and_tokens_of_the_holders_own() {
    let line = "exchange --context east,west --allow-loopback --name east=east --name west=west --token-duration 1h";
    table(ready_both, stage, ("exchange_bound", "west"), line);
}

#[test]
fn each_read_of_delete() {
    let line = "delete west --context east --revoke --yes";
    table(given, stage, ("delete", "west"), line);
    // Every context is asked for the Secret that the token ends with, and west has it.
    let idle = format!("/api/v1/namespaces/istio-system/secrets/{USUAL}");
    let golden = golden_file("nothing_passed_over", "delete_east");
    let narrowed = Narrowed {
        line,
        cluster: "east",
        idle: &[&idle],
    };
    each_read_of_a_write_alone(&golden, given, stage, narrowed);
}

#[test]
fn each_read_of_delete_of_a_secret_that_no_record_knows() {
    let golden = golden_file("nothing_passed_over", "delete_unrecorded_west");
    let narrowed = Narrowed {
        line: "delete prod --context east --revoke --yes",
        cluster: "west",
        // Its istiod calls it so already.
        idle: &["/api/v1/namespaces/kube-system"],
    };
    each_read_of_a_write_alone(&golden, given_by_hand, stage, narrowed);
}

#[test]
fn each_read_of_rotate() {
    for cluster in ["east", "west"] {
        let line = "rotate west --revoke-unseen";
        table(Mesh::sharing, of_mesh, ("rotate", cluster), line);
    }
}

#[test]
fn each_read_of_rotate_of_a_holder_that_no_record_knows() {
    let line = "rotate prod --context east --no-other-holders --revoke-unseen";
    table(given_by_hand, stage, ("rotate_unrecorded", "west"), line);
}

#[test]
fn each_read_of_rotate_where_tokens_end() {
    let new = || Mesh::with("--token-duration 2h");
    for cluster in ["east", "west"] {
        let line = "rotate west --revoke-unseen";
        table(new, of_mesh, ("rotate_bound", cluster), line);
    }
}

#[test]
fn a_cluster_that_cannot_be_worked_with_costs_itself_alone() {
    let shows_east = |_: &black_box::World, stdout: &str| stdout.contains("east");
    costs_itself_alone(wired, &LIST.replace(" --context east,west", ""), shows_east);
    costs_itself_alone(wired, "inspect --allow-loopback", shows_east);
    costs_itself_alone(wired_for_north, "delete north --yes", |world, _| {
        let gone = world
            .east
            .get("secrets", "istio-system", "istio-remote-secret-north");
        gone.is_none()
    });
}

#[test]
fn a_cluster_that_cannot_be_worked_with_costs_itself_alone_where_secrets_are_made() {
    let has = |mesh: &Exchange, cluster: &Cluster, name: &str| {
        let secrets = mesh.secrets().into_keys();
        let name = format!("istio-remote-secret-{name}");
        let one = (cluster.name().to_owned(), name);
        secrets.into_iter().any(|known| known == one)
    };
    let over = Over {
        both: "exchange --context east,west,north --allow-loopback --request-timeout 5s",
        alone: "exchange --context west,east --allow-loopback --request-timeout 5s",
    };
    costs_itself_alone_over(Exchange::new, over, |mesh, _| {
        has(mesh, &mesh.east, "north") && has(mesh, &mesh.north, "east")
    });
    let over = Over {
        both: "create --context north --into east,west --allow-loopback --request-timeout 5s",
        alone: "create --context north --into west --allow-loopback --request-timeout 5s",
    };
    costs_itself_alone_over(Exchange::new, over, |mesh, _| {
        has(mesh, &mesh.east, "north")
    });
    // Without its source there is nothing to give.
    let over = Over {
        both: "create --context north --into east,west --allow-loopback --request-timeout 5s",
        alone: "create --context west --into east --allow-loopback --request-timeout 5s",
    };
    costs_itself_alone_over(Exchange::new, over, |mesh, _| {
        has(mesh, &mesh.east, "north")
    });
}

#[test]
fn a_cluster_that_cannot_be_worked_with_costs_itself_alone_where_tokens_are_replaced() {
    let wired = || {
        let mesh = Exchange::new();
        mesh.run(EXCHANGE).output().expect_success();
        mesh
    };
    let rotated = |_: &Exchange, stdout: &str| stdout.contains("rotated in context east");
    for what in ["north", "--all"] {
        let line = format!("rotate {what} --revoke-unseen --request-timeout 5s --context");
        let over = Over {
            both: &format!("{line} east,west"),
            alone: &format!("{line} west"),
        };
        costs_itself_alone_over(wired, over, rotated);
    }
}

/// Both hold a secret for a third cluster that is gone.
fn wired_for_north() -> World {
    let world = World::new();
    let kubeconfig =
        Kubeconfig::single("c", world.west.kubeconfig_cluster(), User::new().token("t"));
    for cluster in [&world.east, &world.west] {
        cluster.create(secret(
            "istio-remote-secret-north",
            "istio-system",
            "north",
            &kubeconfig,
        ));
    }
    world
}
