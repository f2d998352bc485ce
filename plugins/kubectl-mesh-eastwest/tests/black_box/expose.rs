//! `expose`: golden files of what it prints, of its help and of what it refuses.

use std::path::{Path, PathBuf};

use mesh_testkit::command::Run;
use snapbox::{Data, assert_data_eq};

fn plugin(line: &str) -> Run {
    Run::new(env!("CARGO_BIN_EXE_kubectl-mesh_eastwest")).args(line.split_whitespace())
}

fn golden(name: &str) -> PathBuf {
    Path::new(env!("CARGO_MANIFEST_DIR"))
        .join("tests/black_box/expose")
        .join(format!("{name}.txt"))
}

fn check(name: &str, line: &str) {
    let output = plugin(line).output();
    assert_data_eq!(output.golden(), Data::read_from(&golden(name), None));
}

/// A table of cases, each a name and what is typed.
macro_rules! cases {
    ($($name:ident: $line:expr;)+) => {
        $(#[test] fn $name() { check(stringify!($name), $line); })+
    };
}

cases! {
    services: "expose services";
}
