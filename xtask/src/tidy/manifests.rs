//! Rules for the manifests of crates: who depends on whom, and what comes from the workspace.

use toml::{Table, Value};

use super::file::{File, Finding};

const TABLES: &[&str] = &["dependencies", "dev-dependencies", "build-dependencies"];
/// Crates that make and run tests; what is shipped does not depend on them.
const TEST_CRATES: &[&str] = &[
    "mesh-e2e",
    "mesh-fake-apiserver",
    "mesh-sample-plugin",
    "mesh-testkit",
    "xtask",
];
/// Those of them that judge the suite.
const JUDGES: &[&str] = &["mesh-fake-apiserver", "mesh-testkit"];
/// The facade, which is all that a plugin names of the layers.
const FACADE: &str = "mesh-common";
const LAYERS: &[&str] = &[
    FACADE,
    "mesh-client",
    "mesh-model",
    "mesh-ops",
    "mesh-terminal",
];
const NOT_IN_THE_MODEL: &[&str] = &[
    "futures", "hyper", "kube", "tokio", "tower", "clap", "anstream",
];
const NOT_BELOW_THE_TERMINAL: &[&str] = &["anstream", "anstyle", "clap", "clap_complete"];
const INHERITED: &[&str] = &["version", "edition", "rust-version", "license", "publish"];

/// A crate's manifest, read.
struct Manifest<'a> {
    file: &'a File,
    table: Table,
}

/// Every rule about manifests, over all files of the repository.
pub(super) fn check(files: &[File]) -> Vec<Finding> {
    let mut findings = Vec::new();
    let mut manifests = Vec::new();
    for file in files.iter().filter(|file| file.name() == "Cargo.toml") {
        match file.text.parse::<Table>() {
            Ok(table) => manifests.push(Manifest { file, table }),
            Err(error) => {
                findings.push(file.finding(1, format!("not a manifest: {}", error.message())));
            }
        }
    }
    let (crates, roots): (Vec<_>, Vec<_>) = manifests
        .into_iter()
        .partition(|manifest| manifest.table.contains_key("package"));
    for manifest in &crates {
        findings.extend(inherits(manifest));
        for dependency in manifest.dependencies() {
            findings.extend(may_depend(manifest, &dependency));
            findings.extend(is_used(manifest, &dependency, files));
        }
    }
    for root in &roots {
        findings.extend(shared_and_used(root, &crates));
    }
    findings
}

struct Dependency<'a> {
    table: &'a str,
    name: &'a str,
    value: &'a Value,
}

impl Manifest<'_> {
    fn name(&self) -> &str {
        self.table["package"]
            .get("name")
            .and_then(Value::as_str)
            .unwrap_or_default()
    }

    fn dependencies(&self) -> Vec<Dependency<'_>> {
        let of = |table: &'static str| {
            let entries = self
                .table
                .get(table)
                .and_then(Value::as_table)
                .into_iter()
                .flatten();
            entries.map(move |(name, value)| Dependency { table, name, value })
        };
        TABLES.iter().flat_map(|table| of(table)).collect()
    }

    /// A finding at the line that begins with `key`.
    fn finding(&self, key: &str, what: String) -> Finding {
        let begins = |line: &str| {
            line.strip_prefix(key)
                .is_some_and(|rest| rest.starts_with(['.', ' ', '=']))
        };
        let line = self
            .file
            .text
            .lines()
            .position(begins)
            .map_or(1, |index| index + 1);
        self.file.finding(line, what)
    }
}

fn inherits(manifest: &Manifest) -> Vec<Finding> {
    let from_workspace = |value: Option<&Value>| {
        value
            .and_then(|value| value.get("workspace"))
            .and_then(Value::as_bool)
            == Some(true)
    };
    let mut findings = Vec::new();
    if !from_workspace(manifest.table.get("lints")) {
        findings.push(manifest.finding("[lints]", "add `[lints] workspace = true`".to_owned()));
    }
    for key in INHERITED {
        if !from_workspace(manifest.table["package"].get(key)) {
            findings.push(manifest.finding(key, format!("write `{key}.workspace = true`")));
        }
    }
    if manifest.table.contains_key("target") {
        findings.push(manifest.finding(
            "[target",
            "no dependencies by target: choose in code".to_owned(),
        ));
    }
    findings
}

fn may_depend(manifest: &Manifest, dependency: &Dependency) -> Vec<Finding> {
    let (package, name) = (manifest.name(), dependency.name);
    let dev = dependency.table == "dev-dependencies";
    let a_plugin = |name: &str| name.starts_with("kubectl-");
    let a_layer = |name: &str| LAYERS.contains(&name);
    let shipped = a_plugin(package) || a_layer(package);
    let ours = a_plugin(name) || a_layer(name) || TEST_CRATES.contains(&name);
    let mut reasons = Vec::new();
    if shipped && a_plugin(name) {
        reasons.push("plugins share through mesh-common and never depend on one another");
    }
    if a_plugin(package) && a_layer(name) && name != FACADE {
        reasons.push("plugins name the layers through mesh-common");
    }
    if package == "mesh-model" && !dev && NOT_IN_THE_MODEL.contains(&name) {
        reasons.push("the model is plain data and pure functions");
    }
    if matches!(package, "mesh-client" | "mesh-ops") && NOT_BELOW_THE_TERMINAL.contains(&name) {
        reasons.push("only mesh-terminal and the plugins know flags and terminals");
    }
    if JUDGES.contains(&package) && ours && !JUDGES.contains(&name) {
        reasons.push("the test kit knows nothing of ours, so that it can judge us");
    }
    if shipped && TEST_CRATES.contains(&name) && !dev {
        reasons.push("what is shipped does not depend on test support");
    }
    if shipped && name == "rcgen" && !dev && package != "kubectl-mesh-ca" {
        reasons
            .push("only mesh-ca makes certificates at run time; elsewhere it is a dev-dependency");
    }
    if dependency.value.get("workspace").and_then(Value::as_bool) != Some(true) {
        reasons.push("take it from the workspace's table with `workspace = true`");
    }
    reasons
        .into_iter()
        .map(|reason| manifest.finding(name, format!("{package} → {name}: {reason}")))
        .collect()
}

/// A dependency that no source of the crate names is dead weight; one that is there for its features alone says
/// so by a comment on its line.
fn is_used(manifest: &Manifest, dependency: &Dependency, files: &[File]) -> Option<Finding> {
    let folder = manifest.file.path.trim_end_matches("Cargo.toml");
    let word = dependency.name.replace('-', "_");
    let begins = |line: &&str| line.starts_with(dependency.name);
    let excused = manifest
        .file
        .text
        .lines()
        .find(begins)
        .is_some_and(|line| line.contains('#'));
    let mut sources = files
        .iter()
        .filter(|file| file.is_rust() && file.path.starts_with(folder));
    let used = sources.any(|file| has_word(&file.text, &word));
    (!used && !excused).then(|| {
        let name = dependency.name;
        manifest.finding(
            name,
            format!("{name} is not used: remove it, or say behind a `#` what it is there for"),
        )
    })
}

fn shared_and_used(root: &Manifest, crates: &[Manifest]) -> Vec<Finding> {
    let shared = root
        .table
        .get("workspace")
        .and_then(|workspace| workspace.get("dependencies"));
    let names = shared
        .and_then(Value::as_table)
        .into_iter()
        .flat_map(Table::keys);
    names
        .filter(|name| {
            !crates
                .iter()
                .flat_map(Manifest::dependencies)
                .any(|dependency| dependency.name == *name)
        })
        .map(|name| root.finding(name, format!("no crate depends on {name}: remove it")))
        .collect()
}

fn has_word(text: &str, word: &str) -> bool {
    let edge = |c: Option<char>| c.is_none_or(|c| !c.is_alphanumeric() && c != '_');
    text.match_indices(word).any(|(at, _)| {
        edge(text[..at].chars().next_back()) && edge(text[at + word.len()..].chars().next())
    })
}

#[cfg(test)]
mod tests {
    use super::check;
    use crate::tidy::file::File;

    const HEAD: &str = "version.workspace = true\nedition.workspace = true\nrust-version.workspace = true\n\
                        license.workspace = true\npublish.workspace = true\n[lints]\nworkspace = true\n";

    /// A crate that names all its dependencies in its code, so that only what is under test is found.
    fn a_crate(folder: &str, name: &str, rest: &str) -> [File; 2] {
        let code = "clap kubectl_mesh_x mesh_client mesh_common mesh_testkit rcgen serde tokio";
        [
            File::new(
                &format!("{folder}/Cargo.toml"),
                &format!("[package]\nname = \"{name}\"\n{HEAD}{rest}"),
            ),
            File::new(&format!("{folder}/src/lib.rs"), code),
        ]
    }

    fn found(folder: &str, name: &str, rest: &str) -> Vec<String> {
        check(&a_crate(folder, name, rest))
            .iter()
            .map(ToString::to_string)
            .collect()
    }

    fn check_one(folder: &str, name: &str, rest: &str, what: &str) {
        let found = found(folder, name, rest);
        assert!(
            matches!(&found[..], [one] if one.contains(what)),
            "{found:?}"
        );
    }

    #[test]
    fn what_each_crate_may_have_is_silent() {
        let plugin = "[dependencies]\nmesh-common.workspace = true\n[dev-dependencies]\nmesh-testkit.workspace = true\nrcgen.workspace = true\n";
        assert_eq!(
            found("plugins/kubectl-mesh-a", "kubectl-mesh-a", plugin),
            [""; 0]
        );
        let all = "[dependencies]\nkubectl-mesh-x.workspace = true\nmesh-testkit.workspace = true\nrcgen.workspace = true\n";
        assert_eq!(found("xtask", "xtask", all), [""; 0]);
    }

    #[test]
    fn arrows_that_point_the_wrong_way_are_named() {
        let on = |name: &str| format!("[dependencies]\n{name}.workspace = true\n");
        check_one(
            "plugins/a",
            "kubectl-mesh-a",
            &on("kubectl-mesh-x"),
            "plugins/a/Cargo.toml:11: kubectl-mesh-a → kubectl-mesh-x",
        );
        check_one(
            "crates/mesh-common",
            "mesh-common",
            &on("kubectl-mesh-x"),
            "never depend on one another",
        );
        check_one(
            "plugins/a",
            "kubectl-mesh-a",
            &on("mesh-client"),
            "through mesh-common",
        );
        check_one(
            "crates/mesh-model",
            "mesh-model",
            &on("tokio"),
            "pure functions",
        );
        check_one(
            "crates/mesh-ops",
            "mesh-ops",
            &on("clap"),
            "flags and terminals",
        );
        check_one(
            "tests/testkit",
            "mesh-testkit",
            &on("mesh-common"),
            "nothing of ours",
        );
        check_one(
            "tests/fake-apiserver",
            "mesh-fake-apiserver",
            &on("mesh-common"),
            "nothing of ours",
        );
        check_one(
            "crates/mesh-common",
            "mesh-common",
            &on("mesh-testkit"),
            "test support",
        );
        check_one(
            "crates/mesh-common",
            "mesh-common",
            &on("rcgen"),
            "only mesh-ca",
        );
    }

    #[test]
    fn versions_and_lints_come_from_the_workspace() {
        check_one(
            "xtask",
            "xtask",
            "[dependencies]\nserde = \"1\"\n",
            "workspace's table",
        );
        let bare = File::new(
            "a/Cargo.toml",
            &format!(
                "[package]\nname = \"a\"\n{}",
                HEAD.replace("[lints]\nworkspace = true\n", "")
            ),
        );
        assert!(check(&[bare])[0].to_string().contains("[lints]"));
        let own = File::new(
            "a/Cargo.toml",
            &format!(
                "[package]\nname = \"a\"\n{}",
                HEAD.replace("license.workspace = true", "license = \"MIT\"")
            ),
        );
        assert!(
            check(&[own])[0]
                .to_string()
                .starts_with("a/Cargo.toml:6: write `license.workspace")
        );
    }

    #[test]
    fn unused_dependencies_are_named() {
        check_one(
            "xtask",
            "xtask",
            "[dependencies]\nhyper.workspace = true\n",
            "hyper is not used",
        );
        assert_eq!(
            found(
                "xtask",
                "xtask",
                "[dependencies]\nhyper.workspace = true # HTTP/2\n"
            ),
            [""; 0]
        );
        let root = File::new("Cargo.toml", "[workspace.dependencies]\nserde = \"1\"\n");
        assert_eq!(
            check(&[root])[0].to_string(),
            "Cargo.toml:2: no crate depends on serde: remove it"
        );
    }
}
