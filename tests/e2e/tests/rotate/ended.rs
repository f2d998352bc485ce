//! The token that is given out where the one that a rotation left in the usual Secret was revoked: another one, which the API
//! server accepts, while every earlier one stays refused.

use mesh_e2e::plugin::Workstation;
use mesh_testkit::command::Output;
use mesh_testkit::real::{Cluster, Kind, Lab};

use crate::reader::{is_refused, kubeconfig, read_with};
use crate::rsa;

const SECRETS: &str = "/api/v1/namespaces/istio-system/secrets";
const USUAL: &str = "istio-reader-service-account-istio-remote-secret-token";
const CREATE: &str =
    "create --context ended-west --name ended-west --into ended-east --allow-loopback";

fn run(workstation: &Workstation, line: &str) -> Output {
    workstation
        .mesh_secret(line.split_whitespace())
        .output()
        .expect_success()
}

/// The one backing Secret beside the default one.
fn carrier(west: &Cluster) -> String {
    let secrets = west.get(SECRETS).unwrap();
    let items = secrets["items"].as_array().unwrap().iter();
    let names = items.filter_map(|secret| secret["metadata"]["name"].as_str());
    let names: Vec<&str> = names.filter(|name| *name != USUAL).collect();
    assert_eq!(names.len(), 1, "{names:?}");
    names[0].to_owned()
}

#[test]
fn another_token_is_given_out_and_none_that_was_revoked_comes_back() {
    let dir = tempfile::tempdir().unwrap();
    let west = rsa::cluster("ended-west", dir.path());
    let east = Lab::get()
        .unwrap()
        .cluster("ended-east", Kind::Bare)
        .unwrap();
    east.apply("{apiVersion: v1, kind: Namespace, metadata: {name: istio-system}}")
        .unwrap();
    let workstation = Workstation::over(&[&west, &east]);
    let mut ended = Vec::new();
    let still_refused = |ended: &[String]| ended.iter().for_each(|one| is_refused(one));

    run(&workstation, CREATE);
    ended.push(kubeconfig(&east, &west));
    run(&workstation, "rotate ended-west --revoke-unseen");
    ended.push(kubeconfig(&east, &west));
    run(
        &workstation,
        "delete ended-west --context ended-east --revoke --yes",
    );
    still_refused(&ended);

    let output = run(&workstation, CREATE);
    let said = "contained a revoked token, and contains the token of secret/";
    assert!(output.stderr.contains(said), "{}", output.golden());
    let current = kubeconfig(&east, &west);
    read_with(&current).unwrap();
    still_refused(&ended);
    let again = run(&workstation, CREATE);
    assert!(again.stdout.contains(" unchanged "), "{}", again.golden());

    // The same where somebody deletes the backing Secret of the token.
    ended.push(current);
    let path = format!("{SECRETS}/{}", carrier(&west));
    west.request("DELETE", &path, None).unwrap();
    still_refused(&ended);
    run(&workstation, CREATE);
    read_with(&kubeconfig(&east, &west)).unwrap();
    still_refused(&ended);

    // And what it made is rotated as any other. Where it was deleted the token proves nothing, and is left as it is.
    ended.push(kubeconfig(&east, &west));
    run(&workstation, "rotate ended-west --revoke-unseen");
    still_refused(&ended);
    let current = kubeconfig(&east, &west);
    read_with(&current).unwrap();
    let path = format!("{SECRETS}/{}", carrier(&west));
    west.request("DELETE", &path, None).unwrap();
    is_refused(&current);
    let line = "rotate ended-west --revoke-unseen";
    let output = workstation.mesh_secret(line.split_whitespace()).output();
    assert_eq!(output.code, 2, "{}", output.golden());
    let hint =
        "hint: kubectl mesh-secret create --context ended-west --name ended-west --into ended-east";
    assert!(output.stderr.contains(hint), "{}", output.golden());
    run(&workstation, CREATE);
    read_with(&kubeconfig(&east, &west)).unwrap();
    west.remove().unwrap();
}
