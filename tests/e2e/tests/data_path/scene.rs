//! The data path with the gateway that the suite makes.

use std::time::Duration;

use mesh_e2e::plugin::{MESH_EASTWEST, MESH_VERIFY, Workstation};
use mesh_testkit::command::Output;
use mesh_testkit::condition::wait_until;
use mesh_testkit::data_path::DataPath;
use mesh_testkit::http::Body;
use mesh_testkit::parts;
use serde_json::{Value, json};

use super::left_out;
use super::seen::Seen;

/// The contexts that `status` is asked about.
pub(crate) const WEST: &str = "path-west";
pub(crate) const BOTH: &str = "path-east,path-west";
/// The Gateway object of `expose services`.
pub(crate) const EXPOSURE: &str = "cross-network-gateway";
const GATEWAYS: &str = "/apis/networking.istio.io/v1/namespaces/istio-system/gateways";
/// The time in which a change has to be seen through istiod and Envoy. It takes a second or two on an idle machine.
const PATIENCE: Duration = Duration::from_mins(1);

pub(crate) struct Scene {
    pub(crate) path: DataPath,
    workstation: Workstation,
}

impl Scene {
    /// With a gateway of west, and its services exposed through it; nothing where Envoy cannot be had.
    pub(crate) fn with_gateway() -> Option<Self> {
        if !left_out::envoy_is_there() {
            return None;
        }
        // kubectl finds it beside the other plugins.
        for plugin in [MESH_EASTWEST, MESH_VERIFY] {
            parts::plugin(plugin).unwrap();
        }
        let path = DataPath::start().unwrap();
        let workstation = Workstation::over(&[path.east(), path.west()]);
        let mut scene = Self { path, workstation };
        for line in [
            "generate --network net-west --format manifest",
            "expose services",
        ] {
            let printed = scene.eastwest(line).expect_success().stdout;
            scene.path.west().apply(&printed).unwrap();
        }
        scene.path.start_gateway().unwrap();
        Some(scene)
    }

    /// `kubectl mesh-eastwest LINE`.
    pub(crate) fn eastwest(&self, line: &str) -> Output {
        let words = ["mesh-eastwest"].into_iter().chain(line.split(' '));
        self.workstation.kubectl(words).output()
    }

    /// `kubectl mesh-eastwest status` about these contexts, repeated until it is as wanted.
    /// `when` is for messages.
    pub(crate) fn await_seen(
        &self,
        contexts: &str,
        when: &str,
        good: impl Fn(&Seen) -> bool,
    ) -> Seen {
        let mut last = None;
        let found = wait_until(PATIENCE, || {
            let seen = Seen::new(self.eastwest(&format!("status --context {contexts} -o json")));
            let seen = last.insert(seen);
            good(seen).then(|| seen.clone())
        });
        found.unwrap_or_else(|| panic!("not as wanted {when}:\n{}", last.unwrap().golden()))
    }

    /// `kubectl mesh-verify` asks west's istiod about the gateway's proxy, repeated until it finds these problems and no other ones.
    pub(crate) fn await_proxy(&self, expected: &[&str]) {
        let line = "mesh-verify --context path-west --allow-loopback --no-probes --no-credential-checks --only ewg-config-rejected,proxy-stale -o json";
        let mut last = String::new();
        let found = wait_until(PATIENCE, || {
            let output = self.workstation.kubectl(line.split(' ')).output();
            last = output.golden();
            let report: Value = serde_json::from_str(&output.stdout).unwrap_or_default();
            let findings = report["findings"].as_array()?.iter();
            let found: Vec<&str> = findings.filter_map(|one| one["id"].as_str()).collect();
            let is_asked = report["counts"]["skipped"] == 0;
            (found == expected && is_asked).then_some(())
        });
        assert!(found.is_some(), "not {expected:?}: {last}");
    }

    /// Runs the fix that was printed with a finding, as it stands.
    pub(crate) fn follow_fix(&self, seen: &Seen, id: &str) {
        self.workstation
            .paste(seen.fix(id))
            .output()
            .expect_success();
        self.path.bind_gateway().unwrap();
    }

    /// `kubectl LINE` in west's system namespace, unless the line names another.
    pub(crate) fn kubectl(&self, line: &str) {
        let run = self.path.west().kubectl(["--namespace=istio-system"]);
        run.unwrap().args(line.split(' ')).output().expect_success();
    }

    /// Makes an object in west.
    pub(crate) fn create(&self, object: &Value) {
        self.path.west().apply(&object.to_string()).unwrap();
    }

    /// Deletes an object from west's system namespace, unless the kind is preceded by another.
    pub(crate) fn delete(&self, kind: &str, name: &str) {
        self.kubectl(&format!("delete {kind} {name}"));
    }

    /// Changes the exposure's field at this path of its spec.
    pub(crate) fn change_exposure(&self, field: &str, value: &Value) {
        let changes = json!([{"op": "replace", "path": format!("/spec/{field}"), "value": value}])
            .to_string();
        let body = Body {
            content_type: "application/json-patch+json",
            text: &changes,
        };
        let response = self
            .path
            .west()
            .request("PATCH", &format!("{GATEWAYS}/{EXPOSURE}"), Some(body))
            .unwrap();
        assert!(response.is_success(), "{}", response.body);
    }
}
