//! Three clusters of which two hold a secret for the third: east and north read west.

use base64::Engine as _;
use base64::prelude::BASE64_STANDARD;
use mesh_testkit::command::Output;
use mesh_testkit::embedded::Cluster;

use super::World;

/// The usual token Secret of west's reader.
pub(crate) const USUAL: &str = "istio-reader-service-account-istio-remote-secret-token";
/// The secret that leads to west.
pub(crate) const SECRET: &str = "istio-remote-secret-west";
/// The namespace of all of them.
pub(crate) const NAMESPACE: &str = "istio-system";

/// East, west and north.
pub(crate) struct Mesh {
    pub(crate) world: World,
    pub(crate) north: Cluster,
}

impl Mesh {
    /// Both holders have a secret for west that `create` made with these further arguments.
    pub(crate) fn with(more: &str) -> Self {
        let mut world = World::new();
        let north = Cluster::start("north");
        north.create(super::namespace(NAMESPACE));
        let address = north.server_url().trim_start_matches("https://").to_owned();
        world.keep((), &address, "NORTH");
        world.keep((), &north.uid(), "[UID of NORTH]");
        let mesh = Self { world, north };
        mesh.write();
        let line = format!("create --name west --allow-loopback --into east,north {more}");
        mesh.world.run(&line).output().expect_success();
        mesh.clear();
        mesh
    }

    /// Both hold the token that the reader's usual Secret has.
    pub(crate) fn sharing() -> Self {
        Self::with("")
    }

    /// The kubeconfig of all three.
    fn write(&self) {
        let north = &self.north;
        let config = self.world.kubeconfig();
        let config = config.entry("north", north.kubeconfig_cluster(), north.kubeconfig_user());
        self.world.write(&config);
    }

    /// Forgets what was asked so far.
    pub(crate) fn clear(&self) {
        for cluster in self.clusters() {
            cluster.clear_recordings();
            cluster.clear_faults();
        }
    }

    pub(crate) fn clusters(&self) -> [&Cluster; 3] {
        [&self.world.east, &self.world.west, &self.north]
    }

    pub(crate) fn holders(&self) -> [&Cluster; 2] {
        [&self.world.east, &self.north]
    }

    /// The token in a holder's secret.
    pub(crate) fn token(holder: &Cluster) -> String {
        let secret = holder.get("secrets", NAMESPACE, SECRET).unwrap();
        let kubeconfig = decoded(&secret["data"]["west"]);
        let token = kubeconfig
            .lines()
            .find_map(|line| line.trim().strip_prefix("token: "));
        token.unwrap().to_owned()
    }

    /// The token that west's usual Secret holds.
    pub(crate) fn usual(&self) -> String {
        let secret = self.world.west.get("secrets", NAMESPACE, USUAL).unwrap();
        decoded(&secret["data"]["token"])
    }

    /// Returns whether the secret of each holder works, by using it.
    pub(crate) fn holders_work(&self) {
        for holder in self.holders() {
            let line = format!(
                "inspect {SECRET} --context {} --probe --allow-loopback",
                holder.name()
            );
            let output = self.world.run(&line).output();
            assert_eq!(output.code, 0, "{}", output.golden());
        }
    }

    /// Returns whether a manifest's token is accepted.
    pub(crate) fn is_accepted(&self, manifest: &str) -> bool {
        let output = self
            .world
            .run("inspect -f - --probe --allow-loopback -o json")
            .stdin(manifest)
            .output();
        !output.stdout.contains("secret-token-invalid")
    }

    /// Returns what `create` prints now.
    pub(crate) fn manifest(&self, more: &str) -> String {
        let line = format!("create --name west --allow-loopback {more}");
        let run = self.world.run(&line).manifest_requested();
        run.output().expect_success().stdout
    }

    /// Runs the commands of this plugin that follow `mark` in a text, on clusters of this machine.
    pub(crate) fn paste(&self, mark: &str, text: &str) {
        let start = format!("{mark}kubectl mesh-secret ");
        let lines = text
            .lines()
            .filter_map(|line| line.trim().strip_prefix(&start));
        let commands: Vec<&str> = lines
            .map(|line| line.split("   #").next().unwrap_or_default())
            .collect();
        assert!(!commands.is_empty(), "{text}");
        for command in commands {
            let flag = "--allow-loopback";
            let more = (!command.contains(flag)).then_some(flag);
            self.world.run(command).args(more).output().expect_success();
        }
    }

    /// Every name of a Secret in west's Istio namespace, in their order.
    pub(crate) fn secrets_of_west(&self) -> Vec<String> {
        let objects = self.world.west.objects();
        let mut names: Vec<String> = objects
            .iter()
            .filter(|object| object["kind"] == "Secret")
            .map(|object| object["metadata"]["name"].as_str().unwrap().to_owned())
            .collect();
        names.sort();
        names
    }

    /// Returns the output of a run as one text, without the parts that vary.
    pub(crate) fn golden(&self, output: &Output) -> String {
        Self::steady(&self.world.golden(output))
    }

    /// A text without the ends of the names of Secrets that follow others.
    pub(crate) fn steady(text: &str) -> String {
        let mut steady = String::new();
        let mut rest = text;
        let ends = ["-token.", "-east.", "-north."];
        while let Some(at) = ends.iter().filter_map(|end| rest.find(end)).min() {
            let end = at + rest[at..].find('.').unwrap() + 1;
            steady.push_str(&rest[..end]);
            let is_digits =
                rest.len() >= end + 8 && rest[end..end + 8].chars().all(|c| c.is_ascii_hexdigit());
            steady.push_str(if is_digits { "[UID]" } else { "" });
            rest = &rest[if is_digits { end + 8 } else { end }..];
        }
        steady + rest
    }
}

fn decoded(value: &serde_json::Value) -> String {
    let bytes = BASE64_STANDARD.decode(value.as_str().unwrap()).unwrap();
    String::from_utf8(bytes).unwrap()
}
