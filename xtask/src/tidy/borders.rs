//! Names that code must not use in the crates without a terminal and in the pure files of every crate. Cargo keeps the order
//! of the crates.

use super::file::{File, Finding};
use crate::rust;

/// Names that pure code must not use, each with what to do instead. A `*` at the front stands for any path.
const IMPURE: &[(&str, &str)] = &[
    ("tokio", "let an observer await and hand over plain data"),
    (
        "hyper",
        "let mesh-client make the request and hand over plain data",
    ),
    (
        "hyper_util",
        "let mesh-client make the request and hand over plain data",
    ),
    ("std::fs", "take the text as a parameter"),
    ("std::env", "take the value as a parameter"),
    ("std::net::TcpStream", "let mesh-client connect"),
    ("std::net::ToSocketAddrs", "let mesh-client resolve names"),
    ("std::process::Command", "let mesh-client run commands"),
    ("*::now", "take the time as a parameter"),
    ("*::SystemTime", "take the time as a jiff::Timestamp"),
    ("*::Instant", "take the time as a parameter"),
    ("std::io::stdin", "take the text as a parameter"),
];

const KUBERNETES_CLIENT: &[(&str, &str)] = &[
    (
        "kube::Client",
        "let an observer read and hand over plain data",
    ),
    ("kube::Api", "let an observer read and hand over plain data"),
    ("kube::api", "let an observer read and hand over plain data"),
    (
        "kube::client",
        "let an observer read and hand over plain data",
    ),
    ("*::Client", "let an observer read and hand over plain data"),
];

const TO_THE_TERMINAL: &[(&str, &str)] = &[
    (
        "*io::stdout",
        "return the text or take a writer; only terminal writes",
    ),
    (
        "*io::stderr",
        "return the text or take a writer; only terminal writes",
    ),
    (
        "anstream",
        "return the text or take a writer; only terminal writes",
    ),
    (
        "println!",
        "return the text or take a writer; only terminal writes",
    ),
    (
        "print!",
        "return the text or take a writer; only terminal writes",
    ),
    (
        "eprintln!",
        "return the text or take a writer; only terminal writes",
    ),
    (
        "eprint!",
        "return the text or take a writer; only terminal writes",
    ),
];

/// The one file that makes the path of a request of names, after it has checked them.
const MAKES_PATHS: &str = "crates/mesh-client/src/paths.rs";

const AROUND_THE_PATHS: &[(&str, &str)] = &[
    (
        "*::url_path",
        "let mesh_client::paths make the path, which checks the names in it",
    ),
    (
        "kube::Api",
        "use the methods of Cluster, which check the names that they are given",
    ),
    (
        "kube::api::Api",
        "use the methods of Cluster, which check the names that they are given",
    ),
];

/// Names that a file of a product crate must not use.
pub(super) fn check(file: &File) -> Vec<Finding> {
    let Some(place) = Place::of(file) else {
        return Vec::new();
    };
    let blanked = rust::blank(&file.text);
    let paths = rust::paths(rust::without_tests(&blanked), &rust::module_of(&file.path));
    let mut findings = Vec::new();
    for (line, path) in &paths {
        let broken = place
            .forbidden()
            .into_iter()
            .chain((file.path != MAKES_PATHS).then_some(AROUND_THE_PATHS))
            .flatten()
            .find(|(name, _)| names(path, name));
        if let Some((_, instead)) = broken {
            let place = place.describe();
            findings.push(file.finding(*line, format!("{place} names `{path}`: {instead}")));
        }
    }
    findings
}

/// Tests over real parts have packages of their own, so that they can be left out by name where there is no Go.
pub(super) fn real_parts(file: &File) -> Vec<Finding> {
    let has_its_own = |folder: &&str| file.path.starts_with(*folder);
    if !file.is_rust() || ["tests/", "xtask/"].iter().any(has_its_own) {
        return Vec::new();
    }
    let paths = rust::paths(&rust::blank(&file.text), &[]);
    let real = |path: &str| names(path, "mesh_testkit::real") || names(path, "mesh_testkit::parts");
    paths
        .iter()
        .filter(|(_, path)| real(path))
        .map(|(line, path)| {
            file.finding(
                *line,
                format!("`{path}`: move what is over real parts to tests/e2e"),
            )
        })
        .collect()
}

/// The parts of the product that have borders.
#[derive(Clone, Copy)]
enum Place {
    Model,
    Pure,
    Plain,
    Terminal,
}

impl Place {
    /// Returns the place of a file; `None` for what is not product code, and for tests.
    fn of(file: &File) -> Option<Self> {
        let (package, inside) = file
            .path
            .strip_prefix("crates/")
            .or_else(|| file.path.strip_prefix("plugins/"))?
            .split_once("/src/")?;
        if !file.is_rust() || file.name() == "tests.rs" || inside.contains("tests/") {
            return None;
        }
        let pure = inside.split('/').any(|part| {
            let step = part.trim_end_matches(".rs").split('_').next();
            matches!(step, Some("plan" | "report" | "checks"))
        });
        Some(match package {
            "mesh-model" => Self::Model,
            "mesh-terminal" => Self::Terminal,
            _ if pure => Self::Pure,
            _ => Self::Plain,
        })
    }

    fn describe(self) -> &'static str {
        match self {
            Self::Model => "mesh-model",
            Self::Pure => "a pure file (plan, report, checks)",
            Self::Plain | Self::Terminal => "this file",
        }
    }

    fn forbidden(self) -> Vec<&'static [(&'static str, &'static str)]> {
        match self {
            Self::Model => vec![IMPURE, TO_THE_TERMINAL],
            Self::Pure => vec![IMPURE, KUBERNETES_CLIENT, TO_THE_TERMINAL],
            Self::Plain => vec![TO_THE_TERMINAL],
            Self::Terminal => Vec::new(),
        }
    }
}

/// Tells whether `path` is what `name` forbids or leads into it.
fn names(path: &str, name: &str) -> bool {
    match name.strip_prefix('*') {
        Some(end) => path == end || path.ends_with(end),
        None => path
            .strip_prefix(name)
            .is_some_and(|rest| rest.is_empty() || rest.starts_with("::")),
    }
}

#[cfg(test)]
mod tests {
    use super::{check, real_parts};
    use crate::tidy::file::{File, lines};

    fn found(path: &str, text: &str) -> Vec<usize> {
        lines(&check(&File::new(path, text)))
    }

    #[test]
    fn the_model_is_pure() {
        let bad = "use std::{fs, io};\nlet t = jiff::Timestamp::now();\nlet s = std::env::var(a);\nio::stdout();";
        assert_eq!(
            found("crates/mesh-model/src/names/mod.rs", bad),
            [1, 2, 3, 4]
        );
        let good = "// std::fs\nuse k8s_openapi::api::core::v1::Secret;\nuse std::io;\nuse super::cluster_name;\n\
                    #[cfg(test)]\nmod tests { use std::fs; }";
        assert_eq!(found("crates/mesh-model/src/names/mod.rs", good), [0; 0]);
    }

    #[test]
    fn only_the_terminal_crate_speaks() {
        let text = "use tokio::net;\nuse kube::Client;\nprintln!(a);";
        assert_eq!(found("crates/mesh-client/src/client.rs", text), [3]);
        assert_eq!(found("crates/mesh-ops/src/fleet.rs", text), [3]);
        assert_eq!(found("crates/mesh-terminal/src/ask.rs", text), [0; 0]);
    }

    #[test]
    fn one_file_makes_the_paths_of_requests() {
        let text = "let a = K::url_path(&(), None);\nuse kube::Api;\n";
        assert_eq!(found("crates/mesh-client/src/objects.rs", text), [1, 2]);
        assert_eq!(
            found("plugins/kubectl-mesh-label/src/show/observe.rs", text),
            [1, 2]
        );
        assert_eq!(found(super::MAKES_PATHS, text), [0; 0]);
    }

    #[test]
    fn pure_files_of_a_plugin_are_pure_by_their_name() {
        let text =
            "use kube::Client;\nuse tokio::time;\nuse kube::core::ObjectMeta;\nuse common::Client;";
        for path in [
            "commands/create/plan.rs",
            "checks/expiry.rs",
            "report_rows.rs",
        ] {
            assert_eq!(
                found(&format!("plugins/kubectl-mesh-secret/src/{path}"), text),
                [1, 2, 4]
            );
        }
        assert_eq!(
            found("plugins/kubectl-mesh-secret/src/observe.rs", text),
            [0; 0]
        );
    }

    #[test]
    fn a_plugin_leaves_writing_to_the_terminal_crate() {
        let text =
            "use std::io::{self, Write};\nwriteln!(io::stdout(), s);\nanstream::eprintln!(s);";
        assert_eq!(
            found("plugins/kubectl-mesh-secret/src/commands/create.rs", text),
            [2, 3]
        );
    }

    #[test]
    fn real_parts_stay_in_the_packages_over_them() {
        let file = |path| File::new(path, "use mesh_testkit::{embedded, real::Lab};\n");
        assert_eq!(
            lines(&real_parts(&file("crates/mesh-common/tests/a.rs"))),
            [1]
        );
        assert_eq!(lines(&real_parts(&file("tests/e2e/tests/a.rs"))), [0; 0]);
    }
}
