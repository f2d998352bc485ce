//! `rotate` beside istiods that can be asked: nothing is revoked before each of them has taken the new secret, whatever they
//! do instead. That these istiods say what real ones say is held against real ones in the suite's e2e tests.

use mesh_testkit::istiod::{FakeIstiod, Page};
use snapbox::{assert_data_eq, file};

use crate::support::{Mesh, NAMESPACE, SECRET};

#[test]
fn istiods_that_take_the_new_secret_let_the_old_token_end() {
    let mesh = Mesh::sharing();
    let _istiods = mesh.holders().map(|holder| FakeIstiod::start(holder, "istiod-1"));
    let manifest = mesh.manifest("");
    let output = mesh.world.run("rotate west").output();
    assert_data_eq!(mesh.golden(&output), file!["rotate_watch/taken.txt"]);
    mesh.holders_work();
    assert!(!mesh.is_accepted(&manifest));
}
