//! Two secrets for one cluster in front of a real istiod, and a second key in one of them: what is printed is pasted into a shell,
//! and istiod then has the cluster once, from the secret that stays, synced.

#![expect(
    clippy::unwrap_used,
    reason = "a test stops where something is not as it has to be"
)]

use std::time::Duration;

use base64::Engine as _;
use base64::prelude::BASE64_STANDARD;
use mesh_e2e::istiod::is_said;
use mesh_e2e::plugin::Workstation;
use mesh_testkit::condition::wait_until;
use mesh_testkit::real::{Cluster, Kind, Lab};
use serde_json::{Value, json};

const WITHIN: Duration = Duration::from_secs(30);
const EAST: &str = "twice-east";
const WEST: &str = "twice-west";
const USUAL: &str = "istio-remote-secret-twice-west";
const TWIN: &str = "twin";

/// East, whose istiod reads west by the secret that the plugin made.
struct Scene {
    east: Cluster,
    workstation: Workstation,
}

impl Scene {
    fn new() -> Self {
        let lab = Lab::get().unwrap();
        let [east, west] = lab.clusters([EAST, WEST], Kind::Istiod).unwrap();
        let workstation = Workstation::over(&[&east, &west]);
        let scene = Self { east, workstation };
        scene.paste(&format!(
            "kubectl mesh-secret create --context {WEST} --name {WEST} --into {EAST} --allow-loopback"
        ));
        scene.is_used(WEST, USUAL);
        scene
    }

    fn paste(&self, line: &str) {
        self.workstation.paste(line).output().expect_success();
    }

    /// The kubeconfig that the usual secret holds.
    fn kubeconfig(&self) -> String {
        let path = format!("/api/v1/namespaces/istio-system/secrets/{USUAL}");
        let secret = self.east.get(&path).unwrap();
        let bytes = BASE64_STANDARD.decode(secret["data"][WEST].as_str().unwrap());
        String::from_utf8(bytes.unwrap()).unwrap()
    }

    /// Puts a Secret with one key beside the usual one, or changes it.
    fn put(&self, name: &str, key: &str, kubeconfig: &str) {
        let secret = json!({"apiVersion": "v1", "kind": "Secret",
            "metadata": {"name": name, "namespace": "istio-system", "labels": {"istio/multiCluster": "true"}},
            "data": {key: BASE64_STANDARD.encode(kubeconfig)}});
        self.east.apply(&secret.to_string()).unwrap();
    }

    /// The commands that `line` prints beside findings with this ID, each once.
    fn fixes(&self, line: &str, id: &str) -> Vec<String> {
        let words = ["mesh-secret"].into_iter().chain(line.split_whitespace());
        let words = words.chain(["--allow-loopback", "-o", "json"]);
        let output = self.workstation.kubectl(words).output();
        let report: Value = serde_json::from_str(&output.stdout)
            .unwrap_or_else(|error| panic!("{error}: {}", output.golden()));
        let mut fixes = Vec::new();
        for item in report["items"].as_array().unwrap() {
            let clusters = item["clusters"].as_array().into_iter().flatten();
            let lists = clusters.map(|cluster| &cluster["findings"]);
            let lists = lists.chain([&item["findings"]]);
            for finding in lists.flat_map(|list| list.as_array().unwrap()) {
                if finding["id"] == id {
                    assert_eq!(finding["fixKind"], "command", "{finding}");
                    fixes.push(finding["fix"].as_str().unwrap().to_owned());
                }
            }
        }
        fixes.dedup();
        fixes
    }

    /// The only command beside findings with this ID.
    fn fix(&self, line: &str, id: &str) -> String {
        let fixes = self.fixes(line, id);
        let [fix] = fixes.as_slice() else {
            panic!("{line}: {fixes:?}");
        };
        // Nobody is there to be asked.
        fix.replace("mesh-secret delete ", "mesh-secret delete --yes ")
    }

    /// Waits until east's istiod has the cluster from this Secret, synced.
    fn is_used(&self, cluster: &str, secret: &str) {
        let expected = (format!("istio-system/{secret}"), "synced".to_owned());
        let mut last = None;
        let found = wait_until(WITHIN, || {
            last = self.used(cluster);
            (last.as_ref() == Some(&expected)).then_some(())
        });
        assert!(found.is_some(), "{cluster} of {secret}: {last:?}");
    }

    /// The Secret that istiod has the cluster from, and what it says of it.
    fn used(&self, cluster: &str) -> Option<(String, String)> {
        let page = self.east.debug("/debug/clusterz").unwrap();
        let page: Value = serde_json::from_str(&page).unwrap();
        let entry = page
            .as_array()?
            .iter()
            .find(|entry| entry["id"] == cluster)?;
        let text = |field: &str| entry[field].as_str().unwrap_or_default().to_owned();
        Some((text("secretName"), text("syncStatus")))
    }
}

#[test]
fn what_is_printed_leaves_istiod_with_the_secret_that_stays() {
    let scene = Scene::new();
    let good = scene.kubeconfig();
    let list = format!("list --context {EAST},{WEST}");
    let inspect = format!("inspect --context {EAST}");
    let probe = format!("{inspect} --probe");

    // Both work: the one that istiod does not use goes.
    scene.put(TWIN, WEST, &good);
    let fix = scene.fix(&list, "secret-duplicate");
    assert!(fix.contains("secret/twin "), "{fix}");
    for line in [&inspect, &probe] {
        assert_eq!(scene.fix(line, "secret-duplicate"), fix);
    }
    scene.paste(&fix);
    assert_eq!(scene.fixes(&list, "secret-duplicate"), [""; 0]);
    scene.is_used(WEST, USUAL);

    // The one that istiod uses fails: it goes, though istiod has not looked at the other one.
    scene.put(TWIN, WEST, &good);
    scene.put(USUAL, WEST, &good.replace("token: ", "token: not-"));
    let fix = scene.fix(&probe, "secret-duplicate");
    let (delete, annotate) = fix.split_once(" && ").unwrap();
    assert!(delete.contains(&format!("secret/{USUAL} ")), "{fix}");
    scene.paste(delete);
    is_said(&scene.east, WEST, None);
    // Once it has been through a later one, istiod has not taken up the other one by itself.
    scene.put("zz-later", "later", &good);
    is_said(&scene.east, "later", Some("synced"));
    assert_eq!(scene.used(WEST), None);
    scene.paste(annotate);
    scene.is_used(WEST, TWIN);
    let later = ["-n", "istio-system", "delete", "secret", "zz-later"];
    scene.east.kubectl(later).unwrap().output().expect_success();
    for line in [&list, &inspect, &probe] {
        assert_eq!(scene.fixes(line, "secret-duplicate"), [""; 0]);
    }

    // A second key beside the right one: istiod registers the cluster twice, until it is dropped.
    let patch = json!({"data": {"old-west": BASE64_STANDARD.encode(&good)}}).to_string();
    let words = ["-n", "istio-system", "patch", "secret", TWIN, "-p", &patch];
    scene.east.kubectl(words).unwrap().output().expect_success();
    scene.is_used("old-west", TWIN);
    let fix = scene.fix(&list, "secret-stray-key");
    for line in [&inspect, &probe] {
        assert_eq!(scene.fix(line, "secret-stray-key"), fix);
    }
    scene.paste(&fix);
    is_said(&scene.east, "old-west", None);
    scene.is_used(WEST, TWIN);
    for line in [&list, &inspect, &probe] {
        assert_eq!(scene.fixes(line, "secret-stray-key"), [""; 0]);
    }
}
