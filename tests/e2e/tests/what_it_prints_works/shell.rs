//! A state that makes a plugin print a command, and that command pasted into a shell beside it.

use std::path::PathBuf;

use mesh_e2e::plugin::paste;
use mesh_testkit::black_box::{World, writes};
use mesh_testkit::command::{Output, Run};
use mesh_testkit::parts::plugin;
use mesh_testkit::shell::printed;
use serde_json::Value;

use crate::shapes::shape;

/// A plugin beside two clusters.
pub(crate) struct Shell {
    pub(crate) world: World,
}

impl Shell {
    /// A plugin beside these clusters.
    pub(crate) fn of(world: World) -> Self {
        Self { world }
    }

    /// A plugin beside two clusters as Kubernetes makes them.
    pub(crate) fn bare(name: &str) -> Self {
        Self::of(World::bare(program(name)))
    }

    /// The plugin with the words of this line.
    pub(crate) fn run(&self, line: &str) -> Output {
        self.world.run(line).output()
    }

    /// The first command of this shape that the plugin prints.
    pub(crate) fn printed(&self, line: &str, wanted: &str) -> String {
        of_shape(&self.run(line), wanted)
    }

    /// A line as somebody pastes it into a shell that finds kubectl and the plugins, and says yes to what is asked.
    pub(crate) fn paste(&self, line: &str) -> Output {
        let bash = Run::new("/bin/bash").env("KUBECONFIG", self.world.config());
        paste(bash.dir(self.world.dir.path()), line)
    }

    /// Checks that the fix printed with a finding repairs it: it is gone, and there is no new one. What
    /// Kubernetes and Istio do of themselves meanwhile, `meanwhile` does.
    pub(crate) fn repairs(&self, line: &str, wanted: &str, meanwhile: impl FnOnce(&World)) {
        let report = format!("{line} -o json");
        let before = self.run(&report);
        let command = of_shape(&before, wanted);
        self.paste(&command).expect_success();
        meanwhile(&self.world);
        is_repaired(&command, &before, &self.run(&report));
    }

    /// A line is refused with this hint, and goes through once it is followed.
    pub(crate) fn helps(&self, line: &str, wanted: &str) -> Output {
        let refused = self.run(line);
        assert_ne!(refused.code, 0, "{}", refused.golden());
        let command = of_shape(&refused, wanted);
        let output = self.paste(&command).expect_success();
        self.run(line).expect_success();
        output
    }

    /// A command that looks: it asks west or east for this path, ends with one of these codes, and writes nothing.
    pub(crate) fn looks(&self, line: &str, wanted: &str, path: &str, codes: &[i32]) -> Output {
        let command = self.printed(line, wanted);
        self.looks_by(&command, path, codes)
    }

    /// The same for a command that was printed already.
    pub(crate) fn looks_by(&self, command: &str, path: &str, codes: &[i32]) -> Output {
        let clusters = [&self.world.east, &self.world.west];
        for cluster in clusters {
            cluster.clear_recordings();
        }
        let output = self.paste(command);
        assert!(codes.contains(&output.code), "{}", output.golden());
        for wrong in [
            "unknown flag",
            "unknown command",
            "unknown shorthand",
            "Usage:",
        ] {
            assert!(!output.stderr.contains(wrong), "{}", output.golden());
        }
        for cluster in clusters {
            assert_eq!(writes(cluster), [""; 0], "{command}");
        }
        let requests = clusters.iter().flat_map(|cluster| cluster.requests());
        let paths: Vec<String> = requests.map(|request| request.path).collect();
        assert!(
            path.is_empty() || paths.iter().any(|asked| asked.starts_with(path)),
            "{command} asks for {paths:#?}: {}",
            output.golden()
        );
        output
    }
}

/// A plugin as it was just built.
pub(crate) fn program(name: &str) -> PathBuf {
    plugin(name).expect("the plugin can be built")
}

/// The first command of this shape in what was printed.
pub(crate) fn of_shape(output: &Output, wanted: &str) -> String {
    let all = printed(output);
    let found = all.iter().find(|one| shape(&one.text) == wanted);
    match found {
        Some(one) => one.text.clone(),
        None => panic!("no {wanted:?} in {}", output.golden()),
    }
}

/// The finding that this command was the fix of is gone from the report, and there is no new one that matters.
///
/// # Panics
/// Where that is not so.
pub(crate) fn is_repaired(command: &str, before: &Output, after: &Output) {
    let (old, new) = (findings(before), findings(after));
    let repaired: Vec<&Found> = old.iter().filter(|one| one.fix == command).collect();
    assert!(
        !repaired.is_empty(),
        "{command} is no fix: {}",
        before.golden()
    );
    let is_left = |one: &&Found| repaired.iter().any(|gone| gone.id == one.id);
    let is_new =
        |one: &&Found| one.severity != "info" && !old.iter().any(|known| known.id == one.id);
    let of_others = |found: &[Found]| found.iter().filter(is_left).count();
    assert!(
        of_others(&new) + repaired.len() <= of_others(&old),
        "{command} repairs nothing: {}",
        after.golden()
    );
    let added: Vec<&Found> = new.iter().filter(is_new).collect();
    assert!(
        added.is_empty(),
        "{command} leads to {added:?}: {}",
        after.golden()
    );
}

/// A finding of a report.
#[derive(Debug)]
struct Found {
    id: String,
    severity: String,
    fix: String,
}

fn findings(output: &Output) -> Vec<Found> {
    let report: Value =
        serde_json::from_str(&output.stdout).unwrap_or_else(|_| panic!("{}", output.golden()));
    let mut found = Vec::new();
    collect(&report, &mut found);
    found
}

fn collect(report: &Value, found: &mut Vec<Found>) {
    match report {
        Value::Array(items) => items.iter().for_each(|item| collect(item, found)),
        Value::Object(fields) => {
            let text = |field: &str| fields.get(field).and_then(Value::as_str).map(str::to_owned);
            if let (Some(id), Some(severity)) = (text("id"), text("severity")) {
                let fix = text("fix").unwrap_or_default();
                found.push(Found { id, severity, fix });
            }
            fields.values().for_each(|field| collect(field, found));
        }
        Value::Null | Value::Bool(_) | Value::Number(_) | Value::String(_) => {}
    }
}
